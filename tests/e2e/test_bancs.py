"""The benches of the choreography, small: they run, count exactly, leave nothing behind. Their bounds are not CI's."""

from __future__ import annotations

import io

import pytest
import redis
from rich.console import Console

from local import banc_bus, banc_choreo, banc_replay
from local.processus import ErreurLabo
from tests.commun.monde import Monde

pytestmark = pytest.mark.natif(raison="les bancs se lancent par ./labo")


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def lignes(console: Console) -> list[list[str]]:
    """Cells of every row of the tables printed."""
    assert isinstance(console.file, io.StringIO)
    rangees = [ligne for ligne in console.file.getvalue().splitlines() if ligne.startswith("│")]
    return [[cellule.strip() for cellule in ligne.strip("│").split("│")] for ligne in rangees]


def bases_de_banc(monde: Monde) -> list[tuple[str, ...]]:
    return monde.sql("saga", "SELECT datname FROM pg_database WHERE starts_with(datname, 'banc_')")


def test_every_checkout_of_the_bench_is_followed_to_its_end(monde: Monde, console: Console) -> None:
    banc_choreo.executer(monde.plateforme, utilisateurs=3, secondes=2, pause=1, nombre=5, console=console)
    reussis, perdus, debits, reponses, fins = lignes(console)[:5]
    assert reussis == ["réussis", "6", "5"]
    assert perdus == ["perdus ou échoués", "0", "0"]
    assert all(float(debit) > 0 for debit in debits[1:])
    for cellule in (*reponses[1:], *fins[1:]):
        p50, p95, p99 = map(float, cellule.split())
        assert 0 < p50 <= p95 <= p99
    depenses = {ligne[0]: ligne[1:] for ligne in lignes(console)[5:]}
    assert {"ecommerce", "worker-stock-reservation", "worker-order-creation", "postgres:workers_db"} <= set(depenses)


def test_the_replay_bench_measures_in_a_database_of_its_own_and_drops_it(monde: Monde, console: Console) -> None:
    avant = monde.sql("event-store", "SELECT position FROM compteur")
    banc_replay.executer(monde.plateforme, evenements=2_000, console=console)
    mesures = [ligne[0] for ligne in lignes(console)]
    assert mesures == [
        "écriture, en chaîne",
        "rejeu d'un checkout, p50",
        "rejeu d'un checkout, p95",
        "reconstruction de orders-by-client, par 300000 événements",
        "reconstruction de checkouts, par 300000 événements",
    ]
    assert bases_de_banc(monde) == []
    assert monde.sql("event-store", "SELECT position FROM compteur") == avant


def test_a_replay_bench_that_fails_says_why_and_drops_its_database_too(
    monde: Monde, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(banc_replay, "_MODULE", "tests.charge.rien")
    with pytest.raises(ErreurLabo, match=r"^La mesure a échoué : .*No module named tests\.charge\.rien"):
        banc_replay.executer(monde.plateforme, evenements=5, console=console)
    assert bases_de_banc(monde) == []
    with pytest.raises(ErreurLabo, match="au moins 5 événements"):
        banc_replay.executer(monde.plateforme, evenements=4, console=console)


def test_the_bus_bench_compares_three_sides_and_leaves_no_stream(monde: Monde, console: Console) -> None:
    banc_bus.executer(monde.plateforme, nombre=400, tours=1, console=console)
    cotes = lignes(console)
    assert [ligne[0] for ligne in cotes] == ["redis-py nu", "socle.evenements.bus", "consommateurs complets"]
    assert all(int(ligne[1]) > 0 for ligne in cotes)
    with redis.Redis(port=monde.plateforme.ports["redis"]) as client:
        assert client.keys("banc.*") == []
    for table in ("inbox", "points_de_reprise"):
        assert monde.sql("workers", f"SELECT 1 FROM {table} WHERE starts_with(groupe, 'banc-')") == []
