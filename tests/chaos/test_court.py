"""The short chaos run of every build: one fixed seed and one fresh one on one platform; then flaws planted in it.

A longer run: `./labo chaos --minutes 30`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from rich.console import Console

from local.chaos import acces_a, commande, mener, plateforme_isolee
from local.chaos_pannes import Atelier
from local.chaos_plan import planifier
from tests.chaos.trafic import EN_LIGNE
from tests.chaos.verifier import Verificateur, principal

MINUTES = 0.3
GRAINE_FIXE = 15


@pytest.fixture(scope="module")
def atelier() -> Iterator[Atelier]:
    """A platform to break, behind the proxy."""
    with plateforme_isolee() as atelier:
        yield atelier


@pytest.mark.parametrize("graine", [GRAINE_FIXE, random.SystemRandom().randrange(1, 1_000_000)], ids=["fixe", "neuve"])
def test_the_invariants_hold_whatever_breaks(graine: int, atelier: Atelier) -> None:
    rapport = mener(atelier, graine, planifier(graine, MINUTES * 60), console := Console())
    rapport.montrer(console)
    assert rapport.violations == [], f"pour rejouer : {commande(graine, MINUTES, [], sur_place=False)}"
    assert rapport.statuts["orchestre", "finalise"] > 0
    assert rapport.statuts["choreo", "finalise"] > 0


@pytest.fixture(scope="module")
def conclu(atelier: Atelier) -> Verificateur:
    """A calm drive, already judged sound."""
    verificateur = Verificateur(acces_a(atelier.plateforme), 1)
    verificateur.preparer()
    rapport = verificateur.conclure()
    assert rapport.violations == []
    return verificateur


PLANTES = {
    "a unit that nobody has": (
        "I1",
        "inventaire",
        "UPDATE stock_local SET quantite = quantite - 1 WHERE produit_id = %(produit)s AND magasin_id = %(magasin)s",
        "UPDATE stock_local SET quantite = quantite + 1 WHERE produit_id = %(produit)s AND magasin_id = %(magasin)s",
    ),
    "a sale cancelled behind everybody's back": (
        "I2",
        "commandes",
        "UPDATE ventes SET statut = 'annulee' WHERE reference = %(checkout)s",
        "UPDATE ventes SET statut = 'active' WHERE reference = %(checkout)s",
    ),
    "a checkout that never ends": (
        "I3",
        "ecommerce",
        "UPDATE checkouts SET statut = 'en_cours', prochain_suivi = 'infinity' WHERE id = %(checkout)s",
        "UPDATE checkouts SET statut = 'finalise' WHERE id = %(checkout)s",
    ),
    "an outbox row that no event answers": (
        "I5",
        "workers",
        "INSERT INTO outbox (event_id, flux, cle, champs, publie_le, acquis) "
        "VALUES (%(checkout)s, 'x', %(checkout)s, '{\"type\": \"OrderCreated\"}', now(), true)",
        "DELETE FROM outbox WHERE event_id = %(checkout)s",
    ),
}


@pytest.mark.parametrize("nom", PLANTES)
def test_the_checker_sees_a_flaw_planted_in_a_database(nom: str, conclu: Verificateur, atelier: Atelier) -> None:
    invariant, service, planter, reparer = PLANTES[nom]
    releve, _ = conclu.juger()
    vendu = next(c for c in releve.constats if c.statut == "finalise" and c.achat.style == "choreo")
    noms = {"checkout": vendu.id, "produit": next(iter(vendu.lignes)), "magasin": EN_LIGNE}
    atelier.plateforme.sql(service, planter, noms)
    try:
        _, violations = conclu.juger()
    finally:
        atelier.plateforme.sql(service, reparer, noms)
    assert invariant in {violation.invariant for violation in violations}
    assert conclu.juger()[1] == []


def test_the_checker_runs_alone_with_nothing_but_the_address_and_the_key(
    atelier: Atelier, capsys: pytest.CaptureFixture[str]
) -> None:
    passerelle = ["--passerelle", atelier.plateforme.urls["gateway"], "--cle", atelier.plateforme.cle()]
    assert principal([*passerelle, "--secondes", "20", "--achats", "3", "--graine", "5"]) == 0
    assert "aucune base" in capsys.readouterr().out
    assert principal(["--passerelle", "http://127.0.0.1:1", "--cle", "x"]) == 2
