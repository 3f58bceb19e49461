"""What the platform says of itself: how checkouts ended, its counters, its logs. Nothing here puts load on it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from local import groupes
from local.api import attendre
from local.banc_choreo import TERMINAUX
from local.banc_reprise import FINALES
from local.comparer.donnees import Flot
from local.composants import Web
from local.plateforme import Plateforme

FINAUX = ("finalise", "echec", "intervention_requise")
_CHECKOUTS = """
SELECT client_id::text, id::text, statut, extract(epoch FROM date_creation)::float8,
       extract(epoch FROM date_conclusion - date_creation)::float8
FROM checkouts WHERE client_id = ANY(%s::uuid[])
"""
_OUVERTS = "SELECT count(*) FROM checkouts WHERE client_id = ANY(%s::uuid[]) AND NOT (statut = ANY(%s))"
_SAGAS_OUVERTES = """
SELECT count(*) FROM saga_commandes WHERE client_id = ANY(%s::uuid[]) AND NOT (etat_actuel = ANY(%s))
"""
_COMPENSATIONS = {
    "orchestre": (
        "saga",
        """SELECT extract(epoch FROM max(horodatage) FILTER (WHERE type = 'COMPENSATION_TERMINEE')
                        - min(horodatage) FILTER (WHERE type = 'COMMANDE_CREEE_ECHEC'))::float8 * 1000
           FROM saga_evenements WHERE saga_id = ANY(%s::uuid[]) GROUP BY saga_id""",
    ),
    "choreo": (
        "event-store",
        """SELECT (max(ts) FILTER (WHERE type = 'StockReleased')
                   - min(ts) FILTER (WHERE type = 'OrderCreationFailed'))::float8 * 1000
           FROM historique WHERE checkout_id = ANY(%s::uuid[]) GROUP BY checkout_id""",
    ),
}


def ouverts(plateforme: Plateforme, clients: Sequence[str]) -> int:
    """Checkouts of these clients that the shop does not know the end of."""
    return int(plateforme.sql("ecommerce", _OUVERTS, [list(clients), list(FINAUX)])[0][0])


def sagas_ouvertes(plateforme: Plateforme, clients: Sequence[str]) -> int:
    """Sagas of these clients that have not ended."""
    return int(plateforme.sql("saga", _SAGAS_OUVERTES, [list(clients), list(FINALES)])[0][0])


@dataclass(frozen=True)
class Connu:
    """A checkout as the shop knows it: when it began (epoch seconds), and how long until the shop knew its end."""

    id: str
    statut: str
    debut: float
    connu_s: float | None


def checkouts(plateforme: Plateforme, clients: Sequence[str]) -> dict[str, Connu]:
    """The one checkout of each client that has one."""
    return {client: Connu(*reste) for client, *reste in plateforme.sql("ecommerce", _CHECKOUTS, [list(clients)])}


def terminaux(plateforme: Plateforme, ids: Sequence[str]) -> dict[str, float]:
    """When each checkout's terminal event was emitted, in epoch seconds of the database."""
    return {str(cle): float(ts) for cle, _, ts in plateforme.sql("event-store", TERMINAUX, [list(ids)])}


def compensations(plateforme: Plateforme, style: str, ids: Sequence[str]) -> list[float]:
    """Milliseconds from the failed order to the stock given back, of those where both are known."""
    service, requete = _COMPENSATIONS[style]
    return [float(duree) for (duree,) in plateforme.sql(service, requete, [list(ids)]) if duree is not None]


def attendre_le_repos(plateforme: Plateforme, delai_s: float = 60.0) -> None:
    """Until every group has read and finished all of the stream."""

    def au_repos() -> bool:
        vus, avis = groupes.observer(plateforme)
        return not avis and all(groupe.au_repos for groupe in vus)

    attendre(au_repos, "Le repos de tous les groupes", delai_s)


def commits(plateforme: Plateforme) -> dict[str, int]:
    """Committed transactions of each service's database so far (PostgreSQL tells within a second)."""
    noms = {service.nom_base: service.nom for service in plateforme.services}
    lues = plateforme.sql(
        "saga", "SELECT datname, xact_commit FROM pg_stat_database WHERE datname = ANY(%s)", [[*noms]]
    )
    return {noms[base]: valeur for base, valeur in lues}


def requetes(plateforme: Plateforme, depuis: int) -> Counter[str]:
    """Requests by consumer in the gateway's log from that byte on; health checks are in none."""
    with plateforme.lieux.journal("gateway").open("rb") as journal:
        journal.seek(depuis)
        lignes = [ligne for ligne in journal.read().splitlines() if ligne.startswith(b'{"')]
    return Counter(str(json.loads(ligne)["consommateur"]) for ligne in lignes)


def flots(plateforme: Plateforme) -> Counter[tuple[str, str, str]]:
    """Events so far by direction, program (published) or group (consumed), and type."""
    total: Counter[tuple[str, str, str]] = Counter()
    for programme, page in _pages(plateforme):
        for famille in text_string_to_metric_families(page):
            for echantillon in famille.samples:
                etiquettes = echantillon.labels
                if echantillon.name == "events_published_total":
                    total["publie", programme, etiquettes["type"]] += int(echantillon.value)
                elif echantillon.name == "events_consumed_total":
                    total["consomme", etiquettes["consumer"], etiquettes["type"]] += int(echantillon.value)
    return total


def flots_entre(avant: Counter[tuple[str, str, str]], apres: Counter[tuple[str, str, str]]) -> list[Flot]:
    """What came between two readings."""
    lus: list[tuple[Any, str, str, int]] = [(*cle, nombre) for cle, nombre in sorted((apres - avant).items())]
    return [Flot(sens=sens, par=par, type=type_, nombre=nombre) for sens, par, type_, nombre in lus]


def _pages(plateforme: Plateforme) -> Iterator[tuple[str, str]]:
    with requests.Session() as session:
        session.trust_env = False
        for service in plateforme.services:
            for programme in service.programmes:
                if isinstance(programme, Web) or programme.port is not None:
                    page = session.get(f"{plateforme.urls[programme.nom]}/metrics", timeout=10)
                    page.raise_for_status()
                    yield programme.nom, page.text
