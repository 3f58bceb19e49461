"""The outcome of each saga, published once: in the terminal write, through the outbox, to the real stream."""

import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import Client
from jsonschema import ValidationError

from socle.evenements.flux import FLUX
from socle.tests.concurrence import attendre_que
from socle.tests.schemas import Schemas
from tests.integration.conftest import INTERNE, panier, poster, sql
from tests.integration.programmes import Programme
from tests.voisins import CLIENT, MAGASIN, Voisins

RACINE = Path(__file__).parents[3]
SCHEMAS = Schemas(RACINE / "tests" / "contrats" / "evenements")


def outbox() -> list[dict[str, str]]:
    """The fields of every row, in the order in which the relay publishes them."""
    return [json.loads(champs) for (champs,) in sql("SELECT champs FROM outbox ORDER BY seq")]


def types() -> list[str]:
    return [champs["type"] for champs in outbox()]


def test_a_success_leaves_two_chained_events_of_the_published_language(client: Client, voisins: Voisins) -> None:
    corps = panier(2)
    entetes = {"X-Correlation-ID": "corr-9", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    commande = poster(client, corps, **entetes).json()["commande_id"]
    creee, reussie = outbox()
    saga_id = uuid.UUID(corps["checkout_id"])
    assert (creee["type"], reussie["type"]) == ("OrderCreated", "CheckoutSucceeded")
    assert creee["id"] == str(uuid.uuid5(saga_id, "OrderCreated"))
    assert reussie["id"] == str(uuid.uuid5(uuid.UUID(creee["id"]), "CheckoutSucceeded"))
    assert (creee["causation_id"], reussie["causation_id"]) == (str(saga_id), creee["id"])
    for champs in (creee, reussie):
        payload = SCHEMAS.valider(champs)
        assert (champs["source"], champs["correlation_id"]) == ("saga-orchestrator", "corr-9")
        assert champs["traceparent"].startswith(f"00-{'a' * 32}-")
        assert {nom: payload[nom] for nom in ("checkout_id", "client_id", "magasin_id", "commande_id", "style")} == {
            "checkout_id": str(saga_id), "client_id": CLIENT, "magasin_id": MAGASIN, "commande_id": commande,
            "style": "orchestre",
        }  # fmt: skip
        assert sql(
            "SELECT %s::timestamptz BETWEEN date_creation AND clock_timestamp() FROM saga_commandes",
            payload["emitted_at"],
        ) == [(True,)]


def test_the_schemas_refuse_what_they_should() -> None:
    """The check above can fail."""
    exemple = json.loads((RACINE / "tests/contrats/evenements/exemples/CheckoutSucceeded.json").read_text())
    champs = {**exemple, "payload": json.dumps({**exemple["payload"], "commande_id": "12"})}
    with pytest.raises(ValidationError):
        SCHEMAS.valider(champs)


@pytest.mark.parametrize("cas", ["rupture", "refus", "panne"])
def test_an_undone_saga_leaves_one_failure_with_its_reason(client: Client, voisins: Voisins, cas: str) -> None:
    if cas == "refus":
        voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    elif cas == "panne":
        voisins.regles["enregistrer"] = [("panne", 503)] * 4
    details = poster(client, panier(quantite=1000 if cas == "rupture" else 1)).json()["details"]
    (echec,) = outbox()
    assert echec["type"] == "CheckoutFailed"
    assert SCHEMAS.valider(echec)["reason"] == details


def test_a_saga_that_goes_on_or_waits_for_an_operator_publishes_nothing_before_its_end(
    client: Client, voisins: Voisins
) -> None:
    voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    voisins.regles["liberer"] = [("panne", 500)] * 4
    corps = panier()
    assert poster(client, corps).json()["etat_actuel"] == "INTERVENTION_REQUISE"
    assert types() == []
    voisins.regles["liberer"] = [("panne", 500)] * 4
    adresse = f"commandes/{corps['checkout_id']}"
    poster(client, {"motif": "stock compté à la main"}, f"{adresse}/ignorer-etape/", **INTERNE)
    assert sql("SELECT etat_actuel FROM saga_commandes") == [("SAGA_ANNULEE",)]
    assert types() == ["CheckoutFailed"]


def test_a_repeated_request_publishes_nothing_more(client: Client, voisins: Voisins) -> None:
    corps = panier()
    assert poster(client, corps).content == poster(client, corps).content
    assert types() == ["OrderCreated", "CheckoutSucceeded"]


# -- real processes, real stream ---------------------------------------------------------------------------------------


@pytest.fixture
def flux() -> Iterator["redis.Redis[str]"]:
    client: redis.Redis[str] = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def lancer(base: None, voisins: Voisins, tmp_path: Path) -> Iterator[Callable[[str], Programme]]:
    lances: list[Programme] = []

    def lancer(instance: str) -> Programme:
        lances.append(Programme("reprise", instance, tmp_path))
        return lances[-1]

    yield lancer
    for lance in lances:
        lance.finir()


def publies(flux: "redis.Redis[str]") -> list[Any]:
    return [champs["id"] for _, champs in flux.xrange(FLUX)]


def restants() -> int:
    [(nombre,)] = sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL")
    return int(nombre)


def test_the_recovery_process_publishes_in_order_and_drains_on_sigterm(
    client: Client, voisins: Voisins, flux: "redis.Redis[str]", lancer: Callable[[str], Programme]
) -> None:
    for quantite in (1, 1000, 1):
        poster(client, panier(quantite=quantite))
    attendus = [champs["id"] for champs in outbox()]
    programme = lancer("saga-1").demarrer()
    attendre_que(lambda: restants() == 0, 20)
    assert publies(flux) == attendus
    assert len(attendus) == 5
    assert programme.processus is not None
    programme.signaler(signal.SIGTERM)
    assert programme.processus.wait(10) == 0


@pytest.mark.parametrize(("point", "copies"), [("relais.avant_xadd", 1), ("relais.apres_xadd", 2)])
def test_F26_a_relay_killed_around_the_publication_is_repeated_by_the_other_replica(
    client: Client,
    voisins: Voisins,
    flux: "redis.Redis[str]",
    lancer: Callable[[str], Programme],
    point: str,
    copies: int,
) -> None:
    poster(client, panier())
    attendus = [champs["id"] for champs in outbox()]
    victime = lancer("saga-1")
    victime.armer(point)
    victime.demarrer()
    assert victime.processus is not None
    assert victime.processus.wait(20) == -signal.SIGKILL
    assert restants() == 2
    lancer("saga-2").demarrer()
    attendre_que(lambda: restants() == 0, 20)
    assert publies(flux) == attendus * copies


def test_F29_a_saga_ends_while_redis_is_down_and_its_outcome_waits(
    client: Client, voisins: Voisins, flux: "redis.Redis[str]", lancer: Callable[[str], Programme]
) -> None:
    """The port of a Redis that is not there; then the real one."""
    assert poster(client, panier()).status_code == 201
    url = os.environ["REDIS_URL"]
    try:
        os.environ["REDIS_URL"] = "redis://127.0.0.1:9/0"
        sourd = lancer("saga-1").demarrer()
    finally:
        os.environ["REDIS_URL"] = url
    attendre_que(
        lambda: sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'saga-1-relais'")[0][0], 20
    )
    assert (restants(), publies(flux)) == (2, [])
    sourd.finir()
    assert 'outbox_backlog{service="saga"} 2.0' in client.get("/metrics").content.decode()
    lancer("saga-2").demarrer()
    attendre_que(lambda: restants() == 0, 20)
    assert len(publies(flux)) == 2
