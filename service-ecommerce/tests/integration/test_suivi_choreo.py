"""What concludes a choreographed checkout: an event of the stream, or the tracker when the bus is silent. Once."""

import json
import uuid
from typing import Any

import pytest
from django.db import connection, transaction

from ecommerce import bootstrap
from ecommerce.application import choreographie
from ecommerce.application.entendre import est_choregraphie
from ecommerce.domain.checkout import Checkout
from socle import fautes, metriques
from socle.evenements.enveloppe import Evenement, suite
from tests.conftest import Api, attendre_verrou, en_fil, outbox, un, vieillir
from tests.integration.test_checkout import faute
from tests.integration.test_choreo import SCHEMAS
from tests.integration.test_suivi import statut
from tests.voisins import CHOCOLAT, SOURIS, Voisins

COMMANDE = "7a1e0f5c-94b1-4a52-8f0e-2b3c4d5e6f70"


@pytest.fixture
def accepte(api: Api) -> str:
    """A checkout whose events nobody has reacted to; its outbox row is forgotten, to look at what comes after."""
    api.ajouter(CHOCOLAT, 2)
    checkout_id = api.choreo({}, X_Correlation_ID="corr-5").json()["checkout_id"]
    with connection.cursor() as curseur:
        curseur.execute("DELETE FROM outbox")
    return str(checkout_id)


def evenement(checkout_id: str, type_: str, source: str = "order-creation", **payload: Any) -> Evenement:
    return Evenement(
        id=uuid.uuid4(), type=type_, cle=checkout_id, source=source, payload={"checkout_id": checkout_id, **payload}
    )


def succes(checkout_id: str, source: str = "order-creation") -> Evenement:
    return evenement(checkout_id, "CheckoutSucceeded", source, commande_id=COMMANDE)


def echec(checkout_id: str, reason: str = "Stock insuffisant : 0 disponible(s).") -> Evenement:
    return evenement(checkout_id, "CheckoutFailed", "stock-compensation", reason=reason)


def jauge(nom: str, **labels: str) -> float | None:
    return metriques.REGISTRE_BASE.get_sample_value(nom, labels)


# -- events ------------------------------------------------------------------------------------------------------------


def test_a_success_concludes_with_the_prices_of_the_acceptance(api: Api, voisins: Voisins, accepte: str) -> None:
    voisins.produits[CHOCOLAT]["prix"] = 12.0
    assert bootstrap.entendre(succes(accepte)) == []
    corps = api.statut(accepte)
    assert (corps["statut"], corps["conclu_par"], corps["commande_id"]) == ("finalise", "evenement", COMMANDE)
    assert (corps["commande"]["sous_total"], corps["commande"]["frais_livraison"]) == (17.98, 7.5)
    assert (api.panier(), outbox()) == ({}, [])


@pytest.mark.parametrize(
    ("raison", "code"),
    [("Stock INSUFFISANT pour le clavier", "stock_insuffisant"), ("Magasin invalide", "commande_impossible")],
)
def test_a_failure_gives_the_lines_back_with_its_reason(api: Api, accepte: str, raison: str, code: str) -> None:
    bootstrap.entendre(echec(accepte, raison))
    corps = api.statut(accepte)
    assert (corps["statut"], corps["code"], corps["motif"]) == ("echec", code, raison)
    assert api.panier() == {CHOCOLAT: 2}


def test_F35_repeated_late_and_opposite_events_change_nothing(api: Api, accepte: str) -> None:
    bootstrap.entendre(echec(accepte))
    avant = api.statut(accepte)
    for tardif in (echec(accepte), succes(accepte), echec(accepte, "autre")):
        bootstrap.entendre(tardif)
    assert api.statut(accepte) == avant
    assert api.panier() == {CHOCOLAT: 2}


def test_F35_a_success_stays_one_when_a_failure_comes_late(api: Api, accepte: str) -> None:
    bootstrap.entendre(succes(accepte))
    bootstrap.entendre(echec(accepte))
    assert (statut(), api.panier()) == (("finalise", "evenement"), {})


