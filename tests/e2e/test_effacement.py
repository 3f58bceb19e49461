"""Erasing a client on the running platform: what was personal is nowhere any more, what happened is still provable."""

from __future__ import annotations

import uuid

import pytest

from tests.commun.monde import Monde, attendre, nouvel_id


def traces(monde: Monde, marques: list[str]) -> list[str]:
    """`service.table` of every table of every database that holds one of these texts anywhere in a row."""
    trouvees = []
    for service in monde.plateforme.services:
        tables = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace " \
                 "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"  # fmt: skip
        for (table,) in monde.sql(service.nom, tables):
            requete = f'SELECT 1 FROM "{table}" t WHERE t::text ILIKE ANY(%s) LIMIT 1'
            if monde.sql(service.nom, requete, [[f"%{marque}%" for marque in marques]]):
                trouvees.append(f"{service.nom}.{table}")
    return trouvees


@pytest.mark.parametrize("style", ["orchestre", "choreo"])
def test_F39_an_erased_client_leaves_no_personal_data_anywhere_and_the_history_still_verifies(
    style: str, monde: Monde
) -> None:
    marque = f"zq{uuid.uuid4().hex[:12]}"
    produit = monde.nouveau_produit(en_ligne=5)
    inscription = {
        "prenom": f"Prenom{marque}", "nom": f"Nom{marque}", "email": f"{marque}@example.com",
        "adresse_rue": f"1 rue {marque}", "adresse_ville": f"Ville{marque}", "adresse_code_postal": "H2X 1Y4",
    }  # fmt: skip
    # Under a key: the answer, with the person in it, is kept to be given again.
    cle = {"Idempotency-Key": nouvel_id()}
    inscrit = monde.exiger("POST", "/api/ecommerce/clients/", inscription, statut=201, entetes=cle)
    client = inscrit["client"]["id"]
    monde.remplir(client, [(produit, 1)])
    adresse = {
        "nom_destinataire": f"Destinataire {marque}", "rue": f"2 rue {marque}", "ville": f"Ville{marque}",
        "code_postal": "H2X 1Y4", "province": "Québec",
    }  # fmt: skip
    chemin = f"/api/commandes/clients/{client}/checkout/{'choreo/' if style == 'choreo' else ''}"
    corps = {"adresse_livraison": adresse, "notes": f"sonner chez {marque}"}
    reponse = monde.appeler("POST", chemin, corps, entetes={"Idempotency-Key": nouvel_id()})
    assert reponse.statut in (201, 202), reponse
    checkout = reponse.corps["checkout_id"]

    def rejeu() -> str:
        lu = monde.appeler("GET", f"/api/event-store/replay/checkout/{checkout}")
        return str(lu.corps["status"])

    attendre(lambda: rejeu() == "succeeded", "la fin du checkout est dans l'histoire", 30)
    assert "ecommerce.clients" in traces(monde, [marque])

    monde.exiger("POST", f"/api/clients/{client}/anonymiser/", {}, programme="ecommerce", interne=True)

    assert traces(monde, [marque]) == []
    for programme in monde.plateforme.programmes():
        assert marque not in monde.journal(programme), programme
    assert rejeu() == "succeeded"
    assert monde.vente(checkout)["client_id"] == client
    verdict = monde.exiger("GET", "/api/event-store/integrity")
    assert (verdict["integre"], verdict["ruptures"], verdict["tetes_fausses"]) == (True, [], [])
