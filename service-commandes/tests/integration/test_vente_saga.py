"""The saga form of a sale and its compensation: a participant of both checkouts (F1 to F7)."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from commandes.infrastructure.models import MagasinLigne
from socle.tests.concurrence import Fil, attend_un_verrou, attendre_que, ensemble
from tests.conftest import ADA, Api, sql, vente_de_saga
from tests.voisins import CLAVIER, EN_LIGNE, SOURIS, Voisins

INCONNU = "00000000-0000-4000-8000-000000000000"


def test_a_sale_is_recorded_as_the_saga_froze_it_and_asks_nobody(api: Api, voisins: Voisins) -> None:
    corps = vente_de_saga()
    reponse = api.enregistrer(corps)
    assert reponse.status_code == 201, reponse.content
    vente = reponse.json()["vente"]
    assert (reponse.json()["success"], vente["magasin"], vente["client_id"]) == (True, "Magasin en ligne", ADA)
    assert (vente["total"], vente["statut"], vente["peut_etre_annulee"]) == (166.49, "active", True)
    assert vente["lignes"] == [
        {
            "produit_id": CLAVIER,
            "produit_nom": "Clavier mécanique",
            "quantite": 1,
            "prix_unitaire": 89.99,
            "sous_total": 89.99,
        },
        {
            "produit_id": SOURIS,
            "produit_nom": "Souris optique",
            "quantite": 3,
            "prix_unitaire": 25.5,
            "sous_total": 76.5,
        },
    ]
    lue = api.lire(f"ventes-ddd/{vente['id']}/")["vente"]
    assert {nom: lue[nom] for nom in vente} == vente
    assert api.lire(f"ventes-ddd/par-reference/{corps['reference']}/")["vente"] == lue
    assert voisins.recues == []


@pytest.mark.parametrize("lignes", [1, 2, 50])
def test_a_sale_of_any_number_of_lines_costs_three_statements_and_one_commit(api: Api, lignes: int) -> None:
    corps = vente_de_saga(lignes=lignes)
    with CaptureQueriesContext(connection) as requetes:
        assert api.enregistrer(corps).status_code == 201
    verbes = [requete["sql"].split()[0] for requete in requetes]
    assert verbes == ["BEGIN", "INSERT", "WITH", "UPDATE", "COMMIT"]
    assert sql("SELECT count(*) FROM lignes_vente") == [(lignes,)]


@pytest.mark.parametrize("lignes", [1, 50])
def test_reading_a_reference_costs_one_statement(api: Api, lignes: int) -> None:
    corps = vente_de_saga(lignes=lignes)
    api.enregistrer(corps)
    with CaptureQueriesContext(connection) as requetes:
        vente = api.lire(f"ventes-ddd/par-reference/{corps['reference']}/")["vente"]
    assert (len(requetes), len(vente["lignes"])) == (1, lignes)


def test_two_lines_of_one_product_are_kept_in_their_order(api: Api) -> None:
    corps = vente_de_saga(lignes=4)
    vente = api.enregistrer(corps).json()["vente"]
    assert [ligne["produit_id"] for ligne in vente["lignes"]] == [CLAVIER, SOURIS, CLAVIER, SOURIS]
    assert api.lire(f"ventes-ddd/{vente['id']}/")["vente"]["lignes"] == vente["lignes"]


@pytest.mark.parametrize("jeton", ["", "un-autre-jeton"])
def test_the_saga_form_needs_the_internal_token(api: Api, jeton: str) -> None:
    api.jeton = jeton
    for reponse in (api.enregistrer(vente_de_saga()), api.annuler_reference(str(uuid4()))):
        assert (reponse.status_code, reponse.json()["code"]) == (403, "jeton_interne_requis")
    assert sql("SELECT count(*) FROM barriere") == [(0,)]


@pytest.mark.parametrize(
    ("defaut", "champ"),
    [
        ({"reference": "abc"}, "reference"),
        ({"reference": None}, "reference"),
        ({"reservation_reference": 3}, "reservation_reference"),
        ({"magasin_id": "x"}, "magasin_id"),
        ({"client_id": [ADA]}, "client_id"),
        ({"lignes": []}, "lignes"),
        ({"lignes": {}}, "lignes"),
        ({"lignes": [{}] * 51}, "lignes"),
        ({"lignes": [3]}, "lignes[0]"),
    ],
)
def test_F43_a_malformed_sale_is_refused_by_field_and_not_stored(api: Api, defaut: dict[str, Any], champ: str) -> None:
    reponse = api.enregistrer({**vente_de_saga(), **defaut})
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, [champ])
    assert sql("SELECT (SELECT count(*) FROM ventes), (SELECT count(*) FROM barriere)") == [(0, 0)]


@pytest.mark.parametrize(
    ("defaut", "champ"),
    [
        ({"prix_unitaire": 0}, "prix_unitaire"),
        ({"prix_unitaire": -1}, "prix_unitaire"),
        ({"prix_unitaire": 1.005}, "prix_unitaire"),
        ({"prix_unitaire": "9.99"}, "prix_unitaire"),
        ({"prix_unitaire": True}, "prix_unitaire"),
        ({"prix_unitaire": 1e300}, "prix_unitaire"),
        ({"quantite": 0}, "quantite"),
        ({"quantite": 1.0}, "quantite"),
        ({"quantite": 10_001}, "quantite"),
        ({"produit_nom": ""}, "produit_nom"),
        ({"produit_nom": "a\nb"}, "produit_nom"),
        ({"produit_nom": "x" * 201}, "produit_nom"),
        ({"produit_id": None}, "produit_id"),
    ],
)
def test_F43_a_malformed_line_is_named_by_its_place(api: Api, defaut: dict[str, Any], champ: str) -> None:
    corps = vente_de_saga()
    corps["lignes"][1] |= defaut
    reponse = api.enregistrer(corps)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, [f"lignes[1].{champ}"])
    assert api.total() == 0


def test_lines_without_a_reference_name_the_missing_field(api: Api) -> None:
    corps = vente_de_saga()
    del corps["reference"]
    assert list(api.enregistrer(corps).json()["champs"]) == ["reference"]


def test_F7_a_refusal_is_given_again_even_when_today_it_would_be_accepted(api: Api) -> None:
    corps = vente_de_saga(magasin_id=INCONNU)
    premiere = api.enregistrer(corps)
    assert (premiere.status_code, premiere.json()["error"]) == (400, "Magasin invalide")
    assert premiere.json()["details"].startswith("Magasin invalide")
    MagasinLigne.objects.create(id=INCONNU, nom="Nouveau", adresse="")
    assert (api.enregistrer(corps).status_code, api.enregistrer(corps).content) == (400, premiere.content)
    assert api.total() == 0


def test_F1_the_same_sale_twice_is_one_sale_and_one_answer(api: Api) -> None:
    corps = vente_de_saga()
    premiere = api.enregistrer(corps, cle=corps["reference"])
    seconde = api.enregistrer(dict(reversed(corps.items())), cle=corps["reference"])
    assert (premiere.status_code, premiere.content) == (seconde.status_code, seconde.content)
    assert api.total() == 1
    assert sql("SELECT count(*) FROM idempotence_cles") == [(0,)]


def test_F1_the_same_sale_ten_times_at_once_is_one_sale_and_one_answer(api: Api) -> None:
    corps = vente_de_saga()
    reponses = ensemble(*[lambda: Api().enregistrer(corps)] * 10)
    assert {(reponse.status_code, reponse.content) for reponse in reponses} == {(201, reponses[0].content)}
    assert api.total() == 1


def test_F1_the_second_of_two_simultaneous_sales_waits_for_the_first_one_s_answer(api: Api) -> None:
    corps = vente_de_saga()
    with transaction.atomic():
        premiere = api.enregistrer(corps)
        seconde = Fil(lambda: Api().enregistrer(corps))
        attendre_que(attend_un_verrou)
        assert not seconde.fini
    assert seconde.resultat().content == premiere.content
    assert api.total() == 1


def test_another_sale_under_the_same_reference_is_a_422(api: Api) -> None:
    corps = vente_de_saga()
    api.enregistrer(corps)
    assert api.enregistrer(vente_de_saga(corps["reference"], lignes=1)).status_code == 422
    assert api.total() == 1


def test_F2_F3_a_cancellation_before_the_sale_is_recorded_and_the_late_sale_refused(api: Api) -> None:
    corps = vente_de_saga()
    for _ in range(2):
        reponse = api.annuler_reference(corps["reference"], motif="trop tard")
        assert (reponse.status_code, reponse.json()) == (200, {"etat": "jamais_creee"})
    tardive = api.enregistrer(corps)
    assert tardive.status_code == 409
    assert "référence annulée" in tardive.json()["error"].lower()
    assert tardive.json()["code"] == "reference_annulee"
    assert api.total() == 0
    api.lire(f"ventes-ddd/par-reference/{corps['reference']}/", 404)


def test_F2_only_if_absent_records_an_unknown_reference_too(api: Api) -> None:
    corps = vente_de_saga()
    reponse = api.annuler_reference(corps["reference"], seulement_si_absente=True)
    assert reponse.json() == {"etat": "jamais_creee"}
    assert api.enregistrer(corps).status_code == 409


def test_F6_a_cancellation_twice_cancels_once_and_no_other_sale(api: Api, voisins: Voisins) -> None:
    corps, autre = vente_de_saga(), vente_de_saga()
    for vente in (corps, autre):
        api.enregistrer(vente)
    premiere = api.annuler_reference(corps["reference"], motif="saga défaite")
    date = api.lire(f"ventes-ddd/par-reference/{corps['reference']}/")["vente"]["date_annulation"]
    seconde = api.annuler_reference(corps["reference"], motif="encore")
    assert (premiere.json(), premiere.content) == ({"etat": "annulee"}, seconde.content)
    vente = api.lire(f"ventes-ddd/par-reference/{corps['reference']}/")["vente"]
    assert (vente["statut"], vente["motif"], vente["peut_etre_annulee"]) == ("annulee", "saga défaite", False)
    assert vente["date_annulation"] == date
    assert api.lire(f"ventes-ddd/par-reference/{autre['reference']}/")["vente"]["statut"] == "active"
    assert voisins.recues == []


def test_the_answer_of_a_cancelled_sale_stays_the_first_one(api: Api) -> None:
    corps = vente_de_saga()
    premiere = api.enregistrer(corps)
    api.annuler_reference(corps["reference"])
    assert api.enregistrer(corps).content == premiere.content
    assert api.lire(f"ventes-ddd/par-reference/{corps['reference']}/")["vente"]["statut"] == "annulee"


def test_only_if_absent_keeps_an_existing_sale(api: Api) -> None:
    corps = vente_de_saga()
    api.enregistrer(corps)
    for _ in range(2):
        assert api.annuler_reference(corps["reference"], seulement_si_absente=True).json() == {"etat": "active"}
    assert api.lire(f"ventes-ddd/par-reference/{corps['reference']}/")["vente"]["statut"] == "active"
    assert api.annuler_reference(corps["reference"]).json() == {"etat": "annulee"}
    assert api.annuler_reference(corps["reference"], seulement_si_absente=True).json() == {"etat": "annulee"}


def test_only_if_absent_says_what_became_of_a_sale_its_client_cancelled(api: Api) -> None:
    corps = vente_de_saga()
    vente = api.enregistrer(corps).json()["vente"]
    assert api.annuler(vente["id"]).status_code == 200
    assert api.annuler_reference(corps["reference"], seulement_si_absente=True).json() == {"etat": "annulee"}


def test_a_refused_sale_was_never_created(api: Api) -> None:
    corps = vente_de_saga(magasin_id=INCONNU)
    api.enregistrer(corps)
    assert api.annuler_reference(corps["reference"]).json() == {"etat": "jamais_creee"}


def test_F4_a_cancellation_waits_for_the_open_sale_and_cancels_it(api: Api) -> None:
    corps = vente_de_saga()
    with transaction.atomic():
        assert api.enregistrer(corps).status_code == 201
        annulation = Fil(lambda: Api().annuler_reference(corps["reference"]))
        attendre_que(attend_un_verrou)
        assert not annulation.fini
    assert annulation.resultat().json() == {"etat": "annulee"}
    assert api.lire(f"ventes-ddd/par-reference/{corps['reference']}/")["vente"]["statut"] == "annulee"


def test_F4_only_if_absent_waits_for_the_open_sale_and_keeps_it(api: Api) -> None:
    corps = vente_de_saga()
    with transaction.atomic():
        api.enregistrer(corps)
        fermeture = Fil(lambda: Api().annuler_reference(corps["reference"], seulement_si_absente=True))
        attendre_que(attend_un_verrou)
    assert fermeture.resultat().json() == {"etat": "active"}


def test_F4_a_sale_waits_for_the_open_cancellation_and_is_refused(api: Api) -> None:
    corps = vente_de_saga()
    with transaction.atomic():
        assert api.annuler_reference(corps["reference"]).json() == {"etat": "jamais_creee"}
        tardive = Fil(lambda: Api().enregistrer(corps))
        attendre_que(attend_un_verrou)
        assert not tardive.fini
    assert tardive.resultat().status_code == 409
    assert api.total() == 0


def test_F4_a_sale_rolled_back_while_its_cancellation_waits_was_never_created(api: Api) -> None:
    corps = vente_de_saga()
    with transaction.atomic():
        api.enregistrer(corps)
        annulation = Fil(lambda: Api().annuler_reference(corps["reference"]))
        attendre_que(attend_un_verrou)
        transaction.set_rollback(True)
    assert annulation.resultat().json() == {"etat": "jamais_creee"}
    assert (api.total(), api.enregistrer(corps).status_code) == (0, 409)


@pytest.mark.parametrize(
    ("corps", "champ"), [({"motif": 3}, "motif"), ({"motif": "x" * 501}, "motif"), ({"seulement_si_absente": 1}, None)]
)
def test_a_malformed_cancellation_is_refused_and_not_recorded(api: Api, corps: dict[str, Any], champ: str) -> None:
    reponse = api.annuler_reference(str(uuid4()), **corps)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, [champ or "seulement_si_absente"])
    assert sql("SELECT count(*) FROM barriere") == [(0,)]


def test_the_default_magasin_of_the_tests_is_seeded(api: Api) -> None:
    assert EN_LIGNE in {magasin["id"] for magasin in api.lire("magasins/")["magasins"]}
