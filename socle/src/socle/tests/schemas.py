"""Check what a producer really writes against the published schemas of its events."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

PREFIXE = "urn:labo:evenements"


class Schemas:
    """The schemas of one folder (`*.schema.json`), as its README says to load them."""

    def __init__(self, dossier: Path) -> None:
        documents = [json.loads(fichier.read_text()) for fichier in dossier.glob("*.schema.json")]
        self._registre: Registry[Any] = Registry().with_resources(
            (document["$id"], Resource.from_contents(document)) for document in documents
        )

    def valider(self, champs: Mapping[str, str]) -> dict[str, Any]:
        """The payload of a stream entry that follows the schema of its type. Raises `jsonschema.ValidationError`."""
        entree = {**champs, "payload": json.loads(champs["payload"])}
        schema = {"$ref": f"{PREFIXE}:{champs['type']}:{champs['v']}"}
        Draft202012Validator(schema, registry=self._registre, format_checker=FormatChecker()).validate(entree)
        payload: dict[str, Any] = entree["payload"]
        return payload
