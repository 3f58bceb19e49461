"""`Idempotency-Key` on every state-changing route (contract, "Rules"): one effect, one answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commun.monde import Monde, nouvel_id
from tests.contrats.documents import Documents
from tests.contrats.tables import SERVICES
from tests.contrats.test_regles_communes import REUSSIS, nom

CHANGEANTES = [cle for cle in REUSSIS if cle[1].startswith(("POST", "PUT", "PATCH", "DELETE"))]
# Where the reference is the key, no second record is written.
PAR_REFERENCE = [cle for cle in CHANGEANTES if "reference" in f"{cle[1]} {REUSSIS[cle].corps}"]


def _differente(corps: Any) -> Any:
    """Another request: one more of something, another text, or a body where there was none."""
    if isinstance(corps, list):
        return [_differente(corps[0]), *corps[1:]]
    if not isinstance(corps, dict):
        return {"motif": "autre"}
    for champ in ("quantite", "lignes", "motif", "nom", "prix"):
        if champ in corps:
            valeur = corps[champ]
            autre = (
                _differente(valeur) if isinstance(valeur, list) else valeur + ("x" if isinstance(valeur, str) else 1)
            )
            return {**corps, champ: autre}
    return {**corps, "notes": "autre"}


@pytest.mark.parametrize("cle", CHANGEANTES, ids=nom)
def test_the_same_key_gives_the_first_answer_and_writes_nothing_more(cle: tuple[str, str], monde: Monde) -> None:
    cas = REUSSIS[cle]
    valeurs, cle_idempotence = cas.preparer(monde), nouvel_id()
    entetes = {"Idempotency-Key": cle_idempotence}
    premiere = cas.appeler(monde, valeurs, entetes=entetes)
    assert premiere.statut == cas.statut, premiere
    avant = monde.attendre_le_repos(SERVICES)
    seconde = cas.appeler(monde, valeurs, entetes=entetes)
    assert (seconde.statut, seconde.octets) == (premiere.statut, premiere.octets)
    assert {service: monde.contenu(service) for service in SERVICES} == avant


@pytest.mark.parametrize("cle", [c for c in CHANGEANTES if c not in PAR_REFERENCE], ids=nom)
def test_the_same_key_for_another_request_is_a_422(cle: tuple[str, str], monde: Monde) -> None:
    cas = REUSSIS[cle]
    valeurs, entetes = cas.preparer(monde), {"Idempotency-Key": nouvel_id()}
    assert cas.appeler(monde, valeurs, entetes=entetes).statut == cas.statut
    avant = monde.attendre_le_repos([cas.service])[cas.service]
    corps = _differente(cas.contenu(valeurs))
    reponse = monde.appeler(cas.methode, cas.adresse(valeurs), corps, entetes=entetes, interne=cas.interne)
    assert (reponse.statut, reponse.corps["code"]) == (422, "cle_reutilisee"), reponse
    assert monde.contenu(cas.service) == avant


def test_every_state_changing_route_documents_the_key(documents: Documents) -> None:
    for operation in documents.toutes(SERVICES):
        if operation.methode != "GET" and (operation.service, operation.route) not in PAR_REFERENCE:
            assert "Idempotency-Key" in operation.parametres("header"), operation


def test_a_malformed_request_is_not_remembered(monde: Monde) -> None:
    chemin, entetes = "/api/catalogue/ajouter/", {"Idempotency-Key": nouvel_id()}
    corps = {"nom": f"Essai {nouvel_id()}", "categorie": "Meubles", "prix": "douze"}
    assert monde.appeler("POST", chemin, corps, entetes=entetes).statut == 400
    assert monde.appeler("POST", chemin, {**corps, "prix": 12}, entetes=entetes).statut == 201


def test_a_business_refusal_is_remembered(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=1)
    corps = {"produit_id": produit, "quantite": 2, "magasin_id": "550e8400-e29b-41d4-a716-446655440000"}
    entetes = {"Idempotency-Key": nouvel_id()}
    premiere = monde.appeler("POST", "/api/inventaire/diminuer-stock/", corps, entetes=entetes)
    monde.approvisionner(produit, 10)
    seconde = monde.appeler("POST", "/api/inventaire/diminuer-stock/", corps, entetes=entetes)
    assert (premiere.statut, seconde.statut, seconde.octets) == (400, 400, premiere.octets)
    assert monde.stock(produit) == 11


@pytest.mark.parametrize("cle", ["", " ", "x" * 256, "clé", "a\tb"])
def test_an_unusable_key_is_refused_or_ignored_but_never_stored(cle: str, monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=5)
    corps = {"produit_id": produit, "quantite": 1, "magasin_id": "550e8400-e29b-41d4-a716-446655440000"}
    avant = monde.contenu("inventaire")["idempotence_cles"]
    entetes = {"Idempotency-Key": cle.encode().decode("latin-1")}
    reponse = monde.appeler("POST", "/api/inventaire/diminuer-stock/", corps, entetes=entetes)
    assert reponse.statut in (200, 400), reponse
    assert monde.contenu("inventaire")["idempotence_cles"] == avant
    assert monde.stock(produit) == (4 if reponse.statut == 200 else 5)
