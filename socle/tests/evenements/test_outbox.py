"""Outbox and relay: everything committed is published, in order per key, whatever dies in between."""

from __future__ import annotations

import threading
import uuid

import pytest

from socle import fautes
from socle.evenements import outbox
from socle.evenements.bus import Bus, Entree
from socle.evenements.enveloppe import Evenement, identifiant_derive, lire
from socle.evenements.outbox import Relais
from tests.evenements.conftest import Banc, attendre


def deposer(banc: Banc, evenements: list[Evenement]) -> None:
    base = banc.base()
    with base.transaction() as curseur:
        outbox.deposer(curseur, banc.flux, evenements)
    base.fermer()


def publies(banc: Banc) -> list[str]:
    return [champs["id"] for _, champs in banc.redis.xrange(banc.flux)]


def relais(banc: Banc, groupes: list[str] | None = None) -> Relais:
    return Relais(banc.base("relais"), Bus(banc.redis, banc.flux), groupes=groupes or [])


def test_a_rolled_back_business_transaction_publishes_nothing(banc: Banc) -> None:
    def achat_qui_echoue() -> None:
        with banc.base().transaction() as curseur:
            outbox.deposer(curseur, banc.flux, [banc.evenement()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        achat_qui_echoue()
    assert relais(banc).balayer() == 0
    assert publies(banc) == []


@pytest.mark.parametrize("point", ["relais.avant_xadd", "relais.apres_xadd", "relais.avant_commit"])
def test_F26_a_relay_that_dies_around_xadd_publishes_all_and_the_duplicate_keeps_its_id(
    banc: Banc, point: str, tmp_path
) -> None:
    evenements = [banc.evenement() for _ in range(3)]
    deposer(banc, evenements)
    fautes.activer(tmp_path / "fautes.json").ecrire([fautes.Faute(point=point, genre="erreur")])
    try:
        with pytest.raises(fautes.FauteInjectee):
            relais(banc).balayer()
        assert banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NOT NULL") == [(0,)]
        assert relais(banc).balayer() == 3
    finally:
        fautes.desactiver()
    attendus = [str(e.id) for e in evenements]
    assert publies(banc)[-3:] == attendus
    assert set(publies(banc)) == set(attendus)


def test_F27_two_relays_lose_nothing_and_keep_the_order_of_each_key(banc: Banc) -> None:
    cles = [str(uuid.uuid4()) for _ in range(8)]
    evenements = [banc.evenement(cle=cle, n=n) for n in range(100) for cle in cles]
    with banc.relais([]), banc.relais([]):
        for debut in range(0, len(evenements), 40):
            deposer(banc, evenements[debut : debut + 40])
        attendre(lambda: banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(0,)])
    assert publies(banc) == [str(e.id) for e in evenements]


def test_F28_a_lower_sequence_that_commits_after_a_higher_one_is_published(banc: Banc) -> None:
    tardif, precoce = banc.evenement(), banc.evenement()
    base = banc.base()
    with base.transaction() as curseur:
        outbox.deposer(curseur, banc.flux, [tardif])
        deposer(banc, [precoce])
        assert relais(banc).balayer() == 1
        assert publies(banc) == [str(precoce.id)]
    assert relais(banc).balayer() == 1
    assert publies(banc) == [str(precoce.id), str(tardif.id)]
    base.fermer()


def test_a_young_row_is_left_to_whoever_wrote_it(banc: Banc) -> None:
    deposer(banc, [banc.evenement()])
    assert Relais(banc.base(), banc.bus, groupes=[], age_s=60.0).balayer() == 0
    assert publies(banc) == []


def test_F29_redis_down_for_a_while_the_backlog_drains_in_order(banc: Banc) -> None:
    evenements = [banc.evenement() for _ in range(50)]
    vrai = banc.bus.publier
    panne = threading.Event()
    panne.set()

    with banc.relais([]) as r:
        import redis

        def publier(lot):
            if panne.is_set():
                raise redis.ConnectionError("down")
            return vrai(lot)

        r._bus.publier = publier
        deposer(banc, evenements)
        attendre(lambda: banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(50,)])
        panne.clear()
        attendre(lambda: banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(0,)])
    assert publies(banc) == [str(e.id) for e in evenements]


def test_F33_a_row_is_acquired_and_its_entry_trimmed_only_when_every_group_acknowledged_it(banc: Banc) -> None:
    r = relais(banc, ["g1", "g2"])
    deposer(banc, [banc.evenement() for _ in range(5)])
    r.balayer()
    for groupe in ("g1", "g2"):
        banc.bus.assurer_groupe(groupe)
    lues = banc.bus.lire("g1", "c", nombre=10, attente_ms=None)
    banc.bus.acquitter("g1", [recue.entree for recue in lues])
    r.entretenir()
    assert banc.sql("SELECT count(*) FROM outbox WHERE acquis") == [(0,)]
    lues = banc.bus.lire("g2", "c", nombre=10, attente_ms=None)
    banc.bus.acquitter("g2", [recue.entree for recue in lues[:2]])
    r.entretenir()
    assert banc.sql("SELECT count(*) FROM outbox WHERE acquis") == [(2,)]
    plancher = banc.bus.plancher(["g1", "g2"])
    assert plancher == lues[2].entree
    banc.bus.rogner(plancher, maintenant=4e9)
    assert banc.redis.xlen(banc.flux) == 3


def test_F30_a_floor_read_from_a_redis_that_replaced_ours_acquires_nothing(banc: Banc) -> None:
    r = relais(banc, ["g1"])
    deposer(banc, [banc.evenement()])
    r.balayer()
    banc.redis.delete(banc.flux, f"{banc.flux}:identite")
    banc.publier(banc.evenement())
    banc.bus.assurer_groupe("g1")
    lues = banc.bus.lire("g1", "c", nombre=10, attente_ms=None)
    banc.bus.acquitter("g1", [recue.entree for recue in lues])
    assert banc.bus.plancher(["g1"]) > Entree(0, 0)
    r.entretenir()
    assert banc.sql("SELECT count(*) FROM outbox WHERE acquis") == [(0,)]
    assert r.balayer() == 1


def test_a_mark_for_an_entry_of_a_lost_redis_is_not_made(banc: Banc) -> None:
    evenement = banc.evenement()
    deposer(banc, [evenement])
    base = banc.base()
    with base.transaction() as curseur:
        outbox.marquer(curseur, banc.flux, [(str(evenement.id), Entree(1, 0))], identite="un autre")
    base.fermer()
    assert banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(1,)]


def test_an_event_survives_its_journey_and_derived_ids_are_permanent(banc: Banc) -> None:
    evenement = banc.evenement(n=1, montant="9.99")
    assert lire(evenement.champs()).payload == evenement.payload
    assert identifiant_derive(evenement.id, "X") == identifiant_derive(str(evenement.id), "X")
    deposer(banc, [evenement])
    deposer(banc, [evenement])
    assert banc.sql("SELECT count(*) FROM outbox") == [(1,)]
