"""Reservations over HTTP on real PostgreSQL, with the interleavings of the faults forced."""

from collections.abc import Callable
from concurrent.futures import Future

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.integration.conftest import (
    CAFE,
    CENTRAL,
    CHOCOLAT,
    CLAVIER,
    ECOUTEURS,
    EN_LIGNE,
    INCONNU,
    NORD,
    SOURIS,
    Api,
    attendre_blocages,
    compter,
    ref,
    stock,
)

Fils = Callable[..., Future]


def test_a_reservation_takes_all_lines_and_says_what_is_left(api: Api) -> None:
    reponse = api.reserver(ref(1), [(SOURIS, 3), (CLAVIER, 2)])
    assert reponse.status_code == 200
    assert reponse.json() == {
        "success": True,
        "message": "Stock réservé.",
        "reference": ref(1),
        "magasin_id": EN_LIGNE,
        "etat": "RESERVEE",
        "lignes": [
            {"produit_id": CLAVIER, "quantite": 2, "nouvelle_quantite": 498, "niveau": "Haut"},
            {"produit_id": SOURIS, "quantite": 3, "nouvelle_quantite": 497, "niveau": "Haut"},
        ],
    }
    assert (stock(CLAVIER), stock(SOURIS)) == (498, 497)


def test_a_reservation_without_magasin_is_taken_from_the_central_stock(api: Api) -> None:
    reponse = api.reserver(ref(1), [(CLAVIER, 30)], magasin=None)
    assert (reponse.status_code, reponse.json()["lignes"][0]["niveau"]) == (200, "Normal")
    assert (stock(CLAVIER, None), stock(CLAVIER)) == (70, 500)
    assert api.liberer(ref(1)).json()["lignes"][0]["nouvelle_quantite"] == 100
    assert stock(CLAVIER, None) == 100


def test_a_shortage_takes_nothing_and_names_product_available_and_requested(api: Api) -> None:
    reponse = api.reserver(ref(1), [(CLAVIER, 25), (SOURIS, 1)], magasin=CENTRAL)
    corps = reponse.json()
    assert (reponse.status_code, corps["code"]) == (400, "stock_insuffisant")
    assert "insuffisant" in corps["error"].lower()
    assert corps["produits"] == [
        {"produit_id": CLAVIER, "nom_produit": "Clavier mécanique", "disponible": 20, "demande": 25},
        {"produit_id": SOURIS, "nom_produit": "Souris optique", "disponible": 0, "demande": 1},
    ]
    assert (stock(CLAVIER, CENTRAL), stock(SOURIS, CENTRAL)) == (20, None)
    assert compter("reservations") == 0


def test_F1_the_same_reservation_in_turn_has_one_effect_and_one_answer(api: Api) -> None:
    reponses = [api.reserver(ref(1), [(CLAVIER, 2), (SOURIS, 1)]) for _ in range(3)]
    assert {(r.status_code, r.content) for r in reponses} == {(200, reponses[0].content)}
    assert (stock(CLAVIER), stock(SOURIS), compter("reservations")) == (498, 499, 1)


def test_F1_the_same_reservation_at_once_has_one_effect_and_one_answer(api: Api, fils: Fils) -> None:
    with transaction.atomic():
        premiere = api.reserver(ref(1), [(CLAVIER, 2)])
        jumelles = [fils(lambda: Api().reserver(ref(1), [(CLAVIER, 2)])) for _ in range(3)]
        attendre_blocages(3)
    reponses = [jumelle.result(10) for jumelle in jumelles]
    assert {(r.status_code, r.content) for r in reponses} == {(200, premiere.content)}
    assert (stock(CLAVIER), compter("reservations")) == (498, 1)


def test_the_same_reference_with_other_lines_is_a_422(api: Api) -> None:
    api.reserver(ref(1), [(CLAVIER, 2)])
    reponse = api.reserver(ref(1), [(CLAVIER, 3)])
    assert (reponse.status_code, reponse.json()["code"]) == (422, "cle_reutilisee")
    assert stock(CLAVIER) == 498


def test_F2_a_release_before_any_reservation_succeeds_is_recorded_and_does_nothing(api: Api) -> None:
    reponses = [api.liberer(ref(1)) for _ in range(2)]
    assert {(r.status_code, r.content) for r in reponses} == {(200, reponses[0].content)}
    assert (reponses[0].json()["etat"], reponses[0].json()["lignes"]) == ("ANNULEE", [])
    assert stock(CLAVIER) == 500
    assert api.get(f"reservations/{ref(1)}/").json()["etat"] == "ANNULEE"


