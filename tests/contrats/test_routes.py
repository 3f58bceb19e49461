"""Every row of the tables, through the gateway; and the tables and the documents name the same routes."""

from __future__ import annotations

import pytest

from tests.commun.formes import exiger_forme
from tests.commun.monde import Monde
from tests.contrats.documents import Documents, exiger_documentee
from tests.contrats.tables import CAS, SERVICES
from tests.contrats.tables.cas import Cas


@pytest.mark.parametrize("cas", CAS, ids=str)
def test_route(cas: Cas, monde: Monde, documents: Documents) -> None:
    valeurs = cas.preparer(monde)
    reponse = cas.appeler(monde, valeurs)
    assert reponse.statut == cas.statut, reponse
    assert reponse.entetes["Content-Type"].startswith("application/json")
    exiger_forme(reponse.corps, cas.attendu)
    exiger_documentee(documents.operation(cas.service, cas.route), reponse)
    if cas.apres is not None:
        cas.apres(monde, valeurs, reponse)


def test_every_documented_route_has_rows_and_every_row_its_route(documents: Documents) -> None:
    assert {(cas.service, cas.route) for cas in CAS} == {(o.service, o.route) for o in documents.toutes(SERVICES)}


def _force_ailleurs(service: str, route: str, statut: int) -> bool:
    """Outcomes that no single request can show, or that the common rules ask of every route."""
    if statut in (202, 409, 422, 503):  # time or a neighbour: tests/e2e, test_idempotence
        return True
    if statut == 413:  # the gateway's limit is the smaller one: test_hostile
        return True
    if statut == 200 and route.endswith(("compenser/", "reprendre/", "ignorer-etape/", "compensate/")):
        return True  # needs a saga that is still running or stuck: tests/e2e
    if statut == 400 and route.startswith("GET "):
        return True  # lists refuse a bad page: test_regles_communes
    return (route, statut) == ("PUT /magasins-connus/{magasin_id}/", 404)  # a malformed identifier only


def test_every_documented_outcome_has_a_row(documents: Documents) -> None:
    joues = {(cas.service, cas.route, cas.statut) for cas in CAS}
    documentes = {(o.service, o.route, statut) for o in documents.toutes(SERVICES) for statut in o.statuts}
    assert [trio for trio in sorted(documentes - joues) if not _force_ailleurs(*trio)] == []


def test_the_tables_have_no_row_twice() -> None:
    assert len({str(cas) for cas in CAS}) == len(CAS)
