"""Movements outside reservations: one product, additions under a reference, transfers."""

from collections.abc import Callable
from concurrent.futures import Future

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.integration.conftest import (
    CAFE,
    CENTRAL,
    CLAVIER,
    EN_LIGNE,
    INCONNU,
    NORD,
    NOUVEAU,
    SOURIS,
    Api,
    CatalogueTemoin,
    attendre_blocages,
    compter,
    ref,
    stock,
)

Fils = Callable[..., Future]


def un(produit: str, quantite: int, magasin: str | None = None) -> dict[str, object]:
    return {"produit_id": produit, "quantite": quantite, **({"magasin_id": magasin} if magasin else {})}


@pytest.mark.parametrize(
    ("route", "magasin", "reste", "niveau", "message"),
    [
        ("diminuer-stock/", None, 95, "Normal", "Stock diminué de 5 au stock central : 95 unité(s)."),
        ("augmenter-stock/", None, 105, "Élevé", "Stock augmenté de 5 au stock central : 105 unité(s)."),
        ("diminuer-stock/", CENTRAL, 15, "Moyen", f"Stock diminué de 5 au magasin {CENTRAL} : 15 unité(s)."),
        ("augmenter-stock/", CENTRAL, 25, "Haut", f"Stock augmenté de 5 au magasin {CENTRAL} : 25 unité(s)."),
    ],
)
def test_one_product(api: Api, route: str, magasin: str | None, reste: int, niveau: str, message: str) -> None:
    reponse = api("POST", route, un(CLAVIER, 5, magasin))
    assert reponse.status_code == 200
    assert reponse.json() == {
        "success": True,
        "message": message,
        "produit_id": CLAVIER,
        "magasin_id": magasin,
        "nouvelle_quantite": reste,
        "niveau": niveau,
    }
    assert stock(CLAVIER, magasin) == reste


def test_a_decrease_is_one_conditional_statement(api: Api) -> None:
    with CaptureQueriesContext(connection) as contexte:
        api("POST", "diminuer-stock/", un(CLAVIER, 5, CENTRAL))
    assert [requete["sql"].split()[0] for requete in contexte.captured_queries] == ["UPDATE"]


@pytest.mark.parametrize(("magasin", "disponible"), [(None, 100), (CENTRAL, 20), (NORD, 0)])
def test_a_shortage_of_one_product(api: Api, magasin: str | None, disponible: int) -> None:
    avant = stock(CLAVIER, magasin)
    reponse = api("POST", "diminuer-stock/", un(CLAVIER, 101, magasin))
    corps = reponse.json()
    assert (reponse.status_code, corps["error"], corps["code"]) == (400, "Stock insuffisant", "stock_insuffisant")
    assert f"Clavier mécanique ({CLAVIER}) : {disponible} disponible(s), 101 demandé(s)." in corps["details"]
    assert stock(CLAVIER, magasin) == avant


def test_an_increase_creates_the_row(api: Api) -> None:
    assert stock(CAFE, None) is None
    reponse = api("POST", "augmenter-stock/", un(CAFE, 4))
    assert (reponse.json()["nouvelle_quantite"], reponse.json()["niveau"]) == (4, "Critique")
    assert stock(CAFE, None) == 4


def test_stock_that_arrives_while_a_decrease_looks_for_its_cause_is_taken(api: Api, fils: Fils) -> None:
    with transaction.atomic():
        api("POST", "augmenter-stock/", un(CLAVIER, 30, CENTRAL))
        achat = fils(lambda: Api()("POST", "diminuer-stock/", un(CLAVIER, 45, CENTRAL)))
        attendre_blocages(1)
    assert achat.result(10).json()["nouvelle_quantite"] == 5
    assert stock(CLAVIER, CENTRAL) == 5


@pytest.mark.parametrize("route", ["diminuer-stock/", "augmenter-stock/"])
def test_an_unknown_magasin_of_one_product(api: Api, route: str) -> None:
    reponse = api("POST", route, un(CLAVIER, 5, INCONNU))
    assert (reponse.status_code, reponse.json()["code"]) == (404, "magasin_inexistant")
    assert "n'existe pas" in reponse.json()["error"]