def test_F3_the_late_reservation_after_its_release_is_refused(api: Api) -> None:
    api.liberer(ref(1))
    reponse = api.reserver(ref(1), [(CLAVIER, 2)])
    assert (reponse.status_code, reponse.json()["code"]) == (409, "reference_annulee")
    assert "reference annulée" in reponse.json()["error"].lower()
    assert (stock(CLAVIER), compter("reservations")) == (500, 0)


def test_F4_a_release_racing_an_uncommitted_reservation_waits_and_nets_zero(api: Api, fils: Fils) -> None:
    with transaction.atomic():
        assert api.reserver(ref(1), [(CLAVIER, 2), (SOURIS, 1)]).status_code == 200
        liberation = fils(lambda: Api().liberer(ref(1)))
        attendre_blocages(1)
        assert not liberation.done()
    reponse = liberation.result(10)
    assert (reponse.status_code, reponse.json()["etat"]) == (200, "LIBEREE")
    assert (stock(CLAVIER), stock(SOURIS)) == (500, 500)
    assert api.get(f"reservations/{ref(1)}/").json()["etat"] == "LIBEREE"


def test_F4_a_release_racing_a_reservation_that_is_rolled_back_records_the_cancellation(api: Api, fils: Fils) -> None:
    with transaction.atomic():
        api.reserver(ref(1), [(CLAVIER, 2)])
        liberation = fils(lambda: Api().liberer(ref(1)))
        attendre_blocages(1)
        transaction.set_rollback(True)
    assert liberation.result(10).json()["etat"] == "ANNULEE"
    assert (stock(CLAVIER), api.reserver(ref(1), [(CLAVIER, 2)]).status_code) == (500, 409)


def test_F5_retry_of_an_applied_reservation_when_stock_is_now_zero_is_the_original_success(api: Api) -> None:
    premiere = api.reserver(ref(1), [(CLAVIER, 20)], magasin=CENTRAL)
    assert stock(CLAVIER, CENTRAL) == 0
    seconde = api.reserver(ref(1), [(CLAVIER, 20)], magasin=CENTRAL)
    assert (seconde.status_code, seconde.content) == (200, premiere.content)
    assert api.reserver(ref(2), [(CLAVIER, 1)], magasin=CENTRAL).status_code == 400


def test_F6_a_duplicate_release_gives_back_once_and_never_another_reservations_stock(api: Api) -> None:
    api.reserver(ref(1), [(CLAVIER, 2)])
    api.reserver(ref(2), [(CLAVIER, 5)])
    reponses = [api.liberer(ref(1)) for _ in range(3)]
    assert {(r.status_code, r.content) for r in reponses} == {(200, reponses[0].content)}
    assert reponses[0].json()["lignes"] == [
        {"produit_id": CLAVIER, "quantite": 2, "nouvelle_quantite": 495, "niveau": "Haut"}
    ]
    assert stock(CLAVIER) == 495
    assert api.get(f"reservations/{ref(2)}/").json()["etat"] == "RESERVEE"


def test_F6_two_releases_at_once_give_back_once(api: Api, fils: Fils) -> None:
    api.reserver(ref(1), [(CLAVIER, 2)])
    with transaction.atomic():
        premiere = api.liberer(ref(1))
        seconde = fils(lambda: Api().liberer(ref(1)))
        attendre_blocages(1)
    assert seconde.result(10).content == premiere.content
    assert stock(CLAVIER) == 500


def test_F7_retry_of_a_refusal_is_the_same_refusal_even_when_stock_has_come(api: Api) -> None:
    premiere = api.reserver(ref(1), [(CLAVIER, 21)], magasin=CENTRAL)
    api("POST", "augmenter-stock/", {"produit_id": CLAVIER, "quantite": 5, "magasin_id": CENTRAL})
    seconde = api.reserver(ref(1), [(CLAVIER, 21)], magasin=CENTRAL)
    assert (seconde.status_code, seconde.content) == (400, premiere.content)
    assert stock(CLAVIER, CENTRAL) == 25


def test_F9_a_hundred_buyers_of_ten_units(fils: Fils, api: Api) -> None:
    with connection.cursor() as curseur:
        curseur.execute("UPDATE stock_local SET quantite = 10 WHERE magasin_id = %s", [EN_LIGNE])
    acheteurs = [fils(lambda n=n: Api().reserver(ref(n), [(CAFE, 1)])) for n in range(100)]
    reponses = [acheteur.result(60) for acheteur in acheteurs]
    assert sorted(r.status_code for r in reponses) == [200] * 10 + [400] * 90
    assert {r.json()["code"] for r in reponses if r.status_code == 400} == {"stock_insuffisant"}
    assert (stock(CAFE), compter("reservations")) == (0, 10)


