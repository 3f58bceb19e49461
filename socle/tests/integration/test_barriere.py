"""The participant barrier itself, with forced interleavings: two sessions, one transaction held open."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from socle import fautes, jsons
from socle.barriere import Barriere
from socle.correlation import contexte
from socle.django import erreurs as http
from socle.erreurs import CleReutilisee, Conflit, Indisponible, RefusMetier
from tests.integration.outils import Fil, attendre_un_verrou, sql, total

pytestmark = pytest.mark.django_db(transaction=True)

Lancer = Callable[[Callable[[], Any]], Fil]
BARRIERE = Barriere("essai")
DEMANDE = {"quantite": 5}


class StockInsuffisant(RefusMetier):
    error = "Stock insuffisant"
    code = "stock_insuffisant"


@pytest.fixture(autouse=True)
def vide(client: object) -> None:
    """The `client` fixture empties the tables."""


def ajouter(quantite: int = 5) -> dict[str, Any]:
    sql("UPDATE temoin SET total = total + %s RETURNING total", quantite)
    return {"total": total(), "prix": Decimal("25.50"), "id": UUID(int=7)}


def refuser() -> dict[str, Any]:
    ajouter()
    raise StockInsuffisant("Il en reste 0.", extra={"disponible": Decimal("0.5")})


def agir(faire: Callable[[], dict[str, Any]] = ajouter, demande: object = None) -> dict[str, Any]:
    return BARRIERE.action("r", DEMANDE if demande is None else demande, faire)


def compenser(**options: Any) -> dict[str, Any]:
    return BARRIERE.compensation(
        "r",
        defaire=lambda reponse: {**ajouter(-5), "rendu": reponse["total"]},
        absente=lambda: {"rien": True},
        **options,
    )


def texte(erreur: Exception) -> bytes:
    return http.gerer(erreur).content


def test_F1_the_same_action_in_turn_has_one_effect_and_identical_answers() -> None:
    premiere, seconde = agir(), agir()
    assert jsons.ecrire(premiere) == jsons.ecrire(seconde)
    assert jsons.ecrire(premiere) == b'{"total":5,"prix":25.5,"id":"00000000-0000-0000-0000-000000000007"}'
    assert type(premiere["id"]) is type(seconde["id"]) is str
    assert total() == 5


def test_F1_the_same_action_at_once_has_one_effect_and_identical_answers(en_parallele: Lancer) -> None:
    ouverte, fermer = threading.Event(), threading.Event()

    def lente() -> dict[str, Any]:
        reponse = ajouter()
        ouverte.set()
        assert fermer.wait(10)
        return reponse

    premier = en_parallele(lambda: agir(lente))
    assert ouverte.wait(10)
    second = en_parallele(agir)
    attendre_un_verrou()
    fermer.set()
    assert jsons.ecrire(premier.resultat()) == jsons.ecrire(second.resultat())
    assert total() == 5


def test_F1_one_reference_with_another_demand_is_refused_and_changes_nothing() -> None:
    agir()
    with pytest.raises(CleReutilisee):
        agir(demande={"quantite": 6})
    assert total() == 5


def test_references_and_spaces_do_not_meet() -> None:
    agir()
    BARRIERE.action("r2", DEMANDE, ajouter)
    Barriere("autre").action("r", DEMANDE, ajouter)
    assert total() == 15


def test_F2_a_compensation_before_any_action_is_recorded_and_has_no_effect() -> None:
    assert compenser() == compenser() == {"rien": True}
    assert (BARRIERE.etat("r"), total()) == ("ANNULEE", 0)


def test_F3_the_late_action_after_its_compensation_is_refused_for_ever() -> None:
    compenser()
    for _ in range(2):
        with pytest.raises(Conflit) as leve:
            agir()
        assert (leve.value.code, leve.value.details) == ("reference_annulee", "référence annulée")
    assert (BARRIERE.etat("r"), total()) == ("ANNULEE", 0)


def test_F4_a_compensation_that_meets_the_open_action_waits_and_nets_zero(en_parallele: Lancer) -> None:
    ouverte, fermer = threading.Event(), threading.Event()

    def lente() -> dict[str, Any]:
        reponse = ajouter()
        ouverte.set()
        assert fermer.wait(10)
        return reponse

    action = en_parallele(lambda: agir(lente))
    assert ouverte.wait(10)
    annulation = en_parallele(compenser)
    attendre_un_verrou()
    fermer.set()
    assert action.resultat()["total"] == 5
    assert annulation.resultat() == {"total": 0, "prix": Decimal("25.5"), "id": str(UUID(int=7)), "rendu": 5}
    assert (BARRIERE.etat("r"), total()) == ("COMPENSEE", 0)


def test_F4_when_the_open_action_rolls_back_its_compensation_is_the_first(en_parallele: Lancer) -> None:
    ouverte, fermer = threading.Event(), threading.Event()

    def mourante() -> dict[str, Any]:
        ajouter()
        ouverte.set()
        assert fermer.wait(10)
        raise Indisponible("panne")

    action = en_parallele(lambda: agir(mourante))
    assert ouverte.wait(10)
    annulation = en_parallele(compenser)
    attendre_un_verrou()
    fermer.set()
    assert annulation.resultat() == {"rien": True}
    with pytest.raises(Indisponible):
        action.resultat()
    with pytest.raises(Conflit):
        agir()
    assert total() == 0


def test_F4_a_refused_action_whose_compensation_came_in_between_says_cancelled(en_parallele: Lancer) -> None:
    """The refusal is written in a second transaction: whoever came before it decides."""
    ouverte, fermer = threading.Event(), threading.Event()

    def refus_lent() -> dict[str, Any]:
        ouverte.set()
        assert fermer.wait(10)
        return refuser()

    action = en_parallele(lambda: agir(refus_lent))
    assert ouverte.wait(10)
    annulation = en_parallele(compenser)
    attendre_un_verrou()  # queued on the row: it gets it as soon as the action rolls back
    fermer.set()
    assert annulation.resultat() == {"rien": True}
    # Either order of the two next statements is right; both leave a refusal and no effect.
    with pytest.raises((Conflit, StockInsuffisant)):
        action.resultat()
    assert (BARRIERE.etat("r"), total()) == ("ANNULEE", 0)


def test_F5_a_repeated_action_gets_its_success_even_when_today_it_would_be_refused() -> None:
    premiere = agir()
    assert agir(refuser) == premiere
    assert total() == 5


def test_F6_a_repeated_compensation_gives_back_once() -> None:
    agir()
    assert jsons.ecrire(compenser()) == jsons.ecrire(compenser())
    assert (BARRIERE.etat("r"), total()) == ("COMPENSEE", 0)


def test_F6_two_compensations_at_once_give_back_once(en_parallele: Lancer) -> None:
    agir()
    ouverte, fermer = threading.Event(), threading.Event()

    def lente(reponse: dict[str, Any]) -> dict[str, Any]:
        ouverte.set()
        assert fermer.wait(10)
        return ajouter(-5)

    premiere = en_parallele(lambda: BARRIERE.compensation("r", defaire=lente, absente=dict))
    assert ouverte.wait(10)
    seconde = en_parallele(compenser)
    attendre_un_verrou()
    fermer.set()
    assert premiere.resultat() == seconde.resultat()
    assert total() == 0


def test_F6_the_action_repeated_after_its_compensation_gets_its_first_answer_and_has_no_effect() -> None:
    premiere = agir()
    compenser()
    assert agir() == premiere
    assert (BARRIERE.etat("r"), total()) == ("COMPENSEE", 0)


def test_F7_a_repeated_refusal_is_byte_identical_and_leaves_no_write() -> None:
    with contexte("premiere"), pytest.raises(StockInsuffisant) as premier:
        agir(refuser)
    with contexte("premiere"):
        attendu = texte(premier.value)
    with contexte("seconde"), pytest.raises(RefusMetier) as second:
        agir(ajouter)
    with contexte("seconde"):
        assert texte(second.value) == attendu
    assert (BARRIERE.etat("r"), total()) == ("REFUSEE", 0)


def test_F7_a_refusal_stays_the_answer_after_its_compensation() -> None:
    with pytest.raises(StockInsuffisant):
        agir(refuser)
    assert compenser() == {"rien": True}
    with pytest.raises(RefusMetier) as leve:
        agir()
    assert leve.value.code == "stock_insuffisant"
    assert (BARRIERE.etat("r"), total()) == ("ANNULEE", 0)


def test_F7_of_two_refusals_at_once_one_is_stored_and_both_say_it(en_parallele: Lancer) -> None:
    ouverte, fermer = threading.Event(), threading.Event()

    def refus_lent() -> dict[str, Any]:
        ouverte.set()
        assert fermer.wait(10)
        return refuser()

    premier = en_parallele(lambda: agir(refus_lent))
    assert ouverte.wait(10)
    second = en_parallele(lambda: agir(refuser))
    attendre_un_verrou()
    fermer.set()
    for fil in (premier, second):
        with pytest.raises(RefusMetier) as leve:
            fil.resultat()
        assert leve.value.code == "stock_insuffisant"
    assert (sql("SELECT count(*) FROM barriere"), total()) == ([(1,)], 0)


def test_F8_a_handler_that_breaks_leaves_no_row_and_the_retry_acts() -> None:
    def casser() -> dict[str, Any]:
        ajouter()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        agir(casser)
    assert (BARRIERE.etat("r"), total()) == (None, 0)
    assert agir()["total"] == 5


@pytest.mark.parametrize("point", ["barriere.avant_action", "barriere.avant_commit"])
def test_F8_a_fault_inside_the_transaction_leaves_no_row(tmp_path: Any, point: str) -> None:
    tableau = fautes.activer(tmp_path / "f.json")
    try:
        tableau.ecrire([fautes.Faute(point=point, genre="erreur")])
        with pytest.raises(fautes.FauteInjectee):
            agir()
    finally:
        fautes.desactiver()
    assert (BARRIERE.etat("r"), total()) == (None, 0)


def test_F12_an_answer_lost_after_the_commit_is_given_to_the_retry(tmp_path: Any) -> None:
    tableau = fautes.activer(tmp_path / "f.json")
    try:
        tableau.ecrire([fautes.Faute(point="barriere.apres_commit", genre="erreur")])
        with pytest.raises(fautes.FauteInjectee):
            agir()
    finally:
        fautes.desactiver()
    assert (agir()["total"], total()) == (5, 5)


def test_a_compensation_that_breaks_undoes_nothing_and_can_be_repeated() -> None:
    agir()

    def casser(_: dict[str, Any]) -> dict[str, Any]:
        ajouter(-5)
        raise Conflit("Le stock serait négatif.")

    with pytest.raises(Conflit):
        BARRIERE.compensation("r", defaire=casser, absente=dict)
    assert (BARRIERE.etat("r"), total()) == ("FAITE", 5)
    compenser()
    assert total() == 0


def test_an_action_that_is_kept_stays_done_and_can_still_be_compensated() -> None:
    agir()
    assert compenser(garder=lambda reponse: {"garde": reponse["total"]}) == {"garde": 5}
    assert (BARRIERE.etat("r"), total()) == ("FAITE", 5)
    compenser()
    assert (BARRIERE.etat("r"), total()) == ("COMPENSEE", 0)


def test_keeping_an_action_that_never_was_cancels_it() -> None:
    assert compenser(garder=lambda _: {"garde": True}) == {"rien": True}
    with pytest.raises(Conflit):
        agir()


def test_F23_waiting_for_an_open_action_is_bounded(en_parallele: Lancer) -> None:
    ouverte, fermer = threading.Event(), threading.Event()

    def lente() -> dict[str, Any]:
        ouverte.set()
        assert fermer.wait(10)
        return ajouter()

    action = en_parallele(lambda: agir(lente))
    assert ouverte.wait(10)
    sql("SET statement_timeout = 200")
    try:
        with pytest.raises(OperationalError):
            compenser()
    finally:
        sql("RESET statement_timeout")
        fermer.set()
    assert action.resultat()["total"] == 5
    assert (BARRIERE.etat("r"), total()) == ("FAITE", 5)


def test_a_reference_too_long_is_an_error_of_the_request_not_of_the_server() -> None:
    with pytest.raises(DataError) as leve:
        BARRIERE.action("r" * 65, DEMANDE, ajouter)
    assert http.gerer(leve.value).status_code == 400
    assert total() == 0


def test_the_action_costs_four_statements_around_the_business_and_its_replay_four() -> None:
    with CaptureQueriesContext(connection) as premiere:
        BARRIERE.action("r", DEMANDE, lambda: {"a": 1})
    with CaptureQueriesContext(connection) as seconde:
        BARRIERE.action("r", DEMANDE, lambda: {"a": 1})
    assert [r["sql"].split()[0] for r in premiere] == ["BEGIN", "INSERT", "UPDATE", "COMMIT"]
    assert [r["sql"].split()[0] for r in seconde] == ["BEGIN", "INSERT", "SELECT", "COMMIT"]
