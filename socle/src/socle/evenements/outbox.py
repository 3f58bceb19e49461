"""Outbox: events written in the business transaction, published by a relay.

Guarantee: what committed is published at least once, in order per key, by however many relays run.

1. `deposer` takes the cursor of the business transaction and wakes the relays at its commit (NOTIFY).
2. A sweep holds a transaction-level advisory lock per stream: a second relay waits its turn instead of overtaking.
   A relay stopped in the middle loses its session (idle-in-transaction time limit) and the next one goes on.
3. A crash between XADD and the mark publishes the row twice under one event id: consumers absorb it.
4. A row whose entry is gone (Redis replaced, emptied, or its stream cut by somebody else) before every group had
   acknowledged it is published again.
"""

import logging
import select
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg2
import redis
from psycopg2.extras import execute_values

from socle import fautes, jsons
from socle.evenements import inbox
from socle.evenements.base import Base
from socle.evenements.bus import Bus, Entree
from socle.evenements.enveloppe import Evenement

journal = logging.getLogger("socle.evenements.outbox")

CANAL = "outbox"
CONSERVATION_H = 24
LOT = 500
_ATTENTE_MAX_S = 5.0
_PURGE_S = 600.0

_INSERTION = (
    "INSERT INTO outbox (event_id, flux, cle, champs) VALUES %s ON CONFLICT (event_id) DO NOTHING RETURNING event_id"
)

PERIMEES = (
    # Not `clock_timestamp()`: being volatile, it would have the whole table read at each round.
    "SELECT seq FROM outbox WHERE acquis AND publie_le < now() - make_interval(hours => %s) LIMIT 5000"
)
"""The rows to forget."""


def deposer(curseur: Any, flux: str, evenements: Sequence[Evenement], *, reveiller: bool = True) -> set[str]:
    """Write events in the caller's transaction; returns the ids that were new. Idempotent by event id."""
    if not evenements:
        return set()
    lignes = [(e.identifiant, flux, e.cle, jsons.ecrire(e.champs()).decode()) for e in evenements]
    valeurs = ", ".join(["(%s, %s, %s, %s)"] * len(lignes))
    curseur.execute(_INSERTION.replace("%s", valeurs, 1), [valeur for ligne in lignes for valeur in ligne])
    nouveaux = {str(ligne[0]) for ligne in curseur.fetchall()}
    if reveiller and nouveaux:
        curseur.execute(f"NOTIFY {CANAL}")
    fautes.point("outbox.apres_depot")
    return nouveaux


def marquer(curseur: Any, flux: str, publications: Iterable[tuple[str, Entree]], *, identite: str) -> None:
    """Note which entry each event id became, if Redis is still the one the relay knows. Idempotent.

    The mark of an entry that went to a Redis since lost is not made: the row stays to be published again.
    """
    lignes = [(event_id, entree.ms, entree.n) for event_id, entree in publications]
    if not lignes or not _identite_connue(curseur, flux, identite):
        return
    execute_values(
        curseur,
        "UPDATE outbox SET publie_le = clock_timestamp(), entree_ms = v.ms, entree_n = v.n "
        "FROM (VALUES %s) AS v (event_id, ms, n) WHERE outbox.event_id = v.event_id::uuid",
        lignes,
        page_size=len(lignes),
    )


def _identite_connue(curseur: Any, flux: str, identite: str) -> bool:
    curseur.execute("SELECT 1 FROM outbox_flux WHERE flux = %s AND identite = %s FOR SHARE", [flux, identite])
    return curseur.fetchone() is not None