@pytest.mark.parametrize("route", ["diminuer-stock/", "augmenter-stock/"])
@pytest.mark.parametrize(
    ("corps", "champ"),
    [
        ({}, "produit_id"),
        ({"produit_id": CLAVIER}, "quantite"),
        ({"produit_id": CLAVIER, "quantite": 0}, "quantite"),
        ({"produit_id": CLAVIER, "quantite": 10_001}, "quantite"),
        ({"produit_id": CLAVIER, "quantite": "5"}, "quantite"),
        ({"produit_id": CLAVIER, "quantite": 5.0}, "quantite"),
        ({"produit_id": CLAVIER, "quantite": True}, "quantite"),
        ({"produit_id": "pas-un-uuid", "quantite": 5}, "produit_id"),
        ({"produit_id": 5, "quantite": 5}, "produit_id"),
        ({"produit_id": CLAVIER, "quantite": 5, "magasin_id": "x"}, "magasin_id"),
        ({"lignes": [{"produit_id": CLAVIER, "quantite": 5}]}, "reference"),
        ({"reference": "x", "lignes": [{"produit_id": CLAVIER, "quantite": 5}]}, "reference"),
        ({"reference": None, "lignes": [{"produit_id": CLAVIER, "quantite": 5}]}, "reference"),
        ({"reference": ref(1), "produit_id": CLAVIER, "quantite": 5}, "produit_id"),
        ({"reference": ref(1), "lignes": []}, "lignes"),
        ({"reference": ref(1), "lignes": {}}, "lignes"),
        ({"reference": ref(1), "lignes": [7]}, "lignes[0]"),
        (
            {"reference": ref(1), "lignes": [{"produit_id": CLAVIER, "quantite": 5}, {"quantite": 5}]},
            "lignes[1].produit_id",
        ),
        ({"reference": ref(1), "lignes": [{"produit_id": CLAVIER, "quantite": -1}]}, "lignes[0].quantite"),
        ({"reference": ref(1), "lignes": [{"produit_id": CLAVIER, "quantite": 1}] * 51}, "lignes"),
        ({"reference": ref(1), "magasin_id": 7, "lignes": [{"produit_id": CLAVIER, "quantite": 1}]}, "magasin_id"),
    ],
)
def test_F43_a_malformed_movement_is_a_400_that_names_the_field_and_moves_nothing(
    api: Api, route: str, corps: dict[str, object], champ: str
) -> None:
    reponse = api("POST", route, corps)
    assert reponse.status_code == 400, reponse.content
    assert champ in reponse.json()["champs"]
    assert (stock(CLAVIER, None), stock(CLAVIER), compter("barriere")) == (100, 500, 0)


@pytest.mark.parametrize(
    ("corps", "champ"),
    [
        ({"reference": ref(1), "annulation": "oui"}, "annulation"),
        ({"reference": ref(1), "annulation": True, "lignes": []}, "lignes"),
        ({"reference": "x"}, "reference"),
        ({"reference": "x", "annulation": True}, "reference"),
        ([], "corps"),
    ],
)
def test_F43_a_malformed_release_is_a_400_that_names_the_field(api: Api, corps: object, champ: str) -> None:
    reponse = api("POST", "augmenter-stock/", corps)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, [champ])
    assert compter("barriere") == 0


def test_a_reservation_needs_its_lines(api: Api) -> None:
    reponse = api("POST", "diminuer-stock/", {"reference": ref(1)})
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, ["lignes"])