def test_events_of_the_orchestrator_and_of_other_checkouts_are_ignored(
    api: Api, voisins: Voisins, accepte: str
) -> None:
    de_l_orchestrateur = succes(accepte, source="saga-orchestrator")
    assert est_choregraphie(succes(accepte).champs())
    assert not est_choregraphie(de_l_orchestrateur.champs())
    bootstrap.entendre(de_l_orchestrateur)
    bootstrap.entendre(succes(str(uuid.uuid4())))
    assert statut() == ("initie", "")
    voisins.mode = "differee"
    api.ajouter(SOURIS)
    orchestre = api.commander().json()["checkout_id"]
    bootstrap.entendre(succes(orchestre))
    assert api.statut(orchestre)["statut"] == "en_cours"


@pytest.mark.parametrize("poison", ["sans_commande", "commande_illisible", "sans_raison", "cle_illisible"])
def test_F32_an_event_that_cannot_be_understood_raises_and_changes_nothing(api: Api, accepte: str, poison: str) -> None:
    fautif = {
        "sans_commande": evenement(accepte, "CheckoutSucceeded"),
        "commande_illisible": evenement(accepte, "CheckoutSucceeded", commande_id="12"),
        "sans_raison": evenement(accepte, "CheckoutFailed"),
        "cle_illisible": evenement("12", "CheckoutFailed"),
    }[poison]
    with pytest.raises((KeyError, ValueError)):
        bootstrap.entendre(fautif)
    assert (statut(), api.panier()) == (("initie", ""), {})


def test_F35_simultaneous_opposite_events_conclude_once(api: Api, accepte: str) -> None:
    """All three have read the open checkout before any of them may write it."""
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM checkouts WHERE id = %s FOR UPDATE", [accepte])
        fils = [en_fil(lambda e=e: bootstrap.entendre(e)) for e in (echec(accepte), echec(accepte), succes(accepte))]
        attendre_verrou(3)
    for fil in fils:
        fil.resultat()
    fin = statut()[0]
    assert fin in ("echec", "finalise")
    assert api.panier() == ({CHOCOLAT: 2} if fin == "echec" else {})


def test_a_crash_after_the_conclusion_leaves_an_event_that_finds_it_done(api: Api, accepte: str) -> None:
    faute("suivi.apres_evenement")
    with pytest.raises(fautes.FauteInjectee):
        bootstrap.entendre(echec(accepte))
    assert statut() == ("echec", "evenement")
    bootstrap.entendre(echec(accepte))
    assert api.panier() == {CHOCOLAT: 2}


# -- the tracker, when the bus is silent -------------------------------------------------------------------------------


def test_before_the_limit_a_checkout_without_sale_is_left_to_the_workers(voisins: Voisins, accepte: str) -> None:
    vieillir(10)
    assert bootstrap.suivre() == 1
    assert statut() == ("en_cours", "")
    assert (voisins.fermees, outbox()) == ([], [])
    assert voisins.appels("POST", "/api/inventaire/") == []


def test_a_sale_that_the_bus_never_told_of_is_a_success_told_as_the_worker_would(
    api: Api, voisins: Voisins, accepte: str
) -> None:
    voisins.ventes[accepte] = "active"
    vieillir(10)
    assert bootstrap.suivre() == 1
    assert statut() == ("finalise", "suivi")
    assert api.statut(accepte)["commande_id"] == voisins.commandes[accepte]
    assert voisins.fermees == []
    reserve = uuid.uuid5(uuid.uuid5(uuid.UUID(accepte), "CheckoutInitiated"), "StockReserved")
    creee, reussie = outbox()
    for champs, type_ in ((creee, "OrderCreated"), (reussie, "CheckoutSucceeded")):
        payload = SCHEMAS.valider(champs)
        assert (champs["id"], champs["causation_id"]) == (str(uuid.uuid5(reserve, type_)), str(reserve))
        assert (champs["type"], champs["source"], champs["correlation_id"]) == (type_, "ecommerce", "corr-5")
        assert payload["commande_id"] == voisins.commandes[accepte]
        assert payload["emitted_at"] == un("SELECT date_conclusion FROM checkouts").isoformat()


