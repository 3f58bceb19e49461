"""A database with its two roles, migrated once per run; each test begins with an empty history."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg2 import sql

from event_store.bootstrap import acces, acces_proprietaire, application
from event_store.infrastructure.base import Base
from event_store.infrastructure.migrer import amorcer
from event_store.settings import Config

JETON = "jeton-de-test"
STREAM = "ecommerce.checkout.events"
TABLES = (
    "evenements", "identifiants", "resumes", "archives", "flux", "tetes_checkouts", "mises_de_cote",
    "orders_by_client", "checkouts", "cles_idempotence",
)  # fmt: skip


def superutilisateur(base: str = "postgres") -> Any:
    lien = psycopg2.connect(
        host=os.environ["POSTGRES_HOST"],
        port=os.environ["POSTGRES_PORT"],
        user=os.environ["POSTGRES_USER"],
        password=os.environ["POSTGRES_PASSWORD"],
        dbname=base,
    )
    lien.autocommit = True
    return lien


def creer_base(nom: str) -> Config:
    """A new database named `nom`, owned by `<nom>_owner`, served as `<nom>_user`; not migrated."""
    with contextlib.closing(superutilisateur()) as lien, lien.cursor() as curseur:
        for role in (f"{nom}_owner", f"{nom}_user"):
            curseur.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(sql.Identifier(role)))
        curseur.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(nom), sql.Identifier(f"{nom}_owner"))
        )
    return Config(
        postgres_host=os.environ["POSTGRES_HOST"],
        postgres_port=int(os.environ["POSTGRES_PORT"]),
        postgres_db=nom,
        postgres_user=f"{nom}_user",
        postgres_password="secret",
        postgres_owner_user=f"{nom}_owner",
        postgres_owner_password="secret",
        workers_postgres_db=f"{nom}_workers",
        ecommerce_postgres_db=f"{nom}_ecommerce",
        redis_url=os.environ["REDIS_URL"],
        internal_token=JETON,
    )


@pytest.fixture(scope="session")
def config() -> Config:
    config = creer_base(f"es_{uuid.uuid4().hex[:8]}")
    amorcer(Base(acces_proprietaire(config)), config.postgres_user)
    return config


@pytest.fixture(scope="session")
def app(config: Config) -> Flask:
    return application(config)


@pytest.fixture
def base(config: Config) -> Base:
    """The service's own rights."""
    return Base(acces(config))


@pytest.fixture
def proprietaire(config: Config) -> Base:
    """The owner's rights."""
    return Base(acces_proprietaire(config))


def vider(config: Config) -> None:
    """An empty history and read models, as after `amorcer`. Only the superuser, past every trigger, can do this.

    Rows are deleted: truncating gives each table a new file, which costs more than most of the tests.
    """
    with contextlib.closing(superutilisateur(config.postgres_db)) as lien, lien.cursor() as curseur:
        curseur.execute(
            "SET session_replication_role = replica; "
            + "".join(f"DELETE FROM {table}; " for table in TABLES)
            + "UPDATE compteur SET position = 0, ajoute_le = '-infinity'; "
            "UPDATE projections SET position = 0, generation = 1, derniere_generation = 1"
        )


@pytest.fixture
def client(app: Flask, config: Config) -> Iterator[FlaskClient]:
    vider(config)
    with app.test_client() as client:
        yield client


def evenement(
    nom: str, checkout: str, client: str = "11111111-1111-1111-1111-111111111111", **suite: Any
) -> dict[str, Any]:
    """A valid entry of the stream; `suite` replaces entry fields of these names, the rest enters the payload."""
    champs = {
        "id": str(uuid.uuid4()),
        "type": nom,
        "ts": 1763700000,
        "v": 1,
        "source": "choreo-test",
        "correlation_id": "c-1",
        "causation_id": "",
        "traceparent": "",
    }
    envelope = {nom: suite.pop(nom) for nom in list(suite) if nom in champs}
    defauts = {
        "OrderCreated": {"commande_id": checkout},
        "CheckoutSucceeded": {"commande_id": checkout},
        "CheckoutFailed": {"reason": "Stock insuffisant"},
        "StockReservationFailed": {"reason": "Stock insuffisant"},
        "OrderCreationFailed": {"reason": "Commandes indisponible"},
    }.get(nom, {})
    payload = {"checkout_id": checkout, "client_id": client, "emitted_at": "2025-11-21T04:40:00+00:00"}
    return {**champs, **envelope, "payload": {**payload, **defauts, **suite}}


def ajouter(client: FlaskClient, *lot: dict[str, Any], stream: str = STREAM, **suite: Any) -> Any:
    return client.post(
        f"/api/event-store/streams/{stream}/events",
        json={"events": list(lot), **suite},
        headers={"X-Internal-Token": JETON},
    )


def interne(client: FlaskClient, chemin: str, corps: Any = None, **entetes: str) -> Any:
    return client.post(f"/api/event-store/{chemin}", json=corps or {}, headers={"X-Internal-Token": JETON, **entetes})
