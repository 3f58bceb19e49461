import threading
import uuid
from typing import Any

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient

from event_store.application.histoire import Ronde
from event_store.bootstrap import acces, acces_proprietaire
from event_store.domain.evenements import en_json, lire_lot
from event_store.infrastructure.base import Base
from event_store.infrastructure.historique import HistoriquePostgres
from event_store.settings import Config
from local.processus import attendre
from tests.conftest import STREAM, ajouter, evenement, interne, superutilisateur

AJOUTER = "SELECT pos FROM ajouter(%s, %s, %s)"


def lot(*evenements: dict[str, Any]) -> str:
    return en_json(lire_lot(list(evenements)))


def bloques(config: Config) -> int:
    """How many sessions of this database wait for another's lock."""
    lien = superutilisateur(config.postgres_db)
    with lien.cursor() as curseur:
        curseur.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
            [config.postgres_db],
        )
        nombre: int = curseur.fetchone()[0]
    lien.close()
    return nombre


class Appel(threading.Thread):
    """An append by another client, in the background."""

    def __init__(self, app: Flask, *evenements: dict[str, Any], **suite: Any) -> None:
        super().__init__()
        self._app, self._evenements, self._suite = app, evenements, suite
        self.reponse: Any = None
        self.start()

    def run(self) -> None:
        with self._app.test_client() as client:
            self.reponse = ajouter(client, *self._evenements, **self._suite)


def test_F35_an_event_that_came_before_its_cause_is_left_out_when_asked_and_kept_once_it_is_there(
    client: FlaskClient,
) -> None:
    checkout = str(uuid.uuid4())
    debut = evenement("CheckoutInitiated", checkout, causation_id=checkout)
    effet = evenement("StockReserved", checkout, causation_id=debut["id"])
    suite = evenement("OrderCreated", checkout, causation_id=effet["id"], commande_id=str(uuid.uuid4()))
    exigees = f"{STREAM}/events?causes=exigees"

    def envoyer(*lot: dict[str, Any]) -> Any:
        return interne(client, f"streams/{exigees}", {"events": list(lot)})

    seul = envoyer(suite)
    assert (seul.status_code, seul.json) == (
        201, {"stream": STREAM, "version": 0, "events": [], "orphelins": [suite["id"]]},
    )  # fmt: skip
    assert envoyer(suite, debut).json["orphelins"] == [suite["id"]]
    assert envoyer(suite, effet).json["orphelins"] == []
    lus = client.get(f"/api/event-store/replay/checkout/{checkout}").json["events"]
    assert [e["id"] for e in lus] == [debut["id"], effet["id"], suite["id"]]
    assert envoyer(suite).json["orphelins"] == []

    sans_rien_demander = ajouter(
        client, orphelin := evenement("StockReleased", checkout, causation_id=str(uuid.uuid4()))
    )
    assert [place["id"] for place in sans_rien_demander.json["events"]] == [orphelin["id"]]
    assert interne(client, f"streams/{STREAM}/events?causes=peut-etre", {"events": [debut]}).status_code == 400


def test_append_then_read_and_replay(client: FlaskClient) -> None:
    checkout = str(uuid.uuid4())
    a = evenement("CheckoutInitiated", checkout, ts="1763700000.125")
    b = evenement("CheckoutSucceeded", checkout, causation_id=a["id"], ts=1763700001)
    reponse = ajouter(client, a, b)
    assert reponse.status_code == 201
    assert reponse.json == {
        "stream": STREAM,
        "version": 2,
        "events": [
            {"id": a["id"], "position": 1, "version": 1, "position_checkout": 1},
            {"id": b["id"], "position": 2, "version": 2, "position_checkout": 2},
        ],
    }
    lus = client.get(f"/api/event-store/streams/{STREAM}/events?count=1").json
    assert [e["id"] for e in lus["events"]] == [a["id"]]
    assert lus["next"] == 1
    assert lus["events"][0]["ts"] == 1763700000.125
    assert lus["events"][0]["payload"] == a["payload"]
    suite = client.get(f"/streams/{STREAM}/events/?after=1").json
    assert ([e["id"] for e in suite["events"]], suite["next"]) == ([b["id"]], None)
    envers = client.get(f"/streams/{STREAM}/events?order=desc&after=2").json
    assert [e["id"] for e in envers["events"]] == [a["id"]]
    par_type = client.get(f"/streams/{STREAM}/events?type=CheckoutSucceeded").json
    assert [e["id"] for e in par_type["events"]] == [b["id"]]
    assert client.get("/streams/autre/events").json == {"stream": "autre", "events": [], "next": None}

    rejeu = client.get(f"/api/event-store/replay/checkout/{checkout.upper()}").json
    assert (rejeu["status"], rejeu["commande_id"], rejeu["style"]) == ("succeeded", checkout, "choreo")
    assert [c["profondeur"] for c in rejeu["causal_chain"]] == [0, 1]
    assert rejeu["historique_url"] is None


