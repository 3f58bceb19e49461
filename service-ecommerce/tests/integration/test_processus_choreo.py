"""The real background process on a real stream: killed, doubled, deprived of Redis, and with Redis emptied."""

import os
import signal
import subprocess
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from local.processus import port_libre
from socle.evenements.bus import Bus, ouvrir
from socle.evenements.enveloppe import lire
from socle.evenements.flux import FLUX, GROUPES
from socle.evenements.flux import SUIVI as GROUPE
from tests.conftest import JEAN, Api, attendre, lancer_processus, outbox, un, vieillir
from tests.integration.test_processus import armer, statut
from tests.integration.test_suivi_choreo import echec, evenement, succes
from tests.voisins import CHOCOLAT, Voisins

Lancer = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def flux() -> Iterator["redis.Redis[str]"]:
    client: redis.Redis[str] = ouvrir(os.environ["REDIS_URL"])
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def fond(api: Api, voisins: Voisins, flux: "redis.Redis[str]", tmp_path: Path) -> Iterator[Lancer]:
    lances: list[subprocess.Popen[bytes]] = []

    def lancer(instance: str = "fond-1", **variables: str) -> "subprocess.Popen[bytes]":
        lances.append(lancer_processus(["django", "fond"], voisins, tmp_path, INSTANCE_ID=instance, **variables))
        return lances[-1]

    yield lancer
    for lance in lances:  # draining is the business of the tests that say so
        lance.kill()
        lance.wait(20)


def accepter(api: Api, nombre: int = 1) -> list[str]:
    """That many checkouts, in turn for two clients; their ids in order of acceptance."""
    ids = []
    for rang in range(nombre):
        client = {} if rang % 2 else {"client": JEAN}
        api.ajouter(CHOCOLAT, **client)  # type: ignore[arg-type]
        ids.append(api.choreo(**client).json()["checkout_id"])
    return ids


def publies(flux: "redis.Redis[str]") -> list[Any]:
    return [champs["id"] for _, champs in flux.xrange(FLUX)]


def checkouts_publies(flux: "redis.Redis[str]") -> list[str]:
    return [lire(champs).cle for _, champs in flux.xrange(FLUX)]


def restants() -> int:
    return un("SELECT count(*) FROM outbox WHERE publie_le IS NULL")


def en_attente(flux: "redis.Redis[str]") -> int:
    return Bus(flux, FLUX).etat_des_groupes()[GROUPE]["pending"]


def raconter(flux: "redis.Redis[str]", *evenements: Any) -> None:
    """What the workers publish."""
    Bus(flux, FLUX).publier([e.champs() for e in evenements])