@pytest.mark.parametrize("tenu", [False, True])
def test_past_the_limit_the_reference_is_closed_the_stock_released_and_the_failure_told(
    api: Api, voisins: Voisins, accepte: str, tenu: bool
) -> None:
    if tenu:
        voisins.reserves.add(accepte)
    vieillir(40)
    assert bootstrap.suivre() == 1
    assert (statut(), api.panier()) == (("echec", "suivi"), {CHOCOLAT: 2})
    assert api.statut(accepte)["code"] == "delai_depasse"
    ordre = [chemin for methode, chemin, _, _ in voisins.recues if methode == "POST"]
    assert ordre[-2:] == [
        f"/api/commandes/ventes-ddd/par-reference/{accepte}/annuler/",
        "/api/inventaire/augmenter-stock/",
    ]
    initie = uuid.uuid5(uuid.UUID(accepte), "CheckoutInitiated")
    if tenu:
        cause = uuid.uuid5(uuid.uuid5(initie, "StockReserved"), "OrderCreationFailed")
    else:
        cause = uuid.uuid5(initie, "StockReservationFailed")
    lignes = outbox()
    assert [champs["type"] for champs in lignes] == (
        ["OrderCreationFailed", "StockReleased", "CheckoutFailed"]
        if tenu
        else ["StockReservationFailed", "CheckoutFailed"]
    )
    assert [champs["id"] for champs in lignes] == [
        str(cause), *[str(uuid.uuid5(cause, champs["type"])) for champs in lignes[1:]],
    ]  # fmt: skip
    assert [SCHEMAS.valider(champs)["client_id"] for champs in lignes] == [
        json.loads(lignes[0]["payload"])["client_id"]
    ] * len(lignes)


def test_a_sale_that_commits_while_the_tracker_gives_up_wins(api: Api, voisins: Voisins, accepte: str) -> None:
    """The barrier at commandes decides: the worker's sale is in before the reference is closed."""
    voisins.avant_fermeture = lambda: voisins.ventes.update({accepte: "active"})
    vieillir(40)
    assert bootstrap.suivre() == 1
    assert (statut(), voisins.fermees, api.panier()) == (("finalise", "suivi"), [accepte], {})
    assert voisins.appels("POST", "/api/inventaire/augmenter-stock/") == []
    assert [champs["type"] for champs in outbox()] == ["OrderCreated", "CheckoutSucceeded"]


def test_a_sale_that_somebody_cancelled_since_was_a_success_first(voisins: Voisins, accepte: str) -> None:
    voisins.ventes[accepte] = "annulee"
    vieillir(40)
    assert bootstrap.suivre() == 1
    assert statut() == ("finalise", "suivi")
    assert voisins.appels("POST", "/api/inventaire/augmenter-stock/") == []


@pytest.mark.parametrize("eteint", ["commandes", "inventaire"])
def test_F23_a_neighbour_that_is_down_leaves_the_checkout_open_until_it_answers(
    api: Api, voisins: Voisins, accepte: str, eteint: str
) -> None:
    voisins.eteints = {eteint}
    vieillir(40)
    assert bootstrap.suivre() == 1
    assert (statut(), api.panier(), outbox()) == (("initie", ""), {}, [])
    assert voisins.fermees == ([accepte] if eteint == "inventaire" else [])
    voisins.eteints = set()
    for client in (
        bootstrap.suivre.enquetes["choreo"].commandes._client,
        bootstrap.suivre.enquetes["choreo"].stocks._client,
    ):
        client.disjoncteur.succes()
    vieillir(1)
    assert bootstrap.suivre() == 1
    assert (statut(), api.panier()) == (("echec", "suivi"), {CHOCOLAT: 2})