@pytest.mark.parametrize("moment", ["1763700000.5", "2025-11-21T04:40:00.5Z", "2025-11-20T23:40:00.5-05:00"])
def test_replay_at_a_past_moment(client: FlaskClient, moment: str) -> None:
    checkout = str(uuid.uuid4())
    ajouter(client, evenement("CheckoutInitiated", checkout), evenement("CheckoutSucceeded", checkout, ts=1763700001))
    passe = client.get(f"/replay/checkout/{checkout}", query_string={"at": moment}).json
    assert (passe["status"], len(passe["events"])) == ("initiated", 1)
    avant = client.get(f"/replay/checkout/{checkout}?at=1763699999")
    assert (avant.status_code, avant.json["status"], avant.json["code"]) == (404, "unknown", "checkout_inconnu")


def test_orchestrated_checkout_names_its_style_and_history(client: FlaskClient) -> None:
    checkout = str(uuid.uuid4())
    ajouter(client, evenement("CheckoutFailed", checkout, source="saga-orchestrator", reason="Stock insuffisant"))
    rejeu = client.get(f"/replay/checkout/{checkout}").json
    assert (rejeu["status"], rejeu["style"], rejeu["reason"]) == ("failed", "orchestre", "Stock insuffisant")
    assert rejeu["historique_url"] == f"/api/saga/api/saga/commandes/{checkout}/"


def test_F36_two_appends_at_one_expected_version(client: FlaskClient, app: Flask, config: Config) -> None:
    a, b = (evenement("StockReleased", str(uuid.uuid4())) for _ in range(2))
    lien = acces(config).ouvrir()
    with lien.cursor() as curseur:
        curseur.execute("BEGIN")
        curseur.execute(AJOUTER, [STREAM, lot(a), 0])
        perdant = Appel(app, b, expected_version=0)
        attendre(lambda: bloques(config) == 1, 5, "le second ajout attend")
        curseur.execute("COMMIT")
    lien.close()
    perdant.join()
    assert perdant.reponse.status_code == 409
    assert perdant.reponse.json["code"] == "version_inattendue"
    assert (perdant.reponse.json["version"], perdant.reponse.json["expected_version"]) == (1, 0)
    lus = client.get(f"/streams/{STREAM}/events").json["events"]
    assert [e["id"] for e in lus] == [a["id"]]
    # The winner's retry is not a conflict: its events are in already.
    assert ajouter(client, a, expected_version=0).status_code == 201
    assert ajouter(client, b, expected_version=1).status_code == 201


def test_F28_a_reader_never_skips_a_lower_position_committed_later(
    client: FlaskClient, app: Flask, config: Config
) -> None:
    """The later append waits for the earlier one's commit, so position 2 is never seen before position 1."""
    a, b = (evenement("StockReleased", str(uuid.uuid4())) for _ in range(2))
    lien = acces(config).ouvrir()
    with lien.cursor() as curseur:
        curseur.execute("BEGIN")
        curseur.execute(AJOUTER, ["un-flux", lot(a), None])
        second = Appel(app, b, stream="un-autre-flux")
        attendre(lambda: bloques(config) == 1, 5, "le second ajout attend")
        assert client.get("/streams/un-autre-flux/events").json["events"] == []
        curseur.execute("COMMIT")
    lien.close()
    second.join()
    assert second.reponse.json["events"][0]["position"] == 2


