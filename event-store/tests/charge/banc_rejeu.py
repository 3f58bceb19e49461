"""How fast is the history with n events in it: replay of one checkout, and rebuild of a read model.

`python -m tests.charge.banc_rejeu N`, with the owner's password in the environment, measures in the configured
database, which must be empty and keeps the events: `./labo bench replay` gives it one of its own and drops it. The
events are synthetic, written through COPY and chained for real, five per checkout. Prints one JSON object.
"""

import io
import json
import random
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from event_store.bootstrap import acces, acces_proprietaire, application
from event_store.domain.evenements import STREAM_CHECKOUTS
from event_store.infrastructure.base import Base
from event_store.infrastructure.migrer import amorcer
from event_store.infrastructure.projections import ProjectionsPostgres
from event_store.settings import Config
from socle.config import charger

PROJECTIONS = ("orders-by-client", "checkouts")
_LOT = 20_000
_SUITE = ("CheckoutInitiated", "StockReserved", "OrderCreated", "CheckoutSucceeded", "StockReleased")
_MAGASIN = "550e8400-e29b-41d4-a716-446655440000"


@dataclass(frozen=True, kw_only=True)
class Mesures:
    """Seconds: writing all events, one replay request (median, 95th percentile), and the rebuild of each read model."""

    evenements: int
    ecriture_s: float
    rejeu_p50_s: float
    rejeu_p95_s: float
    reconstructions_s: dict[str, float]


def mesurer(nombre: int, config: Config, *, rejeux: int = 500) -> Mesures:
    """Migrate, fill, measure. The database must be empty, and keeps the events."""
    proprietaire = Base(acces_proprietaire(config))
    amorcer(proprietaire, config.postgres_user)
    debut = time.perf_counter()
    remplir(proprietaire, nombre)
    ecriture_s = time.perf_counter() - debut
    proprietaire.fermer()
    durees = _rejouer(nombre, config, rejeux)
    base = Base(acces(config))
    reconstructions = {nom: _reconstruire(ProjectionsPostgres(base), nom, nombre) for nom in PROJECTIONS}
    base.fermer()
    return Mesures(
        evenements=nombre,
        ecriture_s=ecriture_s,
        rejeu_p50_s=statistics.median(durees),
        rejeu_p95_s=statistics.quantiles(durees, n=20)[-1],
        reconstructions_s=reconstructions,
    )


def _reconstruire(projections: ProjectionsPostgres, nom: str, nombre: int) -> float:
    """Seconds of a rebuild beside a read model that is up to date, as in service."""
    while projections.avancer(nom, _LOT).position < nombre:
        pass
    reconstruite = projections.reconstruire(nom)
    if reconstruite["differences"]:
        raise RuntimeError(f"{nom} : {reconstruite['differences']} lignes diffèrent après la reconstruction")
    return float(reconstruite["duree_s"])


def _rejouer(nombre: int, config: Config, rejeux: int) -> list[float]:
    """Seconds of each replay: the whole request but for the network, of checkouts drawn at random."""
    hasard = random.Random(7)
    durees = []
    with application(config).test_client() as client:
        for _ in range(rejeux):
            checkout = _checkout(hasard.randrange(max(nombre // 5, 1)))
            avant = time.perf_counter()
            reponse = client.get(f"/api/event-store/replay/checkout/{checkout}")
            durees.append(time.perf_counter() - avant)
            lus = len(reponse.get_json()["events"]) if reponse.status_code == 200 else 0
            if lus != min(5, nombre):
                raise RuntimeError(f"{lus} événements rejoués pour {checkout} (HTTP {reponse.status_code})")
    return durees


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


if __name__ == "__main__":
    print(json.dumps(asdict(mesurer(int(sys.argv[1]), charger(Config)))))
