"""How fast is the history with n events in it: replay of one checkout, and rebuild of a read model.

    from banc_rejeu import mesurer
    mesurer(1_000_000, config)

`config` names an empty, migrated scratch database (`amorcer`); the events are synthetic, written through COPY and
chained for real, five per checkout. `python banc_rejeu.py N` does the same in a database of its own
beside the configured one.
"""

import contextlib
import io
import json
import random
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql

from event_store.bootstrap import acces, acces_proprietaire
from event_store.domain.evenements import STREAM_CHECKOUTS
from event_store.infrastructure.base import Base
from event_store.infrastructure.historique import HistoriquePostgres
from event_store.infrastructure.migrer import amorcer
from event_store.infrastructure.projections import ProjectionsPostgres
from event_store.settings import Config
from socle.config import charger

_LOT = 20_000
_SUITE = ("CheckoutInitiated", "StockReserved", "OrderCreated", "CheckoutSucceeded", "StockReleased")
_MAGASIN = "550e8400-e29b-41d4-a716-446655440000"


@dataclass(frozen=True, kw_only=True)
class Mesures:
    """Seconds for one replay (median and 95th percentile), and events per second of each rebuild."""

    evenements: int
    rejeu_p50_s: float
    rejeu_p95_s: float
    reconstructions: dict[str, float]


def mesurer(nombre: int, config: Config, *, rejeux: int = 200) -> Mesures:
    """Fill, measure, print. The database must be migrated and empty, and keeps the events."""
    proprietaire = Base(acces_proprietaire(config))
    debut = time.perf_counter()
    remplir(proprietaire, nombre)
    print(f"{nombre} événements écrits en {time.perf_counter() - debut:.1f} s")
    base = Base(acces(config))
    historique, projections = HistoriquePostgres(base), ProjectionsPostgres(base)
    hasard = random.Random(7)
    durees = []
    for _ in range(rejeux):
        checkout = _checkout(hasard.randrange(max(nombre // 5, 1)))
        avant = time.perf_counter()
        lus = historique.du_checkout(checkout)
        durees.append(time.perf_counter() - avant)
        if len(lus) != min(5, nombre):
            raise RuntimeError(f"{len(lus)} événements rejoués pour {checkout}")
    vitesses = {}
    for nom in ("orders-by-client", "checkouts"):
        duree = projections.reconstruire(nom)["duree_s"]
        vitesses[nom] = nombre / max(duree, 0.001)
        print(f"reconstruction de {nom} : {duree:.2f} s, {vitesses[nom]:.0f} événements/s")
    base.fermer()
    proprietaire.fermer()
    mesures = Mesures(
        evenements=nombre,
        rejeu_p50_s=statistics.median(durees),
        rejeu_p95_s=statistics.quantiles(durees, n=20)[-1],
        reconstructions=vitesses,
    )
    print(f"rejeu d'un checkout : p50 {mesures.rejeu_p50_s * 1000:.2f} ms, p95 {mesures.rejeu_p95_s * 1000:.2f} ms")
    return mesures


def remplir(base: Base, nombre: int) -> None:
    """`nombre` chained events in the empty history of `base` (the owner's)."""
    with base.transaction() as curseur:
        curseur.execute(
            "CREATE TEMP TABLE brouillon (position bigint, id uuid, type text, ts numeric, payload jsonb,"
            " checkout_id uuid, place integer) ON COMMIT DROP"
        )
        for lot in _lots(nombre):
            curseur.copy_expert("COPY brouillon FROM STDIN", lot)
        curseur.execute("SELECT assurer_partitions(clock_timestamp(), 1)")
        curseur.execute(
            """
            INSERT INTO evenements
            SELECT (e).position, (e).stream, (e).version, (e).id, (e).type, (e).ts, (e).v, (e).payload, (e).checkout_id,
                   (e).position_checkout, (e).correlation_id, (e).causation_id, (e).source, (e).traceparent,
                   (e).ajoute_le, chaine('', canonique(e)) OVER (ORDER BY (e).position)
            FROM (SELECT ROW(position, %(s)s, position, id, type, ts, 1, payload, checkout_id, place, 'c', '',
                             'choreo-order', '', now(), NULL)::evenements AS e FROM brouillon) lignes
            """,
            {"s": STREAM_CHECKOUTS},
        )
        curseur.execute(
            "INSERT INTO identifiants SELECT id, %s, position, position, place FROM brouillon", [STREAM_CHECKOUTS]
        )
        curseur.execute(
            "INSERT INTO tetes_checkouts SELECT checkout_id, max(place) FROM brouillon GROUP BY checkout_id"
        )
        curseur.execute(
            "INSERT INTO flux SELECT stream, version, empreinte FROM evenements ORDER BY position DESC LIMIT 1"
        )
        curseur.execute("UPDATE compteur SET position = %s, ajoute_le = now()", [nombre])
    with base.curseur() as curseur:
        curseur.execute("ANALYZE evenements")


def _checkout(rang: int) -> uuid.UUID:
    return uuid.UUID(int=(1 << 100) + rang)


def _lots(nombre: int) -> Iterator[io.StringIO]:
    for debut in range(0, nombre, _LOT):
        yield io.StringIO("".join(_ligne(n) for n in range(debut, min(debut + _LOT, nombre))))


def _ligne(n: int) -> str:
    rang, place = divmod(n, 5)
    # One checkout in ten ends compensated, the others succeed.
    nom = "CheckoutFailed" if place == 4 and rang % 10 == 0 else _SUITE[place]
    if place == 3 and rang % 10 == 0:
        nom = "OrderCreationFailed"
    client = str(uuid.UUID(int=(2 << 100) + rang % 5000))
    payload = {"checkout_id": str(_checkout(rang)), "client_id": client, "emitted_at": "2025-11-21T04:40:00+00:00"}
    if place < 2:
        produits = [{"produit_id": str(uuid.UUID(int=p)), "nom_produit": "Clavier", "quantite": 1} for p in range(3)]
        payload |= {"magasin_id": _MAGASIN, "panier": {"client_id": client, "produits": produits}}  # type: ignore[dict-item]
    elif nom.endswith("Failed"):
        payload["reason"] = "Stock insuffisant"
    else:
        payload["commande_id"] = str(uuid.UUID(int=(3 << 100) + rang))
    colonnes = (
        n + 1, uuid.UUID(int=(4 << 100) + n), nom, 1763700000 + n / 1000, json.dumps(payload), _checkout(rang),
        place + 1,
    )  # fmt: skip
    return "\t".join(map(str, colonnes)) + "\n"


def base_jetable(config: Config, nombre: int) -> Mesures:
    """The same in a new database that is dropped at the end; the owner role must be allowed to create databases."""
    nom = f"banc_rejeu_{uuid.uuid4().hex[:8]}"
    identifiant = sql.Identifier(nom)
    lien = acces_proprietaire(config).ouvrir()
    with contextlib.closing(lien), lien.cursor() as curseur:
        curseur.execute(sql.SQL("CREATE DATABASE {}").format(identifiant))
        try:
            scratch = config.model_copy(update={"postgres_db": nom})
            amorceur = Base(acces_proprietaire(scratch))
            amorcer(amorceur, scratch.postgres_user)
            amorceur.fermer()
            return mesurer(nombre, scratch)
        finally:
            curseur.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifiant))


if __name__ == "__main__":
    try:
        base_jetable(charger(Config), int(sys.argv[1]))
    except psycopg2.Error as refus:
        raise SystemExit(f"La base jetable n'a pas pu servir : {refus}") from None
