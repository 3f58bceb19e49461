"""`./labo bench bus`: events per second through publish, six groups and acknowledgement.

Three sides in turn, on a stream of the bench's own: raw redis-py issuing the same commands; `socle.evenements.bus` with
the envelope read back; and whole consumers (inbox and checkpoint in PostgreSQL) doing nothing with the events.
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

from local.plateforme import Plateforme
from local.processus import ADRESSE
from socle.evenements.base import Base
from socle.evenements.bus import Bus
from socle.evenements.consommateur import Consommateur
from socle.evenements.enveloppe import Evenement, lire
from socle.evenements.reactions import Table

GROUPES = tuple(f"banc-{n}" for n in range(6))
LOT = 100
SEUIL_RATIO = 0.6
PLANCHER_PAR_S = 1000.0


def _lots(nombre: int) -> list[list[dict[str, str]]]:
    """Batches of events of the size of the real ones."""
    produits = [{"produit_id": str(uuid.uuid4()), "quantite": n, "prix_unitaire": 9.99} for n in range(3)]
    evenements = []
    for _ in range(nombre):
        cle = str(uuid.uuid4())
        payload = {"checkout_id": cle, "client_id": str(uuid.uuid4()), "panier": {"produits": produits}}
        evenements.append(
            Evenement(id=uuid.uuid4(), type="CheckoutInitiated", cle=cle, source="banc", payload=payload).champs()
        )
    return [evenements[debut : debut + LOT] for debut in range(0, nombre, LOT)]


def _nu(client: Any, flux: str, lots: list[list[dict[str, str]]]) -> None:
    for groupe in GROUPES:
        client.xgroup_create(flux, groupe, id="0", mkstream=True)
    for lot in lots:
        with client.pipeline(transaction=True) as tuyau:
            for champs in lot:
                tuyau.xadd(flux, champs)
            tuyau.execute()
        for groupe in GROUPES:
            recues = client.xreadgroup(groupe, "c", {flux: ">"}, count=LOT)[0][1]
            with client.pipeline(transaction=True) as tuyau:
                tuyau.xack(flux, groupe, *[identifiant for identifiant, _ in recues])
                tuyau.execute()


def _bus(client: Any, flux: str, lots: list[list[dict[str, str]]]) -> None:
    bus = Bus(client, flux)
    for groupe in GROUPES:
        bus.assurer_groupe(groupe)
    for lot in lots:
        bus.publier(lot)
        for groupe in GROUPES:
            recues = bus.lire(groupe, "c", nombre=LOT, attente_ms=None)
            for recue in recues:
                lire(recue.champs or {})
            bus.publier_et_acquitter([], groupe, [recue.entree for recue in recues])


def _complet(url: str, base: Callable[[str], Base], flux: str, lots: list[list[dict[str, str]]]) -> None:
    client: Any = redis.Redis.from_url(url, decode_responses=True)
    bus = Bus(client, flux)
    vus = dict.fromkeys(GROUPES, 0)
    total = sum(map(len, lots))

    def compter(groupe: str) -> Callable[[list[Evenement]], set[uuid.UUID]]:
        def recevoir(evenements: list[Evenement]) -> set[uuid.UUID]:
            vus[groupe] += len(evenements)
            return set()

        return recevoir

    membres = [
        Consommateur(Table(groupe=g, par_lot=compter(g)), base=base(g), bus=Bus(client, flux), nom="c") for g in GROUPES
    ]
    fils = [threading.Thread(target=membre.tourner) for membre in membres]
    for fil in fils:
        fil.start()
    for lot in lots:
        bus.publier(lot)
    while min(vus.values()) < total:
        time.sleep(0.005)
    for membre in membres:
        membre.arreter()
    for fil in fils:
        fil.join()


def executer(plateforme: Plateforme, *, nombre: int = 6000, tours: int = 3, console: Console | None = None) -> int:
    """Print events per second of the three sides (best of `tours`); 1 when a bound is missed."""
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

    cotes: dict[str, Callable[[str, list[list[dict[str, str]]]], None]] = {
        "redis-py nu": lambda flux, lots: _nu(client, flux, lots),
        "socle.evenements.bus": lambda flux, lots: _bus(client, flux, lots),
        "consommateurs complets": lambda flux, lots: _complet(url, base, flux, lots),
    }
    debits = dict.fromkeys(cotes, 0.0)
    for _ in range(tours):
        for nom, cote in cotes.items():
            flux, lots = f"banc.{uuid.uuid4().hex[:8]}", _lots(nombre)
            debut = time.perf_counter()
            cote(flux, lots)
            debits[nom] = max(debits[nom], nombre / (time.perf_counter() - debut))
            client.delete(flux, f"{flux}:identite")
            _oublier(base("menage"))
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
        curseur.execute("DELETE FROM inbox WHERE groupe = ANY(%s)", [list(GROUPES)])
        curseur.execute("DELETE FROM points_de_reprise WHERE groupe = ANY(%s)", [list(GROUPES)])
    base.fermer()
