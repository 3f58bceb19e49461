"""F43: input generated from each OpenAPI document, valid and not. The same examples every time."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from urllib3 import HTTPHeaderDict

from tests.commun.monde import Monde, Reponse
from tests.contrats.documents import Documents, Operation, exiger_documentee
from tests.contrats.tables import SERVICES
from tests.contrats.test_hostile import exiger_polie
from tests.contrats.test_regles_communes import ROUTES, nom

PAR_MODE = {GenerationMode.POSITIVE: 4, GenerationMode.NEGATIVE: 6}
_REGLAGES: dict[str, Any] = {
    "derandomize": True,
    "database": None,
    "deadline": None,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture(scope="module")
def engendrees(documents: Documents) -> dict[tuple[str, str], Any]:
    """schemathesis's view of each operation."""
    trouvees = {}
    for service in SERVICES:
        document = next(iter(documents.de(service).values())).document
        brut = json.loads(json.dumps(document, default=float))  # generated from its bounds, which must be JSON again
        for resultat in schemathesis.openapi.from_dict(brut).get_all_operations():
            operation = resultat.ok()
            trouvees[service, operation.label] = operation
    return trouvees


@pytest.fixture(scope="module")
def session(monde: Monde) -> requests.Session:
    """Connections kept, nothing of the user's shell."""
    ouverte = requests.Session()
    ouverte.trust_env = False
    return ouverte


def _envoyer(monde: Monde, session: requests.Session, operation: Operation, cas: Case) -> Reponse | None:
    """Send a generated request; None when HTTP itself cannot carry it (a header with a line feed)."""
    entetes = {"X-API-Key": monde.plateforme.cle(), "X-Internal-Token": monde.plateforme.secrets["INTERNAL_TOKEN"]}
    try:
        recue = cas.call(
            base_url=f"{monde.passerelle}/api/{operation.service}",
            session=session,
            headers=entetes,
            timeout=30,
            allow_redirects=False,
        )
    except (requests.exceptions.InvalidHeader, UnicodeError, ValueError):
        return None
    entetes_recus = HTTPHeaderDict({nom: ", ".join(valeurs) for nom, valeurs in recue.headers.items()})
    return Reponse(recue.status_code, entetes_recus, recue.content)


@pytest.mark.parametrize("mode", PAR_MODE, ids=lambda mode: mode.value)
@pytest.mark.parametrize("cle", ROUTES, ids=nom)
def test_F43_generated_requests_are_answered_politely_and_as_documented(
    cle: tuple[str, str],
    mode: GenerationMode,
    monde: Monde,
    documents: Documents,
    engendrees: dict[tuple[str, str], Any],
    session: requests.Session,
) -> None:
    operation = documents.operation(*cle)
    recues: list[int] = []

    @settings(max_examples=PAR_MODE[mode], **_REGLAGES)
    @given(cas=engendrees[cle].as_strategy(generation_mode=mode))
    def essayer(cas: Case) -> None:
        reponse = _envoyer(monde, session, operation, cas)
        if reponse is not None:
            recues.append(reponse.statut)
            exiger_polie(reponse)
            if reponse.statut in operation.statuts:
                exiger_documentee(operation, reponse)

    try:
        essayer()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing about this operation can be made invalid
    assert recues or mode is GenerationMode.NEGATIVE
