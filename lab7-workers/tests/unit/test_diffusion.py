"""Audit and projections: whole batches into the event store."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from local.voisins import MAGASIN, Voisins
from socle.erreurs import Indisponible
from socle.evenements.flux import TYPES
from tests.conftest import exemple, initie, panier
from tests.unit.conftest import DEBUT, Montre
from workers import audit, cqrs_projection
from workers.contexte import Contexte


def test_audit_stores_events_as_they_are(contexte: Contexte, voisins: Voisins) -> None:
    evenements = [exemple(type_) for type_ in sorted(TYPES)]
    lot = audit.table(contexte).par_lot
    assert lot is not None
    lot(evenements)
    lot(evenements)
    assert list(voisins.historique) == [str(e.id) for e in evenements]
    for evenement in evenements:
        assert voisins.historique[str(evenement.id)] == evenement.champs()


def test_F35_audit_stores_no_event_before_its_cause_for_a_while(
    contexte: Contexte, voisins: Voisins, montre: Montre
) -> None:
    debut = replace(initie(DEBUT.isoformat()), ts=montre.secondes)
    effet = contexte.suite(debut, "StockReserved", panier=panier(), magasin_id=MAGASIN)
    orphelin = contexte.suite(replace(debut, id=uuid.uuid4()), "StockReleased")
    lot = audit.table(contexte).par_lot
    assert lot is not None
    # The bus was lost and these come again, long after they were written: the wait begins now all the same.
    montre.secondes += 10 * audit.PATIENCE_S
    assert lot([effet, orphelin]) == {effet.id, orphelin.id}
    assert voisins.historique == {}
    montre.secondes += audit.PATIENCE_S - 1
    assert lot([effet, orphelin]) == {effet.id, orphelin.id}
    assert lot([debut]) == set()
    assert lot([effet]) == set()
    assert list(voisins.historique) == [str(debut.id), str(effet.id)]

    montre.secondes += 1
    assert lot([orphelin]) == set()
    assert list(voisins.historique)[2:] == [str(orphelin.id)]


def test_F38_audit_keeps_an_old_event_in_its_own_version(contexte: Contexte, voisins: Voisins) -> None:
    ancien = replace(exemple("OrderCreated"), v=0)
    lot = audit.table(contexte).par_lot
    assert lot is not None
    lot([ancien])
    assert voisins.historique[str(ancien.id)]["v"] == "0"


def test_audit_keeps_its_requests_under_the_limit_of_the_gateway(contexte: Contexte, voisins: Voisins) -> None:
    gros = panier(1, tuple(str(uuid.uuid4()) for _ in range(50)))
    evenements = [initie(DEBUT.isoformat(), panier=gros) for _ in range(100)]
    lot = audit.table(contexte).par_lot
    assert lot is not None
    lot(evenements)
    assert list(voisins.historique) == [str(e.id) for e in evenements]
    tailles = [int(appel[2]["Content-Length"]) for appel in voisins.appels]
    assert len(tailles) > 1
    assert max(tailles) < 2**20


def test_an_event_store_that_is_down_is_retried(contexte: Contexte, voisins: Voisins) -> None:
    voisins.eteints.add("event-store")
    for table in (audit.table(contexte), cqrs_projection.table(contexte, lambda _: set())):
        assert table.par_lot is not None
        with pytest.raises(Indisponible):
            table.par_lot([exemple("OrderCreated")])


def test_what_the_store_refuses_is_a_defect_with_its_reason(contexte: Contexte, voisins: Voisins) -> None:
    voisins.regles["consigner"] = [("refus", 400, "donnée personnelle")]
    lot = audit.table(contexte).par_lot
    assert lot is not None
    with pytest.raises(RuntimeError, match="HTTP 400: donnée personnelle"):
        lot([exemple("OrderCreated")])


def test_the_projections_are_done_only_with_what_they_have_folded(contexte: Contexte, voisins: Voisins) -> None:
    stocke, absent, mort = (initie(DEBUT.isoformat()) for _ in range(3))
    voisins.historique[str(stocke.id)] = {}
    lot = cqrs_projection.table(contexte, lambda ids: {str(mort.id)} & set(ids)).par_lot
    assert lot is not None
    assert lot([stocke, absent, mort]) == {absent.id}
    voisins.historique[str(absent.id)] = {}
    assert lot([absent]) == set()
    assert voisins.pliees == {str(stocke.id), str(absent.id)}
