"""F40: the database's clock rules, whatever the host's says; and pages that are served when half of it is down."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from local.processus import port_libre
from socle.evenements.base import Base
from workers import horloge as module
from workers.horloge import Horloge


def acces(**autres: Any) -> dict[str, Any]:
    noms = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {n: os.environ[f"POSTGRES_{v}"] for n, v in noms.items()} | {"dbname": "postgres", **autres}


@pytest.fixture
def decale() -> Iterator[Base]:
    """A database whose clock is five minutes ahead of this host's."""
    schema = f"decale_{uuid.uuid4().hex[:8]}"
    with psycopg2.connect(**acces()) as lien, lien.cursor() as curseur:
        curseur.execute(f"CREATE SCHEMA {schema}")
        curseur.execute(
            f"CREATE FUNCTION {schema}.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
            "$$ SELECT pg_catalog.clock_timestamp() + interval '5 minutes' $$"
        )
    yield Base(nom="decale", **acces(options=f"-c search_path={schema},pg_catalog"))
    with lien, lien.cursor() as curseur:
        curseur.execute(f"DROP SCHEMA {schema} CASCADE")
    lien.close()


def test_F40_the_time_is_the_database_s_even_while_this_host_s_jumps(
    decale: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    attendu = time.time() + 300
    horloge = Horloge(decale)
    assert abs(horloge.epoque() - attendu) < 5
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert abs(horloge.epoque() - attendu) < 5


def test_F40_the_database_is_asked_once_a_minute_by_any_number_of_threads(
    decale: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    demandes: list[int] = []
    vraie = decale.transaction

    def transaction() -> Any:
        demandes.append(1)
        return vraie()

    monkeypatch.setattr(decale, "transaction", transaction)
    horloge = Horloge(decale)
    fils = [threading.Thread(target=lambda: [horloge.epoque() for _ in range(20)]) for _ in range(8)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert len(demandes) == 1
    horloge._perimee_a = 0.0
    horloge.epoque()
    assert len(demandes) == 2


def test_a_database_that_is_down_stops_no_clock_that_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    base = Base(nom="heure", **acces())
    horloge = Horloge(base)
    avant = horloge.epoque()
    base._parametres["port"] = port_libre()
    horloge._perimee_a = 0.0
    assert avant <= horloge.epoque() < avant + 5
    assert horloge._perimee_a > time.monotonic() + module._REESSAI_S - 1
    with pytest.raises(psycopg2.OperationalError):
        Horloge(Base(nom="heure", **acces(port=port_libre()))).epoque()
