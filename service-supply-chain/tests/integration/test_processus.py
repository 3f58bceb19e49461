"""Faults of processes, forced on real ones at named points: approved or wholly undone, and the stock is conserved."""

import itertools
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from local.repliques import Envoi, Replique
from socle.tests.concurrence import attendre_que, laisser_passer
from tests.integration.conftest import BASE, sql, stocks
from tests.voisins import Voisins, deposer


class Programme(Replique):
    """The web program, or the recovery loop."""

    service = "service-supply-chain"
    paquet = "supply_chain"

    def valider(self, demande: str) -> tuple[int, bytes]:
        return self.poster({}, f"{BASE}valider-demande/{demande}/")


Lancer = Callable[..., Programme]


@pytest.fixture
def lancer(client: Client, tmp_path: Path) -> Iterator[Lancer]:
    """Start programs; whatever is left of them ends with the test."""
    lances: list[Programme] = []

    def demarrer(genre: str, instance: str = "supply-chain") -> Programme:
        lances.append(Programme(genre, instance, tmp_path))
        return lances[-1].demarrer()

    yield demarrer
    for lance in lances:
        lance.finir()


def etat(demande: str) -> str:
    lignes = sql("SELECT etat_actuel FROM workflows_validation WHERE demande_id = %s", demande)
    return lignes[0][0] if lignes else ""


def fini(demande: str) -> bool:
    return etat(demande) in ("VALIDATION_TERMINEE", "VALIDATION_ANNULEE")


def exiger_tout_ou_rien(voisins: Voisins, demande: str, attendu: str) -> None:
    """The request, both stocks and the history say the same thing."""
    assert etat(demande) == attendu
    approuvee = attendu == "VALIDATION_TERMINEE"
    assert stocks(voisins) == ((90, 510) if approuvee else (100, 500))
    assert voisins.demandes[demande]["statut"] == ("Approuvée" if approuvee else "Échec validation")
    maillons = sql("SELECT etat_precedent, nouvel_etat FROM etapes_validation ORDER BY numero")
    assert maillons[0][0] == "EN_ATTENTE"
    assert all(avant[1] == apres[0] for avant, apres in itertools.pairwise(maillons))
    assert maillons[-1][1] == attendu


@pytest.mark.parametrize(
    "point",
    [
        "saga.apres_creation", "saga.apres_intention", "saga.apres_effet.prelevement_central",
        "saga.apres_effet.ajout_local", "saga.apres_effet.fixation_statut", "saga.avant_fin",
    ],
)  # fmt: skip
def test_F11_a_workflow_killed_at_any_step_is_approved_by_the_recovery_program(
    lancer: Lancer, voisins: Voisins, point: str
) -> None:
    # The recovery program has a name of its own here: it may count on nothing but the end of the lease.
    victime, _ = lancer("web"), lancer("reprise", "autre")
    victime.attendre_pret()
    victime.armer(point)
    demande = deposer(voisins)
    assert victime.valider(demande)[0] == 0
    attendre_que(lambda: fini(demande), 10)
    exiger_tout_ou_rien(voisins, demande, "VALIDATION_TERMINEE")
    statut, octets = victime.attendre_pret().valider(demande)
    assert (statut, json.loads(octets)["rollback_effectue"]) == (200, False)
    exiger_tout_ou_rien(voisins, demande, "VALIDATION_TERMINEE")


@pytest.mark.parametrize(
    "point",
    [
        "saga.avant_compensation", "saga.apres_compensation.ajout_local",
        "saga.apres_compensation.prelevement_central", "saga.apres_compensation.ouverture",
    ],
)  # fmt: skip
def test_F11_a_workflow_killed_while_it_is_undone_is_wholly_undone(
    lancer: Lancer, voisins: Voisins, point: str
) -> None:
    victime, _ = lancer("web"), lancer("reprise", "autre")
    victime.attendre_pret()
    voisins.regles["statut"] = [("refus", 400, "non")]
    victime.armer(point)
    demande = deposer(voisins)
    assert victime.valider(demande)[0] == 0
    attendre_que(lambda: fini(demande), 10)
    exiger_tout_ou_rien(voisins, demande, "VALIDATION_ANNULEE")
    statut, octets = victime.attendre_pret().valider(demande)
    assert (statut, json.loads(octets)["rollback_effectue"]) == (400, True)


def test_F11_a_restarted_program_takes_its_own_workflows_over_at_once(lancer: Lancer, voisins: Voisins) -> None:
    victime, _ = lancer("web"), lancer("reprise")
    victime.attendre_pret()
    entree, sortie = threading.Event(), threading.Event()
    voisins.regles["ajouter"] = [("barriere", entree, sortie)]
    demande = deposer(voisins)
    envoi = Envoi(victime, {}, f"{BASE}valider-demande/{demande}/")
    assert entree.wait(10)
    victime.tuer()
    sortie.set()
    assert envoi.resultat()[0] == 0
    debut = time.monotonic()
    victime.demarrer()
    attendre_que(lambda: fini(demande), 10)
    assert time.monotonic() - debut < 3
    exiger_tout_ou_rien(voisins, demande, "VALIDATION_TERMINEE")


def test_F13_a_program_frozen_past_its_lease_wakes_up_to_a_refused_write(lancer: Lancer, voisins: Voisins) -> None:
    gele, _ = lancer("web"), lancer("reprise", "autre")
    gele.attendre_pret()
    gele.armer("saga.apres_effet.prelevement_central", "gel")
    demande = deposer(voisins)
    envoi = Envoi(gele, {}, f"{BASE}valider-demande/{demande}/")
    attendre_que(lambda: fini(demande), 10)
    fin = sql("SELECT jeton, date_fin, reponse_corps FROM workflows_validation")
    gele.signaler(signal.SIGCONT)
    statut, octets = envoi.resultat()
    assert (statut, octets.decode()) == (200, fin[0][2])
    assert sql("SELECT jeton, date_fin, reponse_corps FROM workflows_validation") == fin
    exiger_tout_ou_rien(voisins, demande, "VALIDATION_TERMINEE")


def test_F17_an_addition_that_outlives_the_deadline_is_undone(
    lancer: Lancer, voisins: Voisins, monkeypatch: pytest.MonkeyPatch
) -> None:
    for nom, valeur in (("SAGA_ETAPE_S", "1"), ("SAGA_ATTENTE_S", "1.5"), ("SAGA_TIMEOUT", "1.5")):
        monkeypatch.setenv(nom, valeur)
    programme, _ = lancer("web"), lancer("reprise")
    programme.attendre_pret()
    voisins.regles["ajouter"] = [("lente", 2.5)] + [("panne", 503)] * 4
    demande = deposer(voisins)
    assert programme.valider(demande)[0] in (202, 503)
    attendre_que(lambda: fini(demande), 10)
    # The late addition meets the undoing that came first, and is refused.
    laisser_passer(1.5)
    assert [ajout["etat"] for ajout in voisins.ajouts.values()] == ["ANNULEE"]
    exiger_tout_ou_rien(voisins, demande, "VALIDATION_ANNULEE")