def page(port: int) -> str:
    """The metrics of a background process."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as reponse:
        return str(reponse.read().decode())


def test_it_publishes_concludes_measures_and_drains_on_sigterm(
    api: Api, flux: "redis.Redis[str]", fond: Lancer
) -> None:
    port = port_libre()
    processus = fond(METRICS_PORT=str(port))
    (checkout_id,) = accepter(api)
    attendre(lambda: restants() == 0, 20)
    assert publies(flux) == [champs["id"] for champs in outbox()]
    # What the orchestrator says is acknowledged without a row.
    raconter(flux, succes(str(uuid.uuid4()), source="saga-1"), succes(checkout_id))
    attendre(lambda: statut() == "finalise", 20)
    attendre(lambda: un("SELECT count(*) FROM inbox WHERE groupe = %s", [GROUPE]) == 1)
    attendre(lambda: en_attente(flux) == 0)
    attendre(lambda: f'worker_pending{{group="{GROUPE}"}} 0.0' in page(port))
    texte = page(port)
    for ligne in (
        f'worker_lag{{group="{GROUPE}"}} 0.0',
        f'events_published_total{{topic="{FLUX}",type="CheckoutInitiated"}} 1.0',
        f'events_consumed_total{{consumer="{GROUPE}",topic="{FLUX}",type="CheckoutSucceeded"}} 1.0',
        "saga_choreo_duration_seconds_count 1.0",
        'saga_choreo_success_total{source="order-creation"} 1.0',
    ):
        assert ligne in texte
    # The outbox is the web program's to show.
    assert "outbox_backlog" not in texte
    processus.send_signal(signal.SIGTERM)
    assert processus.wait(20) == 0


@pytest.mark.parametrize(
    ("point", "copies"), [("relais.avant_xadd", 1), ("relais.apres_xadd", 2), ("relais.avant_commit", 2)]
)
def test_F26_killed_around_the_publication_it_publishes_again_under_the_same_id(
    api: Api, flux: "redis.Redis[str]", fond: Lancer, tmp_path: Path, point: str, copies: int
) -> None:
    (checkout_id,) = accepter(api)
    armer(tmp_path, "fond-1", point)
    assert fond().wait(20) == -signal.SIGKILL
    assert restants() == 1
    fond()
    attendre(lambda: restants() == 0, 20)
    assert publies(flux) == [champs["id"] for champs in outbox()] * copies
    assert statut() in ("initie", "en_cours")
    raconter(flux, echec(checkout_id))
    attendre(lambda: statut() == "echec", 20)
    assert api.panier(JEAN) == {CHOCOLAT: 1}


def test_F27_two_background_processes_publish_everything_once_in_order(
    api: Api, flux: "redis.Redis[str]", fond: Lancer
) -> None:
    accepter(api, 6)
    fond("fond-1")
    fond("fond-2")
    accepter(api, 6)
    attendre(lambda: restants() == 0, 20)
    assert publies(flux) == [champs["id"] for champs in outbox()]
    assert len(publies(flux)) == 12


def test_F29_redis_down_still_answers_202_and_the_backlog_drains_in_order(
    api: Api, flux: "redis.Redis[str]", fond: Lancer
) -> None:
    sourd = fond("fond-sourd", REDIS_URL="redis://127.0.0.1:9/0")
    attendus = accepter(api, 3)
    connecte = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fond-sourd-relais'"
    attendre(lambda: un(connecte), 20)
    assert (restants(), publies(flux)) == (3, [])
    page = api.client.get("/metrics").content.decode()
    assert 'outbox_backlog{service="ecommerce"} 3.0' in page
    assert sourd.poll() is None
    sourd.terminate()
    assert sourd.wait(20) == 0
    fond("fond-1")
    attendre(lambda: restants() == 0, 20)
    assert checkouts_publies(flux) == attendus


def test_F29_with_redis_down_the_tracker_ends_the_checkout_from_postgresql_alone(
    api: Api, voisins: Voisins, flux: "redis.Redis[str]", fond: Lancer
) -> None:
    bon, mauvais = accepter(api, 2)
    voisins.ventes[bon] = "active"
    vieillir(40)
    fond("fond-sourd", REDIS_URL="redis://127.0.0.1:9/0")
    statuts = "SELECT string_agg(statut, ' ' ORDER BY date_creation) FROM checkouts"
    attendre(lambda: un(statuts) == "finalise echec", 20)
    assert [champs["type"] for champs in outbox() if bon in champs["payload"]] == [
        "CheckoutInitiated", "OrderCreated", "CheckoutSucceeded",
    ]  # fmt: skip
    assert [champs["type"] for champs in outbox() if mauvais in champs["payload"]] == [
        "CheckoutInitiated", "StockReservationFailed", "CheckoutFailed",
    ]  # fmt: skip
    assert api.panier() == {CHOCOLAT: 1}


def test_F30_an_emptied_redis_is_fed_again_and_every_checkout_still_ends(
    api: Api, flux: "redis.Redis[str]", fond: Lancer
) -> None:
    fond()
    avant, apres = accepter(api, 2)
    attendre(lambda: restants() == 0, 20)
    # Only this group has acknowledged: nothing is acquired, everything may have to be told again.
    attendus = [champs["id"] for champs in outbox()]
    attendre(lambda: GROUPE in Bus(flux, FLUX).etat_des_groupes(), 20)
    flux.flushdb()
    attendre(lambda: publies(flux) == attendus, 20)
    attendre(lambda: GROUPE in Bus(flux, FLUX).etat_des_groupes(), 20)
    raconter(flux, succes(avant), echec(apres))
    statuts = "SELECT string_agg(statut, ' ' ORDER BY date_creation) FROM checkouts"
    attendre(lambda: un(statuts) == "finalise echec", 20)


def test_F30_what_every_group_has_acknowledged_is_not_fed_again(
    api: Api, flux: "redis.Redis[str]", fond: Lancer
) -> None:
    fond()
    accepter(api)
    attendre(lambda: restants() == 0, 20)
    bus = Bus(flux, FLUX)
    for groupe in set(GROUPES) - {GROUPE}:
        bus.assurer_groupe(groupe)
        bus.acquitter(groupe, [recue.entree for recue in bus.lire(groupe, "essai", nombre=10, attente_ms=None)])
    attendre(lambda: un("SELECT count(*) FROM outbox WHERE acquis") == 1, 20)
    flux.flushdb()
    (second,) = accepter(api)
    attendre(lambda: checkouts_publies(flux) == [second], 20)


def test_F31_killed_between_the_conclusion_and_the_acknowledgement_it_concludes_once(
    api: Api, flux: "redis.Redis[str]", fond: Lancer, tmp_path: Path
) -> None:
    (checkout_id,) = accepter(api)
    armer(tmp_path, "fond-1", "suivi.apres_evenement")
    processus = fond()
    raconter(flux, echec(checkout_id))
    assert processus.wait(20) == -signal.SIGKILL
    assert (statut(), en_attente(flux), api.panier(JEAN)) == ("echec", 1, {CHOCOLAT: 1})
    conclu = un("SELECT date_conclusion FROM checkouts")
    fond()
    attendre(lambda: en_attente(flux) == 0, 20)
    assert un("SELECT date_conclusion FROM checkouts") == conclu
    assert (un("SELECT count(*) FROM inbox"), api.panier(JEAN)) == (1, {CHOCOLAT: 1})


def test_F32_a_poison_event_is_a_dead_letter_with_its_cause_and_stops_only_its_checkout(
    api: Api, flux: "redis.Redis[str]", fond: Lancer
) -> None:
    empoisonne, sain = accepter(api, 2)
    port = port_libre()
    fond(METRICS_PORT=str(port))
    raconter(flux, evenement(empoisonne, "CheckoutSucceeded"), succes(sain))
    attendre(lambda: un("SELECT count(*) FROM checkouts WHERE statut = 'finalise'") == 1, 20)
    attendre(lambda: un("SELECT count(*) FROM lettres_mortes WHERE groupe = %s", [GROUPE]) == 1, 30)
    assert "commande_id" in un("SELECT cause FROM lettres_mortes")
    assert f'dead_letters_open{{group="{GROUPE}",type="CheckoutSucceeded"}} 1.0' in page(port)
    assert un("SELECT statut FROM checkouts WHERE id = %s", [empoisonne]) in ("initie", "en_cours")


def test_a_lost_database_delays_a_conclusion_and_loses_nothing(
    api: Api, flux: "redis.Redis[str]", fond: Lancer
) -> None:
    processus = fond("fond-perdu")
    premier, second = accepter(api, 2)
    raconter(flux, succes(premier))
    attendre(lambda: un("SELECT count(*) FROM checkouts WHERE statut = 'finalise'") == 1, 20)
    sessions = "FROM pg_stat_activity WHERE application_name LIKE 'fond-perdu%'"
    # Tracker, relay, consumer, and the one thread that has concluded a checkout; nobody asked for the metrics.
    assert un(f"SELECT count(pg_terminate_backend(pid)) {sessions}") == 4
    raconter(flux, succes(second))
    attendre(lambda: un("SELECT count(*) FROM checkouts WHERE statut = 'finalise'") == 2, 20)
    assert un("SELECT count(*) FROM lettres_mortes") == 0
    assert processus.poll() is None
