"""Replenishment on the running platform: a store asks, a manager decides, the workflow moves the units or undoes it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import urllib3

from tests.commun.monde import MAGASIN_CENTRAL, Monde, attendre

CENTRAL, DEMANDE = 30, 12


def demander(monde: Monde) -> tuple[str, str]:
    """A product with units at the central stock, and a request for some of them."""
    produit = monde.nouveau_produit(central=CENTRAL)
    corps = {"produit_id": produit, "magasin_id": MAGASIN_CENTRAL, "quantite": DEMANDE}
    return produit, str(monde.exiger("POST", "/api/inventaire/demandes/", corps, statut=201)["id"])


def exiger(monde: Monde, produit: str, demande: str, statut: str) -> None:
    """What the request says is what the stocks say."""
    deplaces = DEMANDE if statut == "Approuvée" else 0
    central = monde.exiger("GET", f"/api/inventaire/stock-central/{produit}/")["quantite"]
    lue = monde.exiger("GET", f"/api/inventaire/demandes/{demande}/")["statut"]
    assert (lue, central, monde.stock(produit, MAGASIN_CENTRAL)) == (statut, CENTRAL - deplaces, deplaces)


def workflow(monde: Monde, demande: str) -> dict[str, object]:
    """The one workflow of a request; an empty one before it exists."""
    trouves = monde.exiger("GET", f"/api/supply-chain/workflows/?demande_id={demande}")["workflows"]
    return trouves[0] if trouves else {"est_termine": False}


def reserve(monde: Monde, produit: str) -> bool:
    """Whether units of the product were taken from the central stock."""
    lignes = "SELECT 1 FROM reservations, jsonb_array_elements(lignes) AS ligne WHERE ligne->>'produit_id' = %s"
    return bool(monde.sql("inventaire", lignes, [produit]))


def test_a_request_is_approved_and_another_rejected_through_the_gateway(monde: Monde) -> None:
    produit, demande = demander(monde)
    autre_produit, autre = demander(monde)
    validee = monde.exiger("POST", f"/api/supply-chain/valider-demande/{demande}/")
    assert (len(validee["etapes_executees"]), validee["rollback_effectue"]) == (3, False)
    monde.exiger("POST", f"/api/supply-chain/rejeter-demande/{autre}/", {"motif": "Le produit est retiré."})
    exiger(monde, produit, demande, "Approuvée")
    exiger(monde, autre_produit, autre, "Refusée")
    assert monde.exiger("GET", f"/api/inventaire/demandes/{autre}/")["motif"] == "Le produit est retiré."
    reservation = monde.exiger("GET", f"/api/inventaire/reservations/{validee['workflow_id']}/")
    assert (reservation["etat"], reservation["magasin_id"]) == ("RESERVEE", None)


@pytest.mark.parametrize(
    ("programme", "point"),
    [("supply-chain", "saga.apres_effet.prelevement_central"), ("inventaire", "barriere.apres_commit")],
)
def test_F11_a_workflow_whose_programs_die_is_approved_and_the_stock_conserved(
    casse: Monde, programme: str, point: str
) -> None:
    produit, demande = demander(casse)
    casse.fautes(programme, {"point": point, "genre": "crash"})
    with suppress(urllib3.exceptions.HTTPError):  # the connection may end without an answer
        casse.appeler("POST", f"/api/supply-chain/valider-demande/{demande}/")
    attendre(lambda: bool(workflow(casse, demande)["est_termine"]), "fin du workflow", 20)
    exiger(casse, produit, demande, "Approuvée")


def test_F23_a_workflow_that_loses_inventaire_in_the_middle_is_undone_when_it_is_back(casse: Monde) -> None:
    produit, demande = demander(casse)
    casse.fautes("supply-chain", {"point": "saga.apres_effet.prelevement_central", "genre": "delai", "secondes": 2})
    with ThreadPoolExecutor(1) as fil:
        envoi = fil.submit(casse.appeler, "POST", f"/api/supply-chain/valider-demande/{demande}/")
        attendre(lambda: reserve(casse, produit), "prélèvement")
        casse.plateforme.tuer("inventaire", relancer=False)
        attendre(lambda: workflow(casse, demande)["etat"] == "COMPENSATION_EN_COURS", "compensation", 15)
        casse.plateforme.demarrer("inventaire")
        # Undone within the caller's patience, or after it.
        assert envoi.result().statut in (202, 503)
    attendre(lambda: bool(workflow(casse, demande)["est_termine"]), "fin du workflow", 20)
    exiger(casse, produit, demande, "Échec validation")