def test_F28_an_aborted_append_leaves_no_gap(client: FlaskClient, config: Config) -> None:
    a, b = (evenement("StockReleased", str(uuid.uuid4())) for _ in range(2))
    lien = acces(config).ouvrir()
    with lien.cursor() as curseur:
        curseur.execute("BEGIN")
        curseur.execute(AJOUTER, [STREAM, lot(a), None])
        curseur.execute("ROLLBACK")
    lien.close()
    assert ajouter(client, b).json["events"][0]["position"] == 1
    assert client.get("/integrity").json["integre"] is True


def test_same_event_twice_at_once_and_in_one_batch_is_stored_once(
    client: FlaskClient, app: Flask, config: Config
) -> None:
    a = evenement("StockReleased", str(uuid.uuid4()))
    lien = acces(config).ouvrir()
    with lien.cursor() as curseur:
        curseur.execute("BEGIN")
        curseur.execute(AJOUTER, [STREAM, lot(a), None])
        second = Appel(app, a, a)
        attendre(lambda: bloques(config) == 1, 5, "le second ajout attend")
        curseur.execute("COMMIT")
    lien.close()
    second.join()
    premiere = second.reponse
    assert (premiere.status_code, [e["position"] for e in premiere.json["events"]]) == (201, [1])
    assert ajouter(client, a).data == ajouter(client, a, a).data == premiere.data
    assert client.get("/integrity").json["tete"] == 1
    ailleurs = ajouter(client, a, stream="ailleurs")
    assert (ailleurs.status_code, ailleurs.json["code"]) == (409, "identifiant_ailleurs")


def test_a_batch_with_one_bad_event_stores_nothing(client: FlaskClient) -> None:
    bon = evenement("StockReleased", str(uuid.uuid4()))
    mauvais = evenement("OrderCreated", str(uuid.uuid4()), id="x", ts="hier", commande_id=5)
    reponse = ajouter(client, bon, mauvais)
    assert reponse.status_code == 400
    assert set(reponse.json["champs"]) == {"events[1].id", "events[1].ts", "events[1].payload.commande_id"}
    assert client.get("/integrity").json["tete"] == 0


@pytest.mark.parametrize(
    "ordre",
    [
        "UPDATE {} SET stream = stream",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "INSERT INTO {} SELECT * FROM {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
    ],
)
@pytest.mark.parametrize("table", ["evenements", "identifiants", "resumes", "archives"])
def test_the_service_may_not_change_history(client: FlaskClient, base: Base, ordre: str, table: str) -> None:
    ajouter(client, evenement("StockReleased", str(uuid.uuid4())))
    with base.curseur() as curseur, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        curseur.execute(ordre.replace("{}", table))
    assert client.get("/integrity").json["integre"] is True