def test_F10_two_lines_of_one_product_are_summed_before_the_decision(api: Api) -> None:
    refus = api.reserver(ref(1), [(CLAVIER, 11), (CLAVIER, 10)], magasin=CENTRAL)
    assert (refus.status_code, refus.json()["produits"][0]["demande"]) == (400, 21)
    assert stock(CLAVIER, CENTRAL) == 20
    accord = api.reserver(ref(2), [(CLAVIER, 11), (CLAVIER, 9)], magasin=CENTRAL)
    assert [(ligne["quantite"], ligne["nouvelle_quantite"]) for ligne in accord.json()["lignes"]] == [(20, 0)]


@pytest.mark.parametrize("ordre", [(CLAVIER, SOURIS), (SOURIS, CLAVIER)])
@pytest.mark.parametrize("liberation", [False, True])
def test_products_are_locked_in_one_order_so_opposite_carts_cannot_deadlock(
    api: Api, fils: Fils, ordre: tuple[str, str], liberation: bool
) -> None:
    """While it waits for the first product, a cart (or its release) holds nothing of the second."""
    lignes = [(produit, 1) for produit in ordre]
    if liberation:
        api.reserver(ref(1), lignes)
    verrou = "SELECT 1 FROM stock_local WHERE magasin_id = %s AND produit_id = %s FOR UPDATE NOWAIT"
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute(verrou, [EN_LIGNE, CLAVIER])
        autre = fils((lambda: Api().liberer(ref(1))) if liberation else (lambda: Api().reserver(ref(1), lignes)))
        attendre_blocages(1)
        curseur.execute(verrou, [EN_LIGNE, SOURIS])
    assert autre.result(10).status_code == 200
    reste = 500 if liberation else 499
    assert (stock(CLAVIER), stock(SOURIS)) == (reste, reste)


def test_opposite_carts_at_once_all_succeed(api: Api, fils: Fils) -> None:
    paniers = [[(CLAVIER, 1), (SOURIS, 1), (CAFE, 1)], [(CAFE, 1), (SOURIS, 1), (CLAVIER, 1)]]
    clients = [fils(lambda n=n: Api().reserver(ref(n), paniers[n % 2]).status_code) for n in range(40)]
    assert [client.result(60) for client in clients] == [200] * 40
    assert [stock(p) for p in (CLAVIER, SOURIS, CAFE)] == [460, 460, 460]


def test_the_database_itself_refuses_a_negative_stock() -> None:
    with pytest.raises(IntegrityError, match="stock_local_jamais_negatif"), connection.cursor() as curseur:
        curseur.execute("UPDATE stock_local SET quantite = -1 WHERE magasin_id = %s", [EN_LIGNE])
    assert stock(CLAVIER) == 500


def ordres(contexte: CaptureQueriesContext) -> list[str]:
    """First word of each statement, and its table."""
    mots = []
    for requete in contexte.captured_queries:
        texte = requete["sql"].split()
        mots.append(f"{texte[0]} {texte[2]}" if texte[0] == "INSERT" else " ".join(texte[:1]))
    return mots


@pytest.mark.parametrize("nombre", [1, 5])
def test_a_reservation_costs_five_statements_and_one_commit_whatever_its_lines(api: Api, nombre: int) -> None:
    produits = [CHOCOLAT, ECOUTEURS, CAFE, SOURIS, CLAVIER][:nombre]
    with CaptureQueriesContext(connection) as contexte:
        assert api.reserver(ref(1), [(p, 1) for p in produits for _ in range(2)]).status_code == 200
    assert ordres(contexte) == [
        "BEGIN",
        "INSERT barriere",
        "WITH",
        "UPDATE",
        "INSERT reservations",
        "UPDATE",
        "COMMIT",
    ]


def test_a_repeated_reservation_costs_two_statements(api: Api) -> None:
    api.reserver(ref(1), [(CLAVIER, 1)])
    with CaptureQueriesContext(connection) as contexte:
        api.reserver(ref(1), [(CLAVIER, 1)])
    assert ordres(contexte) == ["BEGIN", "INSERT barriere", "SELECT", "COMMIT"]


