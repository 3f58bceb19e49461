"""The short chaos run of every build: a fixed seed that breaks in every way, a fresh one, then flaws planted.

All on one platform, which the faults that freeze a process at a fault point are tried on first.
A longer run: `./labo chaos --minutes 30`.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from rich.console import Console

from local.chaos import acces_a, commande, mener, plateforme_isolee
from local.chaos_pannes import Atelier
from local.chaos_plan import GENRES, Panne, planifier
from local.plateforme import Plateforme
from local.processus import attendre
from tests.chaos.trafic import EN_LIGNE
from tests.chaos.verifier import Verificateur, principal

GRAINE_FIXE, MINUTES_FIXE = 15, 0.6
MINUTES_NEUVE = 0.3


@pytest.fixture(scope="module")
def atelier() -> Iterator[Atelier]:
    """A platform to break, behind the proxy."""
    with plateforme_isolee() as atelier:
        yield atelier


def panne_de(genre: str, cible: str, point: str = "") -> Panne:
    """A fault that lasts as long as its block."""
    details = {"point": point, "genre": "gel"} if point else {}
    return Panne(rang=0, genre=genre, cible=cible, debut_s=0.0, duree_s=0.0, details=details)


def arretes(plateforme: Plateforme, programme: str) -> list[bool]:
    """Whether a signal has stopped the program, then each of its worker processes; the stopped ones come first."""
    maitre = psutil.Process(plateforme.pid(programme))
    enfants = [enfant.status() == psutil.STATUS_STOPPED for enfant in maitre.children()]
    return [maitre.status() == psutil.STATUS_STOPPED, *sorted(enfants, reverse=True)]


def test_F13_a_recovery_that_froze_at_a_point_of_its_replica_goes_on_when_the_fault_is_over(atelier: Atelier) -> None:
    """The switches of saga-1 are those of saga-reprise-1 too, and only its relay comes by this point."""
    p = atelier.plateforme
    with atelier.panne(panne_de("somme", "saga-1", "relais.avant_rognage")):
        attendre(lambda: arretes(p, "saga-reprise-1") == [True], 10, "saga-reprise-1 figé")
        assert arretes(p, "saga-1") == [False, False]
    attendre(lambda: arretes(p, "saga-reprise-1") == [False], 5, "saga-reprise-1 réveillé")


def test_F13_one_worker_process_freezes_at_a_point_and_its_master_does_not(atelier: Atelier) -> None:
    p, client = atelier.plateforme, {"prenom": "A", "nom": "B", "email": f"{uuid.uuid4().hex}@example.com"}
    client |= {"adresse_rue": "1 rue C", "adresse_ville": "Montréal", "adresse_code_postal": "H2X 1Y4"}
    with ThreadPoolExecutor(1) as bassin:
        with atelier.panne(panne_de("somme", "ecommerce", "idempotence.avant_commit")):
            recu = bassin.submit(acces_a(p).appeler, "POST", "/api/ecommerce/clients/", client, cle=str(uuid.uuid4()))
            attendre(lambda: arretes(p, "ecommerce") == [False, True, False], 10, "un processus figé")
        assert recu.result().statut == 201
    assert arretes(p, "ecommerce") == [False, False, False]


def test_F23_the_end_of_a_fault_at_a_point_does_not_wake_up_what_is_frozen_on_purpose(atelier: Atelier) -> None:
    p = atelier.plateforme
    with atelier.panne(panne_de("gel", "saga-reprise-1")):
        attendre(lambda: arretes(p, "saga-reprise-1") == [True], 5, "saga-reprise-1 figé")
        with atelier.panne(panne_de("somme", "saga-1", "relais.avant_rognage")):
            pass
        assert arretes(p, "saga-reprise-1") == [True]
    attendre(lambda: arretes(p, "saga-reprise-1") == [False], 5, "saga-reprise-1 réveillé")


def test_the_fixed_seed_breaks_in_every_way() -> None:
    assert {panne.genre for panne in planifier(GRAINE_FIXE, MINUTES_FIXE * 60)} == set(GENRES)


@pytest.mark.parametrize(
    ("graine", "minutes"),
    [(GRAINE_FIXE, MINUTES_FIXE), (random.SystemRandom().randrange(1, 1_000_000), MINUTES_NEUVE)],
    ids=["fixe", "neuve"],
)
def test_the_invariants_hold_whatever_breaks(graine: int, minutes: float, atelier: Atelier) -> None:
    rapport = mener(atelier, graine, planifier(graine, minutes * 60), console := Console())
    rapport.montrer(console)
    assert rapport.violations == [], f"pour rejouer : {commande(graine, minutes, [], sur_place=False)}"
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