@pytest.mark.parametrize("ordre", ["UPDATE {} SET type = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_owner_is_refused_by_the_trigger(client: FlaskClient, proprietaire: Base, ordre: str) -> None:
    ajouter(client, evenement("StockReleased", str(uuid.uuid4())))
    with proprietaire.curseur() as curseur:
        curseur.execute("SELECT tableoid::regclass::text FROM evenements")
        ((partition,),) = curseur.fetchall()
        for table in ("evenements", partition):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="ne se modifie pas"):
                curseur.execute(ordre.format(table))
    assert client.get("/integrity").json["verifies"] == 1


def _derriere_le_declencheur(config: Config, ordre: str) -> None:
    """What an owner who means harm can do: switch the trigger off, alter, switch it on again."""
    with Base(acces_proprietaire(config)).transaction() as curseur:
        curseur.execute("ALTER TABLE evenements DISABLE TRIGGER ajout_seulement")
        curseur.execute(ordre)
        curseur.execute("ALTER TABLE evenements ENABLE TRIGGER ajout_seulement")


@pytest.mark.parametrize(
    ("ordre", "position"),
    [
        ("UPDATE evenements SET payload = payload || '{\"total\": 1}' WHERE position = 3", 3),
        ("UPDATE evenements SET ts = ts + 1 WHERE position = 2", 2),
        ("UPDATE evenements SET source = 'x' WHERE position = 1", 1),
        ("UPDATE evenements SET empreinte = sha256('') WHERE position = 4", 4),
        ("UPDATE evenements SET ajoute_le = ajoute_le + interval '1 microsecond' WHERE position = 4", 4),
        ("DELETE FROM evenements WHERE position = 3", 3),
        ("DELETE FROM evenements WHERE position = 5", 5),
        ("DELETE FROM evenements", 1),
    ],
)
def test_integrity_names_the_altered_position(client: FlaskClient, config: Config, ordre: str, position: int) -> None:
    ajouter(client, *(evenement("StockReleased", str(uuid.uuid4())) for _ in range(3)))
    ajouter(client, *(evenement("StockReleased", str(uuid.uuid4())) for _ in range(2)), stream="autre")
    assert client.get("/integrity").json["integre"] is True
    _derriere_le_declencheur(config, ordre)
    verdict = client.get("/integrity").json
    assert (verdict["integre"], verdict["premiere_position_rompue"]) == (False, position)


def test_integrity_by_ranges_joins_them(client: FlaskClient, config: Config) -> None:
    ajouter(client, *(evenement("StockReleased", str(uuid.uuid4())) for _ in range(5)))
    premier = client.get("/integrity?nombre=2").json
    assert (premier["integre"], premier["a"], premier["suite"]) == (True, 2, 3)
    # Altered with a hash that fits its own row: only the link to the next one tells, across the border of the range.
    _derriere_le_declencheur(
        config,
        "UPDATE evenements e SET type = 'x', empreinte = chainer(NULL, (SELECT empreinte FROM evenements"
        " WHERE position = 1), (SELECT canonique((m.*)::evenements) FROM (SELECT position, stream, version, id,"
        " 'x' AS type, ts, v, payload, checkout_id, position_checkout, correlation_id, causation_id, source,"
        " traceparent, ajoute_le, empreinte FROM evenements WHERE position = 2) m)) WHERE position = 2",
    )
    assert client.get("/integrity?de=1&nombre=2").json["integre"] is True
    assert client.get("/integrity?de=3&nombre=2").json["premiere_position_rompue"] == 3


def test_a_head_moved_by_hand_is_seen(client: FlaskClient, config: Config) -> None:
    ajouter(client, evenement("StockReleased", str(uuid.uuid4())))
    with Base(acces_proprietaire(config)).curseur() as curseur:
        curseur.execute("UPDATE flux SET empreinte = sha256('')")
    verdict = client.get("/integrity").json
    assert (verdict["integre"], verdict["tetes_fausses"]) == (False, [STREAM])


def test_partitions_exist_one_month_ahead(client: FlaskClient, base: Base) -> None:
    ajouter(client, evenement("StockReleased", str(uuid.uuid4())))
    with base.curseur() as curseur:
        curseur.execute(
            "SELECT to_regclass('evenements_' || to_char(now() AT TIME ZONE 'UTC' + m * interval '1 month', 'YYYY_MM'))"
            " IS NOT NULL FROM generate_series(0, 1) m"
        )
        assert curseur.fetchall() == [(True,), (True,)]


def test_append_needs_the_internal_token(client: FlaskClient) -> None:
    for entetes in ({}, {"X-Internal-Token": "faux"}, {"X-Internal-Token": "é"}):
        reponse = client.post(f"/streams/{STREAM}/events", json={"events": []}, headers=entetes)
        assert (reponse.status_code, reponse.json["code"]) == (403, "jeton_interne_requis")
    assert client.get("/integrity").json["tete"] == 0


def test_the_round_of_the_metrics_page_sees_a_break_and_forgets_it_once_a_whole_round_is_clean(
    client: FlaskClient, config: Config
) -> None:
    for _ in range(3):
        ajouter(client, evenement("StockReleased", str(uuid.uuid4())))
    ronde = Ronde(HistoriquePostgres(Base(acces(config))), pas=2)
    assert [ronde.avancer() for _ in range(2)] == [False, False]
    _derriere_le_declencheur(config, "UPDATE evenements SET source = source || 'x' WHERE position = 3")
    # Two stretches make a round; the break is in the second one.
    assert [ronde.avancer() for _ in range(4)] == [False, True, True, True]
    _derriere_le_declencheur(config, "UPDATE evenements SET source = left(source, -1) WHERE position = 3")
    assert [ronde.avancer() for _ in range(3)] == [True, True, False]