@pytest.mark.parametrize("route", ["diminuer-stock/", "augmenter-stock/"])
def test_the_same_idempotency_key_moves_once(api: Api, route: str) -> None:
    premiere, seconde = (api("POST", route, un(CLAVIER, 5), **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (seconde.status_code, seconde.content) == (200, premiere.content)
    assert seconde["Idempotency-Replayed"] == "true"
    assert stock(CLAVIER, None) == (95 if route.startswith("dim") else 105)
    assert api("POST", route, un(CLAVIER, 6), **{"Idempotency-Key": "k"}).status_code == 422


def test_a_keyed_shortage_is_the_same_refusal_later(api: Api) -> None:
    premiere = api("POST", "diminuer-stock/", un(CLAVIER, 21, CENTRAL), **{"Idempotency-Key": "k"})
    api("POST", "augmenter-stock/", un(CLAVIER, 5, CENTRAL))
    seconde = api("POST", "diminuer-stock/", un(CLAVIER, 21, CENTRAL), **{"Idempotency-Key": "k"})
    assert (seconde.status_code, seconde.content) == (400, premiere.content)
    assert stock(CLAVIER, CENTRAL) == 25


def test_a_reference_is_the_key_and_no_second_record_is_written(api: Api) -> None:
    corps = {"reference": ref(1), "lignes": [un(CLAVIER, 1)]}
    assert api("POST", "diminuer-stock/", corps, **{"Idempotency-Key": "k"}).status_code == 200
    assert (compter("idempotence_cles"), compter("barriere")) == (0, 1)


# Additions under a reference


def test_F1_an_addition_adds_once_and_answers_the_same(api: Api) -> None:
    reponses = [api.ajouter(ref(1), [(CAFE, 3), (CLAVIER, 2), (CAFE, 1)], magasin=NORD) for _ in range(3)]
    assert {(r.status_code, r.content) for r in reponses} == {(200, reponses[0].content)}
    assert reponses[0].json()["lignes"] == [
        {"produit_id": CLAVIER, "quantite": 2, "nouvelle_quantite": 2, "niveau": "Critique"},
        {"produit_id": CAFE, "quantite": 4, "nouvelle_quantite": 4, "niveau": "Bas"},
    ]
    assert (stock(CLAVIER, NORD), stock(CAFE, NORD)) == (2, 4)


def test_F6_an_addition_is_undone_once(api: Api) -> None:
    api.ajouter(ref(1), [(CLAVIER, 7)], magasin=None)
    reponses = [api.annuler(ref(1)) for _ in range(3)]
    assert {(r.status_code, r.content) for r in reponses} == {(200, reponses[0].content)}
    assert stock(CLAVIER, None) == 100


def test_an_undoing_that_would_make_the_stock_negative_is_a_409_that_undoes_nothing(api: Api) -> None:
    api.ajouter(ref(1), [(CLAVIER, 4), (CAFE, 4)], magasin=NORD)
    api("POST", "diminuer-stock/", un(CAFE, 1, NORD))
    refus = api.annuler(ref(1))
    assert (refus.status_code, refus.json()["code"]) == (409, "annulation_impossible")
    assert refus.json()["produits"] == [
        {"produit_id": CAFE, "nom_produit": "Café Premium Bio", "disponible": 3, "demande": 4}
    ]
    assert (stock(CLAVIER, NORD), stock(CAFE, NORD)) == (4, 3)
    api("POST", "augmenter-stock/", un(CAFE, 1, NORD))
    assert (api.annuler(ref(1)).status_code, stock(CLAVIER, NORD), stock(CAFE, NORD)) == (200, 0, 0)


def test_F2_F3_an_undoing_that_comes_first_is_recorded_and_the_late_addition_refused(api: Api) -> None:
    assert (api.annuler(ref(1)).status_code, api.annuler(ref(1)).json()["etat"]) == (200, "ANNULEE")
    reponse = api.ajouter(ref(1), [(CLAVIER, 7)])
    assert (reponse.status_code, reponse.json()["code"]) == (409, "reference_annulee")
    assert stock(CLAVIER) == 500


def test_F4_an_undoing_racing_an_uncommitted_addition_waits_and_nets_zero(api: Api, fils: Fils) -> None:
    with transaction.atomic():
        assert api.ajouter(ref(1), [(CLAVIER, 7)]).status_code == 200
        annulation = fils(lambda: Api().annuler(ref(1)))
        attendre_blocages(1)
    assert (annulation.result(10).status_code, stock(CLAVIER)) == (200, 500)


@pytest.mark.parametrize("magasin", [EN_LIGNE, NORD, None])
def test_a_release_that_names_its_lines_by_mistake_is_refused_and_adds_nothing(api: Api, magasin: str | None) -> None:
    api.reserver(ref(1), [(CLAVIER, 2)])
    reponse = api.ajouter(ref(1), [(CLAVIER, 2)], magasin=magasin)
    assert (reponse.status_code, reponse.json()["code"]) == (409, "reference_deja_reservee")
    assert (stock(CLAVIER), stock(CLAVIER, NORD), stock(CLAVIER, None)) == (498, None, 100)


def test_an_addition_is_not_given_back_by_a_release_nor_a_reservation_by_an_undoing(api: Api) -> None:
    api.ajouter(ref(1), [(CLAVIER, 7)])
    api.reserver(ref(2), [(SOURIS, 3)])
    assert (api.liberer(ref(1)).json()["etat"], api.annuler(ref(2)).json()["etat"]) == ("ANNULEE", "ANNULEE")
    assert (stock(CLAVIER), stock(SOURIS)) == (507, 497)


def test_a_validation_workflow_takes_adds_and_undoes_under_one_id(api: Api) -> None:
    workflow = ref(1)
    assert api.reserver(workflow, [(CLAVIER, 10)], magasin=None).status_code == 200
    assert api.ajouter(workflow, [(CLAVIER, 10)], magasin=NORD).status_code == 200
    assert (stock(CLAVIER, None), stock(CLAVIER, NORD)) == (90, 10)
    assert api.annuler(workflow).status_code == 200
    assert api.liberer(workflow).status_code == 200
    assert (stock(CLAVIER, None), stock(CLAVIER, NORD)) == (100, 0)


# Transfers


def transfert(sens: str, quantite: int = 5, **autres: object) -> dict[str, object]:
    return {"produit_id": CLAVIER, "magasin_id": CENTRAL, "quantite": quantite, "sens": sens, **autres}


@pytest.mark.parametrize(
    ("sens", "central", "local"), [("central_vers_local", 95, 25), ("local_vers_central", 105, 15)]
)
def test_a_transfer_moves_both_sides(api: Api, sens: str, central: int, local: int) -> None:
    corps = api("POST", "transferer/", transfert(sens)).json()
    assert (corps["stock_central"], corps["stock_local"]) == (central, local)
    assert (stock(CLAVIER, None), stock(CLAVIER, CENTRAL)) == (central, local)


@pytest.mark.parametrize(("sens", "quantite"), [("central_vers_local", 101), ("local_vers_central", 21)])
def test_a_transfer_of_more_than_there_is_moves_nothing(api: Api, sens: str, quantite: int) -> None:
    reponse = api("POST", "transferer/", transfert(sens, quantite))
    assert (reponse.status_code, reponse.json()["code"]) == (400, "stock_insuffisant")
    assert (stock(CLAVIER, None), stock(CLAVIER, CENTRAL)) == (100, 20)


@pytest.mark.parametrize("corps", [transfert("ailleurs"), transfert("central_vers_local", 0), {"produit_id": CLAVIER}])
def test_a_malformed_transfer_is_a_400(api: Api, corps: dict[str, object]) -> None:
    assert api("POST", "transferer/", corps).status_code == 400
    assert stock(CLAVIER, None) == 100


def test_a_transfer_to_an_unknown_magasin_takes_nothing(api: Api) -> None:
    reponse = api("POST", "transferer/", transfert("central_vers_local", magasin_id=INCONNU))
    assert (reponse.status_code, reponse.json()["code"]) == (404, "magasin_inexistant")
    assert stock(CLAVIER, None) == 100


def test_opposite_transfers_take_the_central_row_first(api: Api, fils: Fils) -> None:
    """While it waits for the central row, a transfer towards it holds nothing of the magasin's."""
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT 1 FROM stock_central WHERE produit_id = %s FOR UPDATE", [CLAVIER])
        inverse = fils(lambda: Api()("POST", "transferer/", transfert("local_vers_central")))
        attendre_blocages(1)
        curseur.execute(
            "SELECT 1 FROM stock_local WHERE produit_id = %s AND magasin_id = %s FOR UPDATE NOWAIT", [CLAVIER, CENTRAL]
        )
    assert inverse.result(10).status_code == 200
    assert (stock(CLAVIER, None), stock(CLAVIER, CENTRAL)) == (105, 15)


# Products never heard of


def test_an_unknown_product_is_asked_of_the_catalogue_once_then_known(api: Api, catalogue: CatalogueTemoin) -> None:
    catalogue.produits[NOUVEAU] = "Lampe d'appoint"
    assert api("POST", "augmenter-stock/", un(NOUVEAU, 8, EN_LIGNE)).status_code == 200
    assert api.reserver(ref(1), [(NOUVEAU, 3)]).status_code == 200
    assert api.get(f"stock-local/{NOUVEAU}/{EN_LIGNE}/").json()["nom_produit"] == "Lampe d'appoint"
    assert catalogue.demandes == [NOUVEAU]
    assert stock(NOUVEAU) == 5


def test_a_known_product_is_never_asked_of_the_catalogue(api: Api, catalogue: CatalogueTemoin) -> None:
    api.reserver(ref(1), [(CLAVIER, 1)])
    api("POST", "augmenter-stock/", un(CLAVIER, 8, EN_LIGNE))
    api.get(f"stocks-locaux/{EN_LIGNE}/?produits={CLAVIER}")
    assert catalogue.demandes == []


ECRITURES = [
    ("diminuer-stock/", un(INCONNU, 5)),
    ("augmenter-stock/", un(INCONNU, 5)),
    ("diminuer-stock/", {"reference": ref(1), "magasin_id": EN_LIGNE, "lignes": [un(CLAVIER, 1), un(INCONNU, 5)]}),
    ("augmenter-stock/", {"reference": ref(1), "magasin_id": EN_LIGNE, "lignes": [un(CLAVIER, 1), un(INCONNU, 5)]}),
    ("transferer/", transfert("central_vers_local", produit_id=INCONNU)),
    ("transferer/", transfert("local_vers_central", produit_id=INCONNU)),
    ("demandes/", {"produit_id": INCONNU, "magasin_id": CENTRAL, "quantite": 1}),
]


@pytest.mark.parametrize(("route", "corps"), ECRITURES)
def test_a_product_that_the_catalogue_does_not_know_is_a_404_that_moves_nothing(
    api: Api, catalogue: CatalogueTemoin, route: str, corps: dict[str, object]
) -> None:
    reponse = api("POST", route, corps)
    assert (reponse.status_code, reponse.json()["code"]) == (404, "produit_inexistant")
    assert "n'existe pas" in reponse.json()["error"]
    assert INCONNU in reponse.json()["details"]
    assert catalogue.demandes == [INCONNU]
    assert (stock(CLAVIER), stock(INCONNU), stock(INCONNU, None)) == (500, None, None)


def test_F7_a_refusal_for_an_unknown_product_stays_even_when_it_becomes_known(
    api: Api, catalogue: CatalogueTemoin
) -> None:
    premiere = api.reserver(ref(1), [(NOUVEAU, 3)])
    catalogue.produits[NOUVEAU] = "Lampe d'appoint"
    seconde = api.reserver(ref(1), [(NOUVEAU, 3)])
    assert (seconde.status_code, seconde.content) == (404, premiere.content)
    assert catalogue.demandes == [NOUVEAU]


@pytest.mark.parametrize(("route", "corps"), ECRITURES)
def test_F23_a_catalogue_that_is_down_is_a_503_that_records_nothing(
    api: Api, catalogue_muet: None, route: str, corps: dict[str, object]
) -> None:
    reponse = api("POST", route, corps)
    assert (reponse.status_code, reponse.json()["code"]) == (503, "service_indisponible")
    assert reponse["Retry-After"] == "2"
    assert (compter("barriere"), compter("reservations"), stock(CLAVIER)) == (0, 0, 500)


@pytest.mark.parametrize("statut", [500, 401, 429])
def test_F23_a_catalogue_that_answers_nonsense_is_not_taken_for_an_unknown_product(
    api: Api, catalogue: CatalogueTemoin, statut: int
) -> None:
    catalogue.statut = statut
    assert api.reserver(ref(1), [(NOUVEAU, 3)]).status_code == 503
    catalogue.statut, catalogue.produits[NOUVEAU] = 200, "Lampe d'appoint"
    reponse = api.reserver(ref(1), [(NOUVEAU, 3)])
    assert (reponse.status_code, reponse.json()["code"]) == (400, "stock_insuffisant")


def test_an_unknown_product_under_an_idempotency_key_is_remembered(api: Api, catalogue: CatalogueTemoin) -> None:
    catalogue.produits[NOUVEAU] = "Lampe d'appoint"
    for _ in range(2):
        reponse = api("POST", "augmenter-stock/", un(NOUVEAU, 8), **{"Idempotency-Key": "k"})
        assert reponse.json()["nouvelle_quantite"] == 8
    assert (stock(NOUVEAU, None), catalogue.demandes) == (8, [NOUVEAU])


def test_F43_a_stock_beyond_what_the_column_holds_is_a_400_that_adds_nothing(api: Api) -> None:
    with connection.cursor() as curseur:
        curseur.execute("UPDATE stock_central SET quantite = 2147483640 WHERE produit_id = %s", [CLAVIER])
    assert api("POST", "augmenter-stock/", un(CLAVIER, 10)).status_code == 400
    assert api.ajouter(ref(1), [(SOURIS, 1), (CLAVIER, 10)], magasin=None).status_code == 400
    assert (stock(CLAVIER, None), stock(SOURIS, None), compter("barriere")) == (2_147_483_640, 200, 0)
