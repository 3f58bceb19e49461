"""Outbox and relay: everything committed is published, in order per key, whatever dies in between."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from local.valkey import ServeurDeTest
from socle import fautes
from socle.evenements import inbox, outbox
from socle.evenements.bus import Bus, Entree
from socle.evenements.enveloppe import EvenementIllisible, identifiant_derive, lire
from socle.evenements.outbox import Relais
from socle.tests.concurrence import laisser_passer
from tests.evenements.conftest import Banc, attendre


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
    assert banc.publies() == []


@pytest.mark.parametrize("point", ["relais.avant_xadd", "relais.apres_xadd", "relais.avant_commit"])
def test_F26_a_relay_that_dies_around_xadd_publishes_all_and_the_duplicate_keeps_its_id(
    banc: Banc, point: str, tmp_path
) -> None:
    evenements = [banc.evenement() for _ in range(3)]
    banc.deposer(*evenements)
    fautes.activer(tmp_path / "fautes.json").ecrire([fautes.Faute(point=point, genre="erreur")])
    try:
        with pytest.raises(fautes.FauteInjectee):
            relais(banc).balayer()
        assert banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NOT NULL") == [(0,)]
        assert relais(banc).balayer() == 3
    finally:
        fautes.desactiver()
    attendus = [str(e.id) for e in evenements]
    assert banc.publies()[-3:] == attendus
    assert set(banc.publies()) == set(attendus)


def test_F27_two_relays_lose_nothing_and_keep_the_order_of_each_key(banc: Banc) -> None:
    cles = [str(uuid.uuid4()) for _ in range(8)]
    evenements = [banc.evenement(cle=cle, n=n) for n in range(100) for cle in cles]
    with banc.relais([]), banc.relais([]):
        for debut in range(0, len(evenements), 40):
            banc.deposer(*evenements[debut : debut + 40])
        attendre(lambda: banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(0,)])
    assert banc.publies() == [str(e.id) for e in evenements]


def test_F28_a_lower_sequence_that_commits_after_a_higher_one_is_published(banc: Banc) -> None:
    tardif, precoce = banc.evenement(), banc.evenement()
    base = banc.base()
    with base.transaction() as curseur:
        outbox.deposer(curseur, banc.flux, [tardif])
        banc.deposer(precoce)
        assert relais(banc).balayer() == 1
        assert banc.publies() == [str(precoce.id)]
    assert relais(banc).balayer() == 1
    assert banc.publies() == [str(precoce.id), str(tardif.id)]
    base.fermer()


def test_a_young_row_is_left_to_whoever_wrote_it(banc: Banc) -> None:
    banc.deposer(banc.evenement())
    assert Relais(banc.base(), banc.bus, groupes=[], age_s=60.0).balayer() == 0
    assert banc.publies() == []


def test_F29_redis_down_for_a_while_the_backlog_drains_in_order(banc_a_part: Banc, valkey: ServeurDeTest) -> None:
    banc = banc_a_part
    evenements = [banc.evenement() for _ in range(50)]
    with banc.relais([]):
        banc.deposer(*evenements[:10])
        attendre(lambda: banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(0,)])
        valkey.arreter()
        banc.deposer(*evenements[10:])
        assert banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(40,)]
        valkey.demarrer()
        attendre(lambda: banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(0,)])
    attendus = [str(e.id) for e in evenements]
    # The restart is another run of Redis: what no group had acknowledged was published again, in order.
    assert banc.publies() == attendus[:10] + attendus


def test_F30_redis_killed_in_its_last_second_gets_everything_again(banc_a_part: Banc, valkey: ServeurDeTest) -> None:
    banc = banc_a_part
    evenements = [banc.evenement() for _ in range(20)]
    with banc.relais(["g"]):
        banc.deposer(*evenements)
        attendre(lambda: banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(0,)])
        valkey.arreter(signal.SIGKILL)
        valkey.demarrer()
        attendus = [str(e.id) for e in evenements]
        attendre(lambda: banc.publies()[-20:] == attendus)


def test_F33_entries_that_somebody_cut_off_the_stream_are_published_again(banc: Banc) -> None:
    r = relais(banc, ["g"])
    evenements = [banc.evenement() for _ in range(4)]
    banc.deposer(*evenements)
    r.balayer()
    banc.bus.assurer_groupe("g")
    (premiere,) = banc.bus.lire("g", "c", nombre=1, attente_ms=None)
    banc.bus.acquitter("g", [premiere.entree])
    banc.redis.xtrim(banc.flux, maxlen=1, approximate=False)
    r.entretenir()
    assert r.balayer() == 2
    attendus = [str(e.id) for e in evenements]
    assert banc.publies() == [attendus[3], *attendus[1:3]]
    r.entretenir()
    assert r.balayer() == 0


def test_F33_a_stream_deleted_by_hand_is_filled_again(banc: Banc) -> None:
    r = relais(banc, ["g"])
    evenements = [banc.evenement() for _ in range(3)]
    banc.deposer(*evenements)
    r.balayer()
    banc.bus.assurer_groupe("g")
    banc.redis.delete(banc.flux)
    r.entretenir()
    assert r.balayer() == 3
    assert banc.publies() == [str(e.id) for e in evenements]


@pytest.mark.parametrize("note", [False, True], ids=["unnoticed", "noticed-by-another-relay"])
def test_F30_redis_replaced_while_its_floor_is_being_read_acquires_nothing(banc: Banc, note: bool) -> None:
    """The floor is the old Redis's when another relay has noted the new one, the new one's when nobody has."""
    banc.deposer(banc.evenement())
    relais(banc, ["g"]).balayer()
    vrai = banc.bus.plancher

    def plancher(groupes):
        if note:
            banc.bus.assurer_groupe("g", depuis="9999999999999-0")
        haut = vrai(groupes)
        banc.redis.delete(banc.flux, f"{banc.flux}:identite")
        if note:
            assert relais(banc, ["g"]).balayer() == 1
            return haut
        banc.publier(banc.evenement())
        banc.bus.assurer_groupe("g")
        banc.bus.acquitter("g", [recue.entree for recue in banc.bus.lire("g", "c", nombre=1, attente_ms=None)])
        assert vrai(groupes) > Entree(0, 0)
        return vrai(groupes)

    r = Relais(banc.base(), Bus(banc.redis, banc.flux), groupes=["g"])
    r._bus.plancher = plancher
    r.entretenir()
    assert banc.sql("SELECT count(*) FROM outbox WHERE acquis") == [(0,)]


def test_rows_are_kept_a_day_after_every_group_acknowledged_them_and_no_longer(banc: Banc) -> None:
    r = relais(banc, ["g"])
    banc.deposer(*[banc.evenement() for _ in range(3)])
    r.balayer()
    banc.bus.assurer_groupe("g")
    recues = banc.bus.lire("g", "c", nombre=2, attente_ms=None)
    banc.bus.acquitter("g", [recue.entree for recue in recues])
    banc.sql("UPDATE outbox SET publie_le = publie_le - interval '23 hours'")
    r.entretenir()
    assert banc.sql("SELECT count(*) FROM outbox") == [(3,)]
    banc.sql("UPDATE outbox SET publie_le = publie_le - interval '2 hours'")
    r.entretenir()
    assert banc.sql("SELECT count(*), bool_or(acquis) FROM outbox") == [(1, False)]


def test_inbox_rows_are_forgotten_after_forty_days_and_not_before(banc: Banc) -> None:
    base = banc.base()
    with base.transaction() as curseur:
        inbox.inscrire(curseur, "g", [str(uuid.uuid4()) for _ in range(3)])
        curseur.execute(
            "UPDATE inbox SET recu_le = recu_le - interval '41 days' WHERE ctid IN (SELECT min(ctid) FROM inbox)"
        )
    with banc.relais([]):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(2,)])
    base.fermer()


@pytest.mark.parametrize(
    ("table", "remplir", "perimees", "limites"),
    [
        (
            "outbox",
            "INSERT INTO outbox (event_id, flux, cle, champs, publie_le, acquis) "
            "SELECT gen_random_uuid(), 'f', 'c', '{}', now(), true FROM generate_series(1, 20000)",
            outbox.PERIMEES,
            [24],
        ),
        (
            "inbox",
            "INSERT INTO inbox (groupe, event_id) SELECT 'g', gen_random_uuid() FROM generate_series(1, 20000)",
            inbox.PERIMEES,
            [40, 5000],
        ),
    ],
)
def test_what_is_too_young_to_be_forgotten_is_not_read(
    banc: Banc, table: str, remplir: str, perimees: str, limites: list[int]
) -> None:
    """Every couple of seconds, on a table that holds a day or forty: it must cost what it finds."""
    banc.sql(remplir)
    banc.sql(f"ANALYZE {table}")
    (plan,) = banc.sql(f"EXPLAIN (FORMAT JSON, ANALYZE) {perimees}", *limites)[0]
    lecture = plan[0]["Plan"]["Plans"][0]
    assert (lecture["Node Type"].replace(" Only", ""), "Index Cond" in lecture) == ("Index Scan", True)


def test_F33_a_row_is_acquired_and_its_entry_trimmed_only_when_every_group_acknowledged_it(banc: Banc) -> None:
    r = relais(banc, ["g1", "g2"])
    banc.deposer(*[banc.evenement() for _ in range(5)])
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
    banc.bus.rogner(plancher, maintenant_ms=4 * 10**12)
    assert banc.redis.xlen(banc.flux) == 3


def test_F30_a_floor_read_from_a_redis_that_replaced_ours_acquires_nothing(banc: Banc) -> None:
    r = relais(banc, ["g1"])
    banc.deposer(banc.evenement())
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


def test_what_is_committed_within_the_cadence_of_a_relay_is_published_in_one_batch(banc: Banc) -> None:
    lots: list[int] = []
    vrai = banc.bus.publier

    def publier(lot: Sequence[Mapping[str, str]]) -> list[Entree]:
        lots.append(len(lot))
        return vrai(lot)

    banc.bus.publier = publier  # type: ignore[method-assign]
    with banc.relais([], cadence_s=2.0):
        laisser_passer(0.3)  # its first sweep found nothing
        banc.deposer(banc.evenement())
        attendre(lambda: lots == [1], "at once", 1.0)
        for _ in range(5):
            banc.deposer(banc.evenement())
        attendre(lambda: len(lots) == 2)
    assert lots == [1, 5]
    assert banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(0,)]


def test_a_mark_for_an_entry_of_a_lost_redis_is_not_made(banc: Banc) -> None:
    evenement = banc.evenement()
    banc.deposer(evenement)
    base = banc.base()
    with base.transaction() as curseur:
        outbox.marquer(curseur, banc.flux, [(str(evenement.id), Entree(1, 0))], identite="un autre")
    base.fermer()
    assert banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(1,)]


def test_an_event_survives_its_journey_and_derived_ids_are_permanent(banc: Banc) -> None:
    evenement = banc.evenement(n=1, montant="9.99")
    assert lire(evenement.champs()).payload == evenement.payload
    assert identifiant_derive(evenement.id, "X") == identifiant_derive(str(evenement.id), "X")
    banc.deposer(evenement)
    banc.deposer(evenement)
    assert banc.sql("SELECT count(*) FROM outbox") == [(1,)]


def test_the_payload_of_an_entry_that_says_its_key_waits_until_somebody_asks_for_it(banc: Banc) -> None:
    evenement = banc.evenement(n=1)
    lu = lire(evenement.champs(), corps=False)
    assert "payload" not in vars(lu)
    assert (lu.cle, lu.identifiant, lu.champs()) == (evenement.cle, str(evenement.id), evenement.champs())
    assert "payload" not in vars(lu)
    assert (lu.id, lu.payload) == (evenement.id, evenement.payload)
    assert replace(lu, v=0).champs() == {**evenement.champs(), "v": "0"}
    with pytest.raises(AttributeError):
        _ = lu.inconnu  # type: ignore[attr-defined]


def test_a_payload_left_unread_is_refused_when_it_is_read(banc: Banc) -> None:
    champs = banc.evenement(cle="k").champs()
    for payload in ("{", '{"checkout_id": "autre"}'):
        lu = lire({**champs, "payload": payload}, corps=False)
        assert lu.cle == "k"
        with pytest.raises(EvenementIllisible):
            _ = lu.payload
        with pytest.raises(EvenementIllisible):
            lire({**champs, "payload": payload})


def test_an_entry_without_a_key_is_read_whole(banc: Banc) -> None:
    champs = banc.evenement(cle="k").champs()
    del champs["cle"]
    assert lire(champs, corps=False).cle == "k"
    with pytest.raises(EvenementIllisible):
        lire({**champs, "payload": "{"}, corps=False)


@pytest.mark.parametrize(
    ("champ", "valeur"),
    [
        ("ts", "nan"),
        ("ts", "hier"),
        ("id", "pas-un-uuid"),
        ("v", "un"),
        ("type", "a\x00b"),
        ("type", "x" * 300),
        ("correlation_id", "a\r\nX-Injected: 1"),
        ("payload", "{"),
        ("payload", '{"checkout_id": ""}'),
        ("payload", '{"checkout_id": 3}'),
        ("payload", '{"checkout_id": "a\\u0000"}'),
        ("payload", '["checkout_id"]'),
        ("cle", "a\x00b"),
        ("cle", "k" * 300),
    ],
)
def test_an_entry_that_could_harm_a_log_a_header_or_the_database_is_unreadable(
    banc: Banc, champ: str, valeur: str
) -> None:
    with pytest.raises(EvenementIllisible):
        lire({**banc.evenement().champs(), champ: valeur})


def test_F38_an_entry_of_the_first_format_is_version_0_and_its_id_depends_on_its_content() -> None:
    champs = {"type": "Fait", "payload": '{"checkout_id": "c"}', "ts": "1763700000.25"}
    evenement = lire(champs)
    assert (evenement.v, evenement.id) == (0, lire(champs).id)
    assert evenement.id != lire({**champs, "ts": "1763700000.26"}).id
