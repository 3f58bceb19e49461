"""The store against the published events: examples go in and come out; what it requires, the schemas require too."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from event_store.domain.evenements import _LUS, PERSONNELS, TYPES, lire
from socle import jsons
from socle.erreurs import DonneesInvalides
from tests.conftest import ajouter, interne

DOSSIER = Path(__file__).parents[3] / "tests" / "contrats" / "evenements"
SCHEMAS = [json.loads(f.read_text()) for f in DOSSIER.glob("*.schema.json")]
REGISTRE: Registry = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in SCHEMAS)


def exemple(nom: str) -> Any:
    return jsons.lire((DOSSIER / "exemples" / f"{nom}.json").read_bytes())


def valider(entree: Any) -> None:
    Draft202012Validator({"$ref": f"urn:labo:evenements:{entree['type']}:1"}, registry=REGISTRE).validate(entree)


@pytest.mark.parametrize("nom", TYPES)
def test_the_example_follows_its_schema_and_is_accepted(nom: str) -> None:
    valider(exemple(nom))
    assert lire(exemple(nom)).type == nom


@pytest.mark.parametrize(
    ("nom", "champ"), [(nom, champ) for nom in TYPES for champ in ("checkout_id", "client_id", *_LUS[nom])]
)
def test_what_the_store_reads_is_required_by_the_schema(nom: str, champ: str) -> None:
    entree = exemple(nom)
    del entree["payload"][champ]
    with pytest.raises(DonneesInvalides) as refus:
        lire(entree)
    assert list(refus.value.champs) == [f"payload.{champ}"]
    with pytest.raises(ValidationError):
        valider(entree)


@pytest.mark.parametrize("champ", sorted(PERSONNELS))
def test_F39_personal_data_never_enters(client: FlaskClient, champ: str) -> None:
    entree = json.loads((DOSSIER / "exemples" / "OrderCreated.json").read_text())
    entree["payload"]["livraison"] = [{champ: "Ada"}]
    reponse = ajouter(client, entree)
    assert reponse.status_code == 400
    assert list(reponse.json["champs"]) == [f"events[0].payload.livraison[0].{champ}"]
    assert client.get("/integrity").json["tete"] == 0


def test_the_examples_replay_to_the_three_outcomes(client: FlaskClient) -> None:
    lot = [json.loads((DOSSIER / "exemples" / f"{nom}.json").read_text()) for nom in TYPES]
    # As they travel: every value a text.
    for entree in lot:
        entree["payload"] = json.dumps(entree["payload"])
    assert ajouter(client, *lot).status_code == 201
    interne(client, "projections/avancer")
    lus = {c["statut"]: c for c in client.get("/cqrs/checkouts").json["checkouts"]}
    assert set(lus) == {"succeeded", "failed", "initiated"}
    rejeu = client.get(f"/replay/checkout/{lus['succeeded']['checkout_id']}").json
    assert [(e["type"], e["profondeur"]) for e in rejeu["causal_chain"]] == [
        ("CheckoutInitiated", 0), ("StockReserved", 1), ("OrderCreated", 2), ("CheckoutSucceeded", 2),
    ]  # fmt: skip
    panier = json.loads((DOSSIER / "exemples" / "StockReserved.json").read_text())["payload"]["panier"]
    assert rejeu["events"][1]["payload"]["panier"] == panier
    assert lus["failed"]["stock_released"] is True


@pytest.mark.parametrize("nom", ["CheckoutInitiated", "OrderCreated"])
def test_F38_old_events_are_read_in_the_present_version(client: FlaskClient, nom: str) -> None:
    ancien = json.loads((DOSSIER / "exemples" / "v0" / f"{nom}.json").read_text())
    assert ajouter(client, ancien["entree"]).status_code == 201
    (lu,) = client.get("/streams/ecommerce.checkout.events/events").json["events"]
    assert (lu["v"], lu["v_origine"]) == (1, 0)
    assert lu["payload"] == ancien["payload_v1"]
    if nom == "OrderCreated":
        rejeu = client.get(f"/replay/checkout/{lu['checkout_id']}").json
        assert rejeu["commande_id"] == ancien["payload_v1"]["commande_id"]
    assert client.get("/integrity").json["integre"] is True


def test_F38_unknown_types_and_newer_versions_are_stored_and_parked(client: FlaskClient) -> None:
    connu = json.loads((DOSSIER / "exemples" / "CheckoutSucceeded.json").read_text())
    inconnu = {**connu, "id": str(uuid.uuid4()), "type": "CartMerged"}
    futur = {**connu, "id": str(uuid.uuid4()), "v": "2", "payload": {**connu["payload"], "commande_id": 7}}
    assert ajouter(client, connu, inconnu, futur).status_code == 201
    interne(client, "projections/avancer")
    for reconstruire in (False, True):
        if reconstruire:
            assert interne(client, "projections/checkouts/rebuild").json["differences"] == 0
        mises = client.get("/projections/checkouts/mises-de-cote").json["events"]
        assert mises == [
            {"position": 2, "id": inconnu["id"], "type": "CartMerged", "v": 1},
            {"position": 3, "id": futur["id"], "type": "CheckoutSucceeded", "v": 2},
        ]
    (projete,) = client.get("/cqrs/checkouts").json["checkouts"]
    assert (projete["evenements"], projete["commande_id"]) == (1, connu["payload"]["commande_id"])
    rejeu = client.get(f"/replay/checkout/{projete['checkout_id']}").json
    assert len(rejeu["events"]) == 3
    assert rejeu["status"] == "succeeded"