def publier_les_cles(curseur: Any, bus: Bus, cles: Iterable[str], *, identite: str) -> int:
    """Publish now, in order, what these keys still have unpublished, whoever wrote it; returns how many rows.

    For a consumer that meets an event it had already processed: what that one brought about may have been committed
    and never published, and must not be overtaken by what the next event of the key brings about.
    """
    liste = sorted(set(cles))
    curseur.execute(
        "SELECT 1 FROM outbox WHERE flux = %s AND publie_le IS NULL AND cle = ANY(%s) LIMIT 1", [bus.flux, liste]
    )
    if curseur.fetchone() is None:
        return 0
    curseur.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_verrou(bus)])
    curseur.execute(
        "SELECT event_id, champs FROM outbox WHERE flux = %s AND publie_le IS NULL AND cle = ANY(%s) ORDER BY seq",
        [bus.flux, liste],
    )
    return _publier(curseur, bus, curseur.fetchall(), identite=identite)


def _publier(curseur: Any, bus: Bus, lignes: Sequence[tuple[Any, str]], *, identite: str) -> int:
    """Append these rows, then mark them. The caller holds the stream's advisory lock."""
    if lignes:
        lot = [jsons.lire(champs.encode()) for _, champs in lignes]
        if fautes.point("relais.avant_xadd"):
            bus.publier(lot)
        entrees = bus.publier(lot)
        fautes.point("relais.apres_xadd")
        publications = zip((str(event_id) for event_id, _ in lignes), entrees, strict=True)
        marquer(curseur, bus.flux, publications, identite=identite)
        fautes.point("relais.avant_commit")
    return len(lignes)


def _verrou(bus: Bus) -> str:
    return f"outbox:{bus.flux}"


