"""Neighbours that are slow, frozen, stopped or called twice, on the running platform."""

from __future__ import annotations

import re
import signal
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

from tests.commun.monde import Monde, Reponse, attendre, nouvel_id
from tests.e2e.charge import clientele
from tests.e2e.invariants import attendre_la_fin, exiger_checkout_vendu, exiger_i1, exiger_i2

COMPENSATION_MAX_S = 5.0


def passe(monde: Monde, client: str) -> bool:
    """Whether the client's cart can be bought now."""
    return monde.checkout(client).statut == 201


@pytest.mark.parametrize("service", ["commandes", "inventaire"])
def test_a_stopped_service_means_503_compensation_within_five_seconds_and_a_sale_once_it_is_back(
    service: str, casse: Monde
) -> None:
    produit = casse.nouveau_produit(en_ligne=10)
    client = casse.client_avec_panier((produit, 2))
    casse.plateforme.arreter(service)
    debut = time.monotonic()
    reponse = casse.checkout(client)
    assert (reponse.statut, reponse.corps["statut"]) == (503, "echec"), reponse
    assert "Retry-After" in reponse.entetes
    if service != "inventaire":
        attendre(lambda: casse.stock(produit) == 10, "stock rendu", COMPENSATION_MAX_S)
    assert time.monotonic() - debut < 10
    casse.plateforme.demarrer(service)
    casse.plateforme.attendre_pret(service)
    attendre(lambda: casse.appeler("GET", f"/api/{service}/health/ready").statut == 200, f"retour de {service}")
    exiger_i2(casse, reponse.corps["checkout_id"], None)
    assert exiger_i1(casse, produit, 10) == 0
    assert casse.panier(client)["resume"]["nombre_articles"] == 2
    attendre(lambda: passe(casse, client), "le même panier repasse", 15)
    assert exiger_i1(casse, produit, 10) == 2


@pytest.mark.parametrize("point", ["barriere.avant_action", "barriere.apres_commit"])
@pytest.mark.parametrize("service", ["commandes", "inventaire"])
def test_F23_a_service_slow_beyond_its_time_limit_ends_in_503_and_nothing_taken(
    service: str, point: str, casse: Monde
) -> None:
    """Before its effect or after it: a late success nets zero, or the saga succeeds by its retry."""
    produit = casse.nouveau_produit(en_ligne=10)
    client = casse.client_avec_panier((produit, 2))
    casse.fautes(service, {"point": point, "genre": "delai", "secondes": 3, "nombre": 12})
    debut = time.monotonic()
    reponse = casse.checkout(client)
    assert time.monotonic() - debut < 16  # ecommerce reads the orchestrator for at most 15 s
    casse.fautes(service)
    saga = reponse.corps["checkout_id"]
    assert reponse.statut in (201, 202, 503), reponse
    attendre_la_fin(casse, saga, 30)
    vendu = casse.saga(saga)["etat_actuel"] == "SAGA_TERMINEE"
    exiger_i2(casse, saga, {produit: 2} if vendu else None)
    attendre(lambda: casse.stock(produit) == (8 if vendu else 10), "stock juste", COMPENSATION_MAX_S)
    assert exiger_i1(casse, produit, 10) == (2 if vendu else 0)
    if reponse.statut == 503:
        assert not vendu


def test_F12_an_answer_lost_once_is_asked_again_with_the_same_key_and_has_one_effect(casse: Monde) -> None:
    produit = casse.nouveau_produit(en_ligne=10)
    client = casse.client_avec_panier((produit, 2))
    casse.fautes("inventaire", {"point": "barriere.apres_commit", "genre": "erreur"})
    casse.fautes("commandes", {"point": "barriere.apres_commit", "genre": "erreur"})
    exiger_checkout_vendu(casse, casse.checkout(client), [(produit, 2)])
    assert exiger_i1(casse, produit, 10) == 2


def test_F23_a_frozen_service_is_waited_for_a_bounded_time_and_its_circuit_opens(casse: Monde) -> None:
    """SIGSTOP: connections are accepted and never answered, as with a half-open connection."""
    produit = casse.nouveau_produit(en_ligne=30)
    corps = {"client_id": nouvel_id(), "lignes": [{"produit_id": produit, "quantite": 1}]}
    casse.plateforme.signal("inventaire", signal.SIGSTOP)
    durees = []
    for _ in range(6):
        debut = time.monotonic()
        reponse = casse.appeler("POST", "/api/saga/commandes/", corps, programme="saga-1")
        durees.append(time.monotonic() - debut)
        assert (reponse.statut, reponse.corps["error"]) == (503, "Service externe indisponible"), reponse
    assert durees[0] < 8
    assert min(durees) < 0.5, f"the circuit never opened: {durees}"
    metriques = casse.appeler("GET", "/metrics", programme="saga-1").octets.decode()
    assert re.search(r'^circuit_breaker_open\{[^}]*service="inventaire"[^}]*\} 1\.0$', metriques, re.MULTILINE)
    casse.plateforme.signal("inventaire", signal.SIGCONT)

    def passe_a_nouveau() -> bool:
        return casse.appeler("POST", "/api/saga/commandes/", corps, programme="saga-1").statut == 201

    attendre(passe_a_nouveau, "le circuit se referme", 15)
    assert exiger_i1(casse, produit, 30) == 1