def test_a_release_costs_five_statements_and_one_commit_whatever_its_lines(api: Api) -> None:
    api.reserver(ref(1), [(p, 1) for p in (CLAVIER, SOURIS, CAFE)])
    with CaptureQueriesContext(connection) as contexte:
        api.liberer(ref(1))
    assert ordres(contexte) == [
        "BEGIN",
        "INSERT barriere",
        "SELECT",
        "INSERT stock_local",
        "UPDATE",
        "UPDATE",
        "COMMIT",
    ]


def test_the_stock_check_of_a_cart_costs_one_statement(api: Api) -> None:
    with CaptureQueriesContext(connection) as contexte:
        reponse = api.get(f"stocks-locaux/{EN_LIGNE}/?produits={','.join((SOURIS, CLAVIER, CAFE))}")
    assert ordres(contexte) == ["SELECT"]
    assert [ligne["produit_id"] for ligne in reponse.json()["stocks"]] == [SOURIS, CLAVIER, CAFE]


def test_the_state_of_a_reference(api: Api) -> None:
    api.reserver(ref(1), [(CLAVIER, 2)], magasin=CENTRAL)
    corps = api.get(f"reservations/{ref(1)}/").json()
    assert (corps["etat"], corps["magasin_id"], corps["date_liberation"]) == ("RESERVEE", CENTRAL, None)
    assert corps["lignes"] == [{"produit_id": CLAVIER, "quantite": 2}]
    api.liberer(ref(1))
    corps = api.get(f"reservations/{ref(1)}/").json()
    assert (corps["etat"], corps["date_liberation"] is None) == ("LIBEREE", False)
    assert corps["lignes"] == [{"produit_id": CLAVIER, "quantite": 2}]


def test_a_reference_never_seen_and_a_refused_one_are_404_told_apart(api: Api) -> None:
    api.reserver(ref(1), [(CLAVIER, 21)], magasin=CENTRAL)
    refusee, jamais_vue = api.get(f"reservations/{ref(1)}/"), api.get(f"reservations/{ref(2)}/")
    assert (refusee.status_code, refusee.json()["code"]) == (404, "reservation_refusee")
    assert (jamais_vue.status_code, jamais_vue.json()["code"]) == (404, "reservation_inexistante")


def test_a_refused_reservation_that_is_released_is_cancelled_for_ever(api: Api) -> None:
    api.reserver(ref(1), [(CLAVIER, 21)], magasin=CENTRAL)
    assert api.liberer(ref(1)).json()["etat"] == "ANNULEE"
    assert stock(CLAVIER, CENTRAL) == 20
    assert api.get(f"reservations/{ref(1)}/").json()["etat"] == "ANNULEE"


def test_an_unknown_magasin_is_a_404_that_takes_nothing(api: Api) -> None:
    reponse = api.reserver(ref(1), [(CLAVIER, 1)], magasin=INCONNU)
    assert (reponse.status_code, reponse.json()["code"]) == (404, "magasin_inexistant")
    assert "n'existe pas" in reponse.json()["error"]
    assert INCONNU in reponse.json()["details"]
    assert compter("reservations") == 0


def test_a_database_error_leaves_no_trace_and_the_retry_works(api: Api) -> None:
    with connection.cursor() as curseur:
        curseur.execute("ALTER TABLE reservations RENAME TO reservations_cachees")
    try:
        assert api.reserver(ref(1), [(CLAVIER, 1)]).status_code == 500
    finally:
        with connection.cursor() as curseur:
            curseur.execute("ALTER TABLE reservations_cachees RENAME TO reservations")
    assert (stock(CLAVIER), compter("barriere")) == (500, 0)
    assert api.reserver(ref(1), [(CLAVIER, 1)]).status_code == 200


def test_a_lock_that_never_comes_is_a_503_and_nothing_is_taken(api: Api, fils: Fils) -> None:
    def impatient() -> object:
        with connection.cursor() as curseur:
            curseur.execute("SET statement_timeout = 200")
        return Api().reserver(ref(1), [(CLAVIER, 1)])

    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT 1 FROM stock_local WHERE produit_id = %s FOR UPDATE", [CLAVIER])
        reponse = fils(impatient).result(10)
    assert (reponse.status_code, reponse["Retry-After"]) == (503, "2")
    assert (stock(CLAVIER), compter("barriere")) == (500, 0)


def test_a_reservation_touches_one_place_only(api: Api) -> None:
    api.reserver(ref(1), [(SOURIS, 5)])
    assert (stock(SOURIS), stock(SOURIS, NORD), stock(SOURIS, None)) == (495, 30, 200)
