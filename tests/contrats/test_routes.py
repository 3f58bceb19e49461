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


def test_every_documented_outcome_has_a_row(documents: Documents) -> None:
    """Not those that depend on time or on a neighbour (202, 409, 422, 503): the end-to-end tests force them."""
    joues = {(cas.service, cas.route, cas.statut) for cas in CAS}
    documentes = {(o.service, o.route, statut) for o in documents.toutes(SERVICES) for statut in o.statuts}
    manquants = sorted(trio for trio in documentes - joues if trio[2] not in (202, 409, 422, 503))
    # An operator's success needs a saga that is still running or stuck: tests/e2e.
    operateur = ("compenser/", "reprendre/", "ignorer-etape/", "compensate/")
    assert [
        trio for trio in manquants if not (trio[2] == 200 and trio[1].endswith(operateur))
    ] == _listes_refusant_une_page(manquants)


def _listes_refusant_une_page(manquants: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Lists refuse a bad `page`: `test_regles_communes` asks each of them."""
    return [trio for trio in manquants if trio[1].startswith("GET ") and trio[2] == 400]


def test_the_tables_have_no_row_twice() -> None:
    assert len({str(cas) for cas in CAS}) == len(CAS)