@pytest.mark.parametrize("programme", ["saga-1", "ecommerce"])
def test_F22_a_request_sent_twice_by_what_stands_between_has_one_effect(programme: str, casse: Monde) -> None:
    produit = casse.nouveau_produit(en_ligne=10)
    casse.fautes(programme, {"point": "http.avant_envoi", "genre": "double", "nombre": 20})
    if programme == "ecommerce":
        client = casse.client_avec_panier((produit, 2))
        exiger_checkout_vendu(casse, casse.checkout(client), [(produit, 2)])
    else:
        corps = {"client_id": nouvel_id(), "lignes": [{"produit_id": produit, "quantite": 2}]}
        casse.exiger("POST", "/api/saga/commandes/", corps, statut=201, programme="saga-1")
    assert exiger_i1(casse, produit, 10) == 2


def test_F22_the_gateway_sends_again_what_carries_a_key_when_a_replica_dies_under_it(casse: Monde) -> None:
    produit = casse.nouveau_produit(en_ligne=10)
    for programme in ("saga-1", "saga-2"):
        casse.fautes(programme, {"point": "saga.apres_effet.reservation_stock", "genre": "crash"})
    entetes = {"Idempotency-Key": nouvel_id()}
    corps = {"client_id": nouvel_id(), "lignes": [{"produit_id": produit, "quantite": 2}]}
    derniere: list[Reponse] = []

    def conclue() -> bool:
        derniere[:] = [casse.appeler("POST", "/api/saga/commandes/", corps, entetes=entetes)]
        return derniere[0].statut == 201

    attendre(conclue, "réponse 201 à la même clé", 20)
    exiger_i2(casse, derniere[0].corps["saga_id"], {produit: 2})
    assert exiger_i1(casse, produit, 10) == 2


def test_F25_one_of_three_catalogue_instances_killed_fails_no_checkout(casse: Monde) -> None:
    produit = casse.nouveau_produit(en_ligne=200)
    corps = {"client_id": nouvel_id(), "lignes": [{"produit_id": produit, "quantite": 1}]}

    def une_saga(rang: int) -> Reponse:
        if rang == 20:
            casse.plateforme.tuer("catalogue-2", relancer=False)
        return casse.appeler("POST", "/api/saga/commandes/", corps)

    with ThreadPoolExecutor(6) as bassin:
        reponses = list(bassin.map(une_saga, range(120)))
    assert [r for r in reponses if r.statut != 201] == []
    assert exiger_i1(casse, produit, 200) == 120
    vues = {casse.exiger("GET", "/api/catalogue/rechercher/?page_size=1")["instance_id"] for _ in range(6)}
    assert vues == {"catalogue-1", "catalogue-3"}
    casse.plateforme.demarrer("catalogue-2")

    def les_trois() -> bool:
        lues = [casse.exiger("GET", "/api/catalogue/rechercher/?page_size=1")["instance_id"] for _ in range(9)]
        return len(set(lues)) == 3

    attendre(les_trois, "catalogue-2 de retour dans le tour", 20)


def test_all_catalogue_instances_stopped_is_a_503_without_any_effect(casse: Monde) -> None:
    produit = casse.nouveau_produit(en_ligne=10)
    corps = {"client_id": nouvel_id(), "lignes": [{"produit_id": produit, "quantite": 1}]}
    for numero in (1, 2, 3):
        casse.plateforme.arreter(f"catalogue-{numero}")
    reponse = casse.appeler("POST", "/api/saga/commandes/", corps)
    assert (reponse.statut, reponse.corps["error"]) == (503, "Service externe indisponible")
    assert "Retry-After" in reponse.entetes
    exiger_i2(casse, reponse.corps["saga_id"], None)
    assert exiger_i1(casse, produit, 10) == 0
    assert casse.sql("inventaire", "SELECT 1 FROM reservations WHERE reference = %s", [reponse.corps["saga_id"]]) == []


def test_F24_the_gateway_killed_and_restarted_under_load_loses_and_doubles_nothing(casse: Monde) -> None:
    """Buyers of both styles insist, each with one key; calls between services go through the same gateway."""
    with clientele(casse, 24) as clients:
        wait(clients.envoyer(24), return_when=FIRST_COMPLETED)
        casse.plateforme.tuer("gateway")
        casse.plateforme.attendre_pret("gateway")
        casse.plateforme.redemarrer("gateway")
    assert clients.exiger_rien_perdu_rien_double() > 0