class Relais:
    """Publishes the outbox rows of one stream. Safe to run twice and to kill anywhere.

    `age_s`: rows younger than this are left to whoever wrote them (consumers publish their own with the
    acknowledgement); 0 when the relay is the only publisher. `groupes`: all groups that must have acknowledged an
    entry before its row is `acquis`; every relay of a stream names the same ones. `cadence_s`: least time from a sweep
    that published something to the next, so that what is committed meanwhile makes one batch; the first row after a
    silence is published at once. `entretien_s`: time between two rounds of maintenance.
    """

    def __init__(
        self,
        base: Base,
        bus: Bus,
        *,
        groupes: Sequence[str],
        age_s: float = 0.0,
        cadence_s: float = 0.0,
        entretien_s: float = 2.0,
    ) -> None:
        self._base, self._bus, self._groupes, self._age_s = base, bus, tuple(groupes), age_s
        self._cadence_s, self._entretien_s = cadence_s, entretien_s
        self._ecoutee: Any = None
        self._entretien_a = 0.0
        self._purge_a = 0.0

    def balayer(self) -> int:
        """Publish one batch; returns how many rows. Raises the database's or Redis's error, with nothing marked."""
        with self._base.transaction() as curseur:
            curseur.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [_verrou(self._bus)])
            if not curseur.fetchone()[0]:
                return 0
            identite = self._verifier_identite(curseur)
            curseur.execute(
                "SELECT event_id, champs FROM outbox WHERE flux = %s AND publie_le IS NULL "
                "AND cree_le <= clock_timestamp() - make_interval(secs => %s) ORDER BY seq LIMIT %s",
                [self._bus.flux, self._age_s, LOT],
            )
            publiees = _publier(curseur, self._bus, curseur.fetchall(), identite=identite)
        if publiees:
            fautes.point("relais.apres_commit")
        return publiees

    def _verifier_identite(self, curseur: Any) -> str:
        """If Redis is not the one that got our entries, publish again what some group may not have seen."""
        identite = self._bus.identite()
        curseur.execute("SELECT identite FROM outbox_flux WHERE flux = %s", [self._bus.flux])
        connue = curseur.fetchone()
        if connue is not None and connue[0] == identite:
            return identite
        curseur.execute(
            "UPDATE outbox SET publie_le = NULL, entree_ms = NULL, entree_n = NULL "
            "WHERE flux = %s AND NOT acquis AND publie_le IS NOT NULL",
            [self._bus.flux],
        )
        if connue is not None:
            journal.warning("Redis a changé d'identité : %s événements seront republiés", curseur.rowcount)
        curseur.execute(
            "INSERT INTO outbox_flux VALUES (%s, %s) ON CONFLICT (flux) DO UPDATE SET identite = EXCLUDED.identite",
            [self._bus.flux, identite],
        )
        fautes.point("relais.apres_remise_en_file")
        return identite

    def entretenir(self) -> None:
        """Mark what every group acknowledged, re-feed what the stream lost, forget old rows, trim. Idempotent.

        The first entry is read before the floor: what other relays trimmed lies below both. The identity is read on
        both sides of them: a floor of a Redis that has replaced ours, or is being replaced, acquires nothing.
        """
        identite = self._bus.identite()
        premiere = self._bus.premiere()
        plancher = self._bus.plancher(self._groupes)
        if self._bus.identite() != identite:
            return
        with self._base.transaction() as curseur:
            if not _identite_connue(curseur, self._bus.flux, identite):
                return
            curseur.execute(
                "UPDATE outbox SET acquis = true WHERE flux = %s AND NOT acquis AND publie_le IS NOT NULL "
                "AND (entree_ms, entree_n) < (%s, %s)",
                [self._bus.flux, plancher.ms, plancher.n],
            )
            curseur.execute(
                "UPDATE outbox SET publie_le = NULL, entree_ms = NULL, entree_n = NULL WHERE flux = %s AND NOT acquis "
                "AND publie_le IS NOT NULL AND (entree_ms, entree_n) < (%s, %s)",
                [self._bus.flux, premiere.ms, premiere.n],
            )
            if curseur.rowcount:
                journal.warning("%s événements ont disparu du flux et seront republiés", curseur.rowcount)
            curseur.execute(f"DELETE FROM outbox WHERE seq IN ({PERIMEES})", [CONSERVATION_H])  # noqa: S608 -- see above
        fautes.point("relais.avant_rognage")
        self._bus.rogner(plancher)

    def tourner(self, arret: threading.Event, *, intervalle_s: float = 0.5) -> None:
        """Sweep at every NOTIFY and every `intervalle_s`, maintain now and then, until `arret` is set.

        Outlives its database and Redis: waits with a growing pause and begins again.
        """
        pause = 0.1
        while not arret.is_set():
            try:
                self._ecouter()
                self._entretenir_parfois()
                publiees = dernier = self.balayer()
                while dernier == LOT and not arret.is_set():
                    dernier = self.balayer()
                if publiees:
                    arret.wait(self._cadence_s)
                self._attendre(arret, intervalle_s)
                pause = 0.1
            except (psycopg2.Error, redis.RedisError, OSError, fautes.FauteInjectee) as erreur:
                journal.warning("relais en attente (%s)", type(erreur).__name__)
                self._base.fermer()
                arret.wait(pause)
                pause = min(2 * pause, _ATTENTE_MAX_S)
        self._base.fermer()

    def _entretenir_parfois(self) -> None:
        maintenant = time.monotonic()
        if maintenant - self._entretien_a >= self._entretien_s:
            self._entretien_a = maintenant
            self.entretenir()
        if maintenant - self._purge_a >= _PURGE_S:
            self._purge_a = maintenant
            with self._base.transaction() as curseur:
                inbox.purger(curseur)

    def _ecouter(self) -> None:
        """Once per connection."""
        if self._ecoutee is not self._base.connexion():
            with self._base.transaction() as curseur:
                curseur.execute(f"LISTEN {CANAL}")
            self._ecoutee = self._base.connexion()

    def _attendre(self, arret: threading.Event, secondes: float) -> None:
        """Until a NOTIFY, or `secondes` (0.2 s at a time, to see `arret`)."""
        connexion = self._base.connexion()
        limite = time.monotonic() + secondes
        while not arret.is_set() and time.monotonic() < limite:
            if connexion.notifies:
                break
            if select.select([connexion], [], [], min(0.2, max(0.0, limite - time.monotonic())))[0]:
                connexion.poll()
        connexion.notifies.clear()


def arriere(curseur: Any) -> int:
    """Rows not published yet, for the `outbox_backlog` gauge."""
    curseur.execute("SELECT count(*) FROM outbox WHERE publie_le IS NULL")
    return int(curseur.fetchone()[0])
