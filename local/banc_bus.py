"""`./labo bench bus`: events per second through publish, six groups and acknowledgement.

On streams of the bench's own, with the events of checkouts that succeed: `socle.evenements.bus`, each group reading
what is its business in the workers, beside raw redis-py issuing the same commands, batch by batch in turn so that the
machine's moods fall on both; then whole consumers (inbox and checkpoint in PostgreSQL) doing nothing with the events.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import redis
from rich.console import Console
from rich.table import Table as Tableau

from local.mesures import mediane
from local.plateforme import Plateforme
from local.processus import ADRESSE
from socle.evenements.base import Base
from socle.evenements.bus import Bus
from socle.evenements.consommateur import Consommateur
from socle.evenements.enveloppe import Evenement, lire
from socle.evenements.reactions import Table

SUITE = ("CheckoutInitiated", "StockReserved", "OrderCreated", "CheckoutSucceeded")
LOT = 100
SEUIL_RATIO = 0.6
PLANCHER_PAR_S = 1000.0

Lot = list[dict[str, str]]


def _faire_rien(*_: Any) -> list[Any]:
    return []


def _table(groupe: str, *types: str) -> Table:
    return Table(groupe=groupe, reactions=dict.fromkeys(types, _faire_rien))


# Who reads what, as in lab7-workers: audit and the projections handle payloads without reading them.
TABLES = (
    _table("banc-reservation", "CheckoutInitiated"),
    _table("banc-order", "StockReserved"),
    _table("banc-compensation", "StockReservationFailed", "OrderCreationFailed"),
    _table("banc-notification", "CheckoutSucceeded", "CheckoutFailed"),
    Table(groupe="banc-audit", par_lot=_faire_rien, corps=False),
    Table(groupe="banc-cqrs", par_lot=_faire_rien, corps=False),
)


def _checkout() -> list[dict[str, str]]:
    """The entries of one checkout, of the size of the real ones."""
    cle = str(uuid.uuid4())
    produits = [{"produit_id": str(uuid.uuid4()), "quantite": n, "prix_unitaire": 9.99} for n in range(3)]
    communs = {"checkout_id": cle, "client_id": cle, "emitted_at": "2026-01-01T00:00:00.000000+00:00"}
    return [
        Evenement(
            id=uuid.uuid4(),
            type=type_,
            cle=cle,
            source="banc",
            payload=communs | ({"panier": {"produits": produits}} if rang < 2 else {"commande_id": cle}),
            correlation_id=cle,
            causation_id=cle,
            traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ).champs()
        for rang, type_ in enumerate(SUITE)
    ]


def _lots(nombre: int) -> list[Lot]:
    entrees = [entree for _ in range(0, nombre, len(SUITE)) for entree in _checkout()]
    return [entrees[debut : debut + LOT] for debut in range(0, nombre, LOT)]


def _nu(client: Any, flux: str) -> Callable[[Lot], None]:
    for table in TABLES:
        client.xgroup_create(flux, table.groupe, id="0", mkstream=True)

    def passer(lot: Lot) -> None:
        with client.pipeline(transaction=True) as tuyau:
            for champs in lot:
                tuyau.xadd(flux, champs)
            tuyau.execute()
        for table in TABLES:
            recues = client.xreadgroup(table.groupe, "c", {flux: ">"}, count=LOT)[0][1]
            with client.pipeline(transaction=True) as tuyau:
                tuyau.xack(flux, table.groupe, *[identifiant for identifiant, _ in recues])
                tuyau.execute()

    return passer


def _bus(client: Any, flux: str) -> Callable[[Lot], None]:
    bus = Bus(client, flux)
    for table in TABLES:
        bus.assurer_groupe(table.groupe)

    def passer(lot: Lot) -> None:
        bus.publier(lot)
        for table in TABLES:
            recues = bus.lire(table.groupe, "c", nombre=LOT, attente_ms=None)
            for recue in recues:
                if table.concerne(recue.champs):
                    lire(recue.champs, corps=table.corps)
            bus.publier_et_acquitter([], table.groupe, [recue.identifiant for recue in recues])

    return passer


def _complet(url: str, base: Callable[[str], Base], flux: str, lots: list[Lot]) -> None:
    client: Any = redis.Redis.from_url(url, decode_responses=True)
    bus = Bus(client, flux)
    membres = [Consommateur(table, base=base(table.groupe), bus=Bus(client, flux), nom="c") for table in TABLES]
    fils = [threading.Thread(target=membre.tourner) for membre in membres]
    for fil in fils:
        fil.start()
    try:
        for lot in lots:
            bus.publier(lot)
        while not _tout_acquitte(bus):
            time.sleep(0.005)
    finally:
        for membre in membres:
            membre.arreter()
        for fil in fils:
            fil.join()


def _tout_acquitte(bus: Bus) -> bool:
    etats = bus.etat_des_groupes()
    return len(etats) == len(TABLES) and all(not (etat["lag"] or etat["pending"]) for etat in etats.values())


def executer(plateforme: Plateforme, *, nombre: int = 6000, tours: int = 5, console: Console | None = None) -> int:
    """Print events per second of the three sides, `nombre` events in each of `tours`; 1 when a bound is missed."""
    console = console or Console()
    url = f"redis://{ADRESSE}:{plateforme.ports['redis']}/0"
    secrets = plateforme.secrets
    client: Any = redis.Redis.from_url(url, decode_responses=True)

    def base(nom: str) -> Base:
        return Base(
            nom=nom,
            host=ADRESSE,
            port=plateforme.ports["postgres"],
            dbname="workers_db",
            user="workers_user",
            password=secrets["POSTGRES_PASSWORD_WORKERS"],
        )

    durees: dict[str, list[float]] = {"redis-py nu": [], "socle.evenements.bus": []}
    complet = 0.0
    for _ in range(tours):
        flux = [f"banc.{uuid.uuid4().hex[:8]}" for _ in range(3)]
        try:
            cotes = dict(zip(durees, (_nu(client, flux[0]), _bus(client, flux[1])), strict=True))
            lots = _lots(nombre)
            for rang, lot in enumerate(lots):
                for nom in list(cotes)[:: 1 if rang % 2 else -1]:
                    debut = time.perf_counter()
                    cotes[nom](lot)
                    durees[nom].append(time.perf_counter() - debut)
            debut = time.perf_counter()
            _complet(url, base, flux[2], lots)
            complet = max(complet, nombre / (time.perf_counter() - debut))
        finally:
            client.delete(*flux, f"{flux[2]}:identite")
            _oublier(base("menage"))
    # By the median batch: a stall of the machine, however long, is one batch of one side.
    debits = {nom: LOT / mediane(lots_s) for nom, lots_s in durees.items()} | {"consommateurs complets": complet}
    table = Tableau(title=f"Bus : {nombre} événements, six groupes, lots de {LOT}", title_justify="left")
    table.add_column("côté")
    table.add_column("événements/s", justify="right")
    table.add_column("rapport au nu", justify="right")
    for nom, debit in debits.items():
        table.add_row(nom, f"{debit:.0f}", f"{debit / debits['redis-py nu']:.2f}")
    console.print(table)
    ratio = debits["socle.evenements.bus"] / debits["redis-py nu"]
    console.print(f"rapport : {ratio:.2f} (au moins {SEUIL_RATIO}) ; plancher historique {PLANCHER_PAR_S:.0f}/s")
    return 0 if ratio >= SEUIL_RATIO and debits["consommateurs complets"] >= PLANCHER_PAR_S else 1


def _oublier(base: Base) -> None:
    with base.transaction() as curseur:
        groupes = [table.groupe for table in TABLES]
        curseur.execute("DELETE FROM inbox WHERE groupe = ANY(%s)", [groupes])
        curseur.execute("DELETE FROM points_de_reprise WHERE groupe = ANY(%s)", [groupes])
    base.fermer()