def test_commandes_that_contradicts_itself_decides_nothing(voisins: Voisins, accepte: str) -> None:
    """The reference is said to be sold, and the sale cannot be read."""
    voisins.avant_fermeture = lambda: voisins.ventes.update({accepte: "active"})
    voisins._vente = lambda *_: (404, {"error": "Vente introuvable"})  # type: ignore[method-assign]
    vieillir(40)
    assert bootstrap.suivre() == 1
    assert (statut(), outbox()) == (("initie", ""), [])
    assert voisins.appels("POST", "/api/inventaire/augmenter-stock/") == []


def test_F27_a_tracker_that_comes_second_publishes_nothing_and_two_trackers_publish_one_event(
    api: Api, voisins: Voisins, accepte: str
) -> None:
    voisins.ventes[accepte] = "active"
    vieillir(10)
    (lu,) = bootstrap.suivre.checkouts.prendre(bootstrap.Style.CHOREO, 10)
    bootstrap.entendre(succes(accepte))
    bootstrap.suivre._examiner(lu)
    assert (statut(), outbox()) == (("finalise", "evenement"), [])

    api.ajouter(SOURIS)
    second = api.choreo().json()["checkout_id"]
    voisins.ventes[second] = "active"
    vieillir(10)
    (lu,) = bootstrap.suivre.checkouts.prendre(bootstrap.Style.CHOREO, 10)
    for _ in range(2):
        bootstrap.suivre._examiner(lu)
    assert [champs["type"] for champs in outbox()] == ["CheckoutInitiated", "OrderCreated", "CheckoutSucceeded"]


@pytest.mark.parametrize("point", ["suivi.apres_fermeture", "suivi.avant_conclusion", "suivi.avant_commit"])
def test_a_tracker_that_dies_anywhere_leaves_nothing_half_done(
    api: Api, voisins: Voisins, accepte: str, point: str
) -> None:
    faute(point)
    vieillir(40)
    try:
        bootstrap.suivre()
    except fautes.FauteInjectee:
        pass
    assert (statut(), api.panier(), outbox()) == (("initie", ""), {}, [])
    vieillir(1)
    assert bootstrap.suivre() == 1
    assert (statut(), api.panier()) == (("echec", "suivi"), {CHOCOLAT: 2})
    assert [champs["type"] for champs in outbox()] == ["StockReservationFailed", "CheckoutFailed"]


def test_what_the_tracker_tells_and_what_a_worker_tells_is_one_event(api: Api, voisins: Voisins, accepte: str) -> None:
    """The worker's chain, built from the event it received, against the tracker's, built from the row."""
    checkout: Checkout = bootstrap.suivre.checkouts.lire(uuid.UUID(accepte))
    recu = choreographie.initie(checkout)
    reserve = suite(recu, "StockReserved", {}, source="stock-reservation")
    du_worker = [
        suite(reserve, type_, {}, source="order-creation").id for type_ in ("OrderCreated", "CheckoutSucceeded")
    ]
    assert [e.id for e in choreographie.reussite(checkout)] == du_worker
    refus = suite(reserve, "OrderCreationFailed", {}, source="order-creation")
    assert choreographie.echec(checkout, tenu=True)[-1].id == suite(refus, "CheckoutFailed", {}, source="x").id
    refus = suite(recu, "StockReservationFailed", {}, source="stock-reservation")
    assert choreographie.echec(checkout, tenu=False)[-1].id == suite(refus, "CheckoutFailed", {}, source="x").id


# -- metrics -----------------------------------------------------------------------------------------------------------


def test_the_gauges_count_stalled_checkouts_and_unpublished_events(api: Api, accepte: str) -> None:
    assert (jauge("stalled_sagas", style="choreo"), jauge("outbox_backlog", service="ecommerce")) == (0, 0)
    vieillir(31)
    api.ajouter(SOURIS)
    api.choreo()
    page = api.client.get("/metrics").content.decode()
    assert 'stalled_sagas{style="choreo"} 1.0' in page
    assert 'stalled_checkouts{style="choreo"} 1.0' in page
    assert 'stalled_checkouts{style="orchestre"} 0.0' in page
    assert 'outbox_backlog{service="ecommerce"} 1.0' in page
    assert 'saga_choreo_started_total{source="ecommerce"}' in page
