"""Faults of the orchestrator's processes, forced on the running platform: two replicas, each a web process and a
recovery loop."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import urllib3

from tests.commun.monde import Monde, Reponse, attendre, nouvel_id
from tests.e2e.invariants import attendre_la_fin, exiger_chaine, exiger_checkout_vendu, exiger_i1, exiger_i2, terminee

REPLIQUE_1 = ("saga-1", "saga-reprise-1")
REPLIQUE_2 = ("saga-2", "saga-reprise-2")


class Appel(threading.Thread):
    """A request that is under way; `reponse` is None when the connection was lost."""

    def __init__(self, monde: Monde, programme: str, corps: Any) -> None:
        super().__init__(daemon=True)
        self._monde, self._programme, self._corps = monde, programme, corps
        self.reponse: Reponse | None = None
        self.start()

    def run(self) -> None:
        try:
            self.reponse = self._monde.appeler("POST", "/api/saga/commandes/", self._corps, programme=self._programme)
        except urllib3.exceptions.HTTPError:
            self.reponse = None

    def attendre(self) -> Reponse | None:
        """The answer."""
        self.join(30)
        assert not self.is_alive()
        return self.reponse


def demande(monde: Monde, stock: int = 10, quantite: int = 2) -> dict[str, Any]:
    """A saga over a product of its own."""
    lignes = [{"produit_id": monde.nouveau_produit(en_ligne=stock), "quantite": quantite}]
    return {"client_id": nouvel_id(), "checkout_id": nouvel_id(), "lignes": lignes}


def produit(corps: dict[str, Any]) -> str:
    return str(corps["lignes"][0]["produit_id"])


def existe(monde: Monde, saga_id: str) -> bool:
    return bool(monde.sql("saga", "SELECT 1 FROM saga_commandes WHERE saga_id = %s", [saga_id]))


def reservee(monde: Monde, saga_id: str) -> bool:
    return bool(monde.sql("inventaire", "SELECT 1 FROM reservations WHERE reference = %s", [saga_id]))


@contextmanager
def suspendue(
    monde: Monde, point: str = "saga.apres_effet.reservation_stock"
) -> Iterator[tuple[dict[str, Any], Appel]]:
    """A saga of replica 1, held after its stock was taken and before anything is recorded about it."""
    corps = demande(monde)
    monde.fautes("saga-1", {"point": point, "genre": "delai", "secondes": 25})
    appel = Appel(monde, "saga-1", corps)
    attendre(lambda: reservee(monde, corps["checkout_id"]), "réservation")
    yield corps, appel


@pytest.mark.parametrize(
    "point",
    [
        "saga.apres_creation",
        "saga.avant_intention",
        "saga.apres_intention",
        "saga.apres_effet.reservation_stock",
        "saga.apres_effet.creation_commande",
        "saga.avant_fin",
        "saga.apres_fin",
    ],
)
def test_F11_a_crash_at_any_point_of_a_saga_leaves_one_sale_within_five_seconds(point: str, casse: Monde) -> None:
    corps = demande(casse)
    casse.fautes("saga-1", {"point": point, "genre": "crash"})
    appel = Appel(casse, "saga-1", corps)
    assert appel.attendre() is None, "the worker was to die without an answer"
    assert attendre_la_fin(casse, corps["checkout_id"], 10) < 5
    exiger_i2(casse, corps["checkout_id"], {produit(corps): 2})
    exiger_chaine(casse, corps["checkout_id"])
    assert exiger_i1(casse, produit(corps), 10) == 2
    # The caller's retry gets the answer of that saga (F20), from either replica.
    assert casse.exiger("POST", "/api/saga/commandes/", corps, statut=201)["saga_id"] == corps["checkout_id"]


@pytest.mark.parametrize("point", ["barriere.avant_commit", "barriere.apres_commit"])
@pytest.mark.parametrize("participant", ["inventaire", "commandes"])
def test_F11_a_participant_killed_around_its_commit_has_one_effect(participant: str, point: str, casse: Monde) -> None:
    corps = demande(casse)
    casse.fautes(participant, {"point": point, "genre": "crash"})
    reponse = casse.appeler("POST", "/api/saga/commandes/", corps)
    assert reponse.statut in (201, 202), reponse
    attendre_la_fin(casse, corps["checkout_id"], 15)
    assert casse.saga(corps["checkout_id"])["etat_actuel"] == "SAGA_TERMINEE"
    exiger_i2(casse, corps["checkout_id"], {produit(corps): 2})
    assert exiger_i1(casse, produit(corps), 10) == 2


def test_F11_a_whole_replica_killed_in_the_middle_is_replaced_by_the_other_within_five_seconds(casse: Monde) -> None:
    with suspendue(casse) as (corps, appel):
        for programme in REPLIQUE_1:
            casse.plateforme.tuer(programme, relancer=False)
        mort = time.monotonic()
        attendre_la_fin(casse, corps["checkout_id"], 10)
        assert time.monotonic() - mort < 5
        assert appel.attendre() is None
    exiger_i2(casse, corps["checkout_id"], {produit(corps): 2})
    exiger_chaine(casse, corps["checkout_id"])
    assert exiger_i1(casse, produit(corps), 10) == 2


def test_F11_both_replicas_killed_finish_within_five_seconds_of_their_restart(casse: Monde) -> None:
    with suspendue(casse) as (corps, appel):
        tous = (*REPLIQUE_1, *REPLIQUE_2)
        for programme in tous:
            casse.plateforme.tuer(programme, relancer=False)
        assert appel.attendre() is None
    assert casse.vente(corps["checkout_id"]) is None
    assert casse.stock(produit(corps)) == 8
    for programme in tous:
        casse.plateforme.demarrer(programme)
    for programme in tous:
        casse.plateforme.attendre_pret(programme)
    pret = time.monotonic()
    attendre_la_fin(casse, corps["checkout_id"], 10)
    assert time.monotonic() - pret < 5
    exiger_i2(casse, corps["checkout_id"], {produit(corps): 2})
    assert exiger_i1(casse, produit(corps), 10) == 2


def test_F11_a_replica_killed_between_two_compensations_gives_everything_back(casse: Monde) -> None:
    corps = demande(casse)
    casse.fautes("saga-1", {"point": "saga.entre_compensations", "genre": "crash"})
    # The sale commits, its answer comes too late each time: the saga turns back and has both steps to undo.
    casse.fautes("commandes", {"point": "barriere.apres_commit", "genre": "delai", "secondes": 3, "nombre": 1},
                 {"point": "barriere.avant_action", "genre": "erreur", "nombre": 20})  # fmt: skip
    appel = Appel(casse, "saga-1", corps)
    attendre(lambda: existe(casse, corps["checkout_id"]), "création")
    attendre(lambda: terminee(casse, corps["checkout_id"]), "fin de la saga", 30)
    appel.attendre()
    etat = casse.saga(corps["checkout_id"])["etat_actuel"]
    exiger_i2(casse, corps["checkout_id"], {produit(corps): 2} if etat == "SAGA_TERMINEE" else None)
    exiger_chaine(casse, corps["checkout_id"])
    assert exiger_i1(casse, produit(corps), 10) == (2 if etat == "SAGA_TERMINEE" else 0)


def test_F13_an_owner_frozen_past_its_lease_cannot_write_when_it_wakes_up(casse: Monde) -> None:
    with suspendue(casse) as (corps, appel):
        saga_id = corps["checkout_id"]
        jeton = casse.sql("saga", "SELECT jeton FROM saga_commandes WHERE saga_id = %s", [saga_id])[0][0]
        for programme in REPLIQUE_1:
            casse.plateforme.signal(programme, signal.SIGSTOP)
        attendre_la_fin(casse, saga_id, 10)
        finale = casse.sql("saga", "SELECT * FROM saga_commandes WHERE saga_id = %s", [saga_id])
        histoire = casse.sql("saga", "SELECT * FROM saga_evenements WHERE saga_id = %s ORDER BY numero", [saga_id])
        for programme in REPLIQUE_1:
            casse.plateforme.signal(programme, signal.SIGCONT)
        # It wakes up, goes on where it was held, and is refused; its caller gets the answer of the saga all the same.
        reponse = appel.attendre()
        assert reponse is not None
        assert (reponse.statut, reponse.corps["saga_id"]) == (201, saga_id)
    assert casse.sql("saga", "SELECT * FROM saga_commandes WHERE saga_id = %s", [saga_id]) == finale
    assert casse.sql("saga", "SELECT * FROM saga_evenements WHERE saga_id = %s ORDER BY numero", [saga_id]) == histoire
    assert casse.sql("saga", "SELECT jeton FROM saga_commandes WHERE saga_id = %s", [saga_id])[0][0] > jeton
    exiger_i2(casse, saga_id, {produit(corps): 2})
    assert exiger_i1(casse, produit(corps), 10) == 2


@pytest.mark.parametrize(
    "point", ["saga.apres_effet.reservation_stock", "saga.apres_effet.creation_commande", "saga.avant_fin"]
)
def test_F18_an_operators_compensation_races_completion_and_exactly_one_wins(point: str, casse: Monde) -> None:
    corps = demande(casse)
    saga_id = corps["checkout_id"]
    casse.fautes("saga-1", {"point": point, "genre": "delai", "secondes": 1.5})
    appel = Appel(casse, "saga-1", corps)
    attendre(lambda: reservee(casse, saga_id), "réservation")
    ordre = casse.appeler(
        "POST", f"/api/saga/commandes/{saga_id}/compenser/", {"motif": "essai"}, interne=True, programme="saga-2"
    )
    reponse = appel.attendre()
    attendre_la_fin(casse, saga_id, 15)
    etat = casse.saga(saga_id)["etat_actuel"]
    assert reponse is not None
    if ordre.statut in (200, 202):
        assert (etat, reponse.statut in (400, 503, 202)) == ("SAGA_ANNULEE", True), reponse
        exiger_i2(casse, saga_id, None)
        assert exiger_i1(casse, produit(corps), 10) == 0
    else:
        assert (ordre.statut, etat, reponse.statut) == (400, "SAGA_TERMINEE", 201)
        exiger_i2(casse, saga_id, {produit(corps): 2})
        assert exiger_i1(casse, produit(corps), 10) == 2
    exiger_chaine(casse, saga_id)


@pytest.mark.parametrize("point", ["checkout.apres_cloture", "checkout.apres_reponse", "checkout.apres_conclusion"])
def test_F20_ecommerce_killed_between_the_key_and_the_answer_resumes_on_retry(point: str, casse: Monde) -> None:
    article = casse.nouveau_produit(en_ligne=10)
    client = casse.client_avec_panier((article, 3))
    entetes = {"Idempotency-Key": nouvel_id()}
    casse.fautes("ecommerce", {"point": point, "genre": "crash"})
    perdue = casse.checkout(client, entetes=entetes)
    assert perdue.statut in (201, 502, 504), perdue
    casse.plateforme.attendre_pret("ecommerce")
    derniere: list[Reponse] = []

    def conclue() -> bool:
        derniere[:] = [casse.checkout(client, entetes=entetes)]
        return derniere[0].statut == 201

    attendre(conclue, "réponse 201 à la même clé", 20)
    exiger_checkout_vendu(casse, derniere[0], [(article, 3)])
    assert casse.checkout(client, entetes=entetes).octets == derniere[0].octets
    assert exiger_i1(casse, article, 10) == 3
    assert casse.panier(client)["est_vide"] is True
