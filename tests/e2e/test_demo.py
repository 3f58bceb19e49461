"""`./labo demo` on a platform that runs: what it shows, what it answers, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from local import demo
from local.lieux import RACINE
from tests.commun.monde import CLAVIER, Monde, attendre

pytestmark = pytest.mark.natif(raison="la démonstration se lance par ./labo")

ORCHESTRE = (
    "SAGA_TERMINEE_SUCCES", "STOCK_VERIFIE_ECHEC", "NOUVEL_ESSAI", "COMPENSATION_EFFECTUEE", "COMPENSATION_TERMINEE",
)  # fmt: skip
CHOREO = ("CheckoutSucceeded", "StockReservationFailed", "OrderCreationFailed", "StockReleased", "CheckoutFailed")


def lancer(monde: Monde) -> subprocess.Popen[str]:
    lieux = monde.plateforme.lieux
    laboratoire = {"LABO_HOME": str(lieux.maison), "LABO_PORT_OFFSET": str(lieux.decalage)}
    return subprocess.Popen(
        [sys.executable, "-m", "local", "demo"],
        cwd=RACINE,
        env={**os.environ, **laboratoire},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def retenues(monde: Monde) -> set[str]:
    """Reservations that hold stock for no sale."""
    tenues = monde.sql("inventaire", "SELECT reference::text FROM reservations WHERE etat = 'RESERVEE'")
    vendues = monde.sql("commandes", "SELECT reservation_reference::text FROM ventes WHERE statut = 'active'")
    return {reference for (reference,) in tenues} - {reference for (reference,) in vendues}


def test_the_demo_shows_both_styles_with_the_promised_outcomes(casse: Monde) -> None:
    """The platform was used by every test before this one; it is whole afterwards."""
    programmes = set(casse.plateforme.programmes())
    sortie, _ = lancer(casse).communicate(timeout=90)
    assert sortie.count("✓ comme prévu") == len(demo.SCENARIOS), sortie
    assert "✗" not in sortie
    for mot in (*ORCHESTRE, *CHOREO):
        assert mot in sortie
    # The two compensations stand beside each other: one line of the terminal holds an event of each.
    assert any("ETAPE_DEMARREE" in ligne and "OrderCreationFailed" in ligne for ligne in sortie.splitlines()), sortie
    assert set(casse.plateforme.programmes()) == programmes


def test_the_exit_status_tells_that_an_outcome_differs(monde: Monde, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product the demo sells is not for sale: the scenario says what came out instead, the others go on."""
    monkeypatch.setattr(demo, "SCENARIOS", [(titre, jouer) for titre, jouer in demo.SCENARIOS if "vendues" in titre])
    assert demo.executer(monde.plateforme) == 0
    avant = monde.stock(CLAVIER)
    monde.exiger("POST", f"/api/catalogue/produits/{CLAVIER}/archiver/")
    try:
        assert demo.executer(monde.plateforme) == 1
    finally:
        monde.exiger("POST", f"/api/catalogue/produits/{CLAVIER}/reactiver/")
    assert monde.stock(CLAVIER) == avant


def test_an_interrupted_demo_gives_back_what_it_broke(casse: Monde) -> None:
    """Ctrl-C while the order service is down and a worker runs with other settings."""
    plateforme = casse.plateforme
    programmes = set(plateforme.programmes())
    avant = retenues(casse)
    demonstration = lancer(casse)
    attendre(lambda: "commandes" not in plateforme.programmes(), "arrêt de commandes par la démonstration", 60)
    assert "worker-order-creation" not in plateforme.programmes()
    demonstration.send_signal(signal.SIGINT)
    sortie, _ = demonstration.communicate(timeout=30)
    assert demonstration.returncode != 0
    assert "Traceback" not in sortie
    attendre(lambda: set(plateforme.programmes()) == programmes, "retour de ce qui était arrêté", 5)
    assert all(plateforme.pret(nom) for nom in ("commandes", "worker-order-creation"))
    # Whatever was under way ends by itself, sold or given back; nothing is held.
    ouverts = "SELECT 1 FROM checkouts WHERE statut IN ('initie', 'en_cours') LIMIT 1"
    attendre(lambda: not casse.sql("ecommerce", ouverts), "fin des checkouts interrompus", 40)
    assert retenues(casse) == avant
