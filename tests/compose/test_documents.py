"""docs/api is the contract as programs read it: the code says the same, or the difference is committed on purpose."""

from __future__ import annotations

import json

import pytest

from local import documents
from local.documents import Interface


@pytest.mark.parametrize("service", documents.documentes(), ids=lambda service: service.nom)
def test_the_committed_document_is_what_the_code_says(service, interfaces: dict[str, Interface]) -> None:  # type: ignore[no-untyped-def]
    commis = documents.fichier(service).read_text(encoding="utf-8")
    assert commis == documents.texte(interfaces[service.nom].document), "python -m local.documents, and say why"


def test_there_is_one_document_for_each_service_with_an_api() -> None:
    attendus = {documents.fichier(service).name for service in documents.documentes()}
    assert {fichier.name for fichier in documents.DOSSIER.glob("*.json")} == attendus


def test_a_drift_is_seen(interfaces: dict[str, Interface]) -> None:
    service = next(s for s in documents.documentes() if s.nom == "catalogue")
    autre = json.loads(documents.texte(interfaces["catalogue"].document))
    del autre["paths"]["/rechercher/"]
    assert documents.fichier(service).read_text(encoding="utf-8") != documents.texte(autre)


def test_every_document_is_version_1_0() -> None:
    versions = {json.loads(f.read_text(encoding="utf-8"))["info"]["version"] for f in documents.DOSSIER.glob("*.json")}
    assert versions == {documents.VERSION}
