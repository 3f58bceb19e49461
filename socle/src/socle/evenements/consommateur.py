"""One member of a consumer group: reads, reacts, commits, publishes, acknowledges.

Guarantee: each event takes effect once in the group, in order per key, with however many members; see the package's
docstring for the rules.

1. Up to `en_vol` keys are worked on at once; events of one key one after another, in stream order. Those that follow an
   event which another member has not finished wait for it (`socle.evenements.devanciers`).
2. What is finished is committed together: one transaction (inbox and outbox), then one MULTI (XADD and XACK).
3. While a handler is slow, its entry is held (its idle time is reset), so that only entries of dead members are taken
   over. If it is taken over all the same, the inbox lets exactly one of the two commit.
4. A member that dies again and again of one event: from the second death on that event is tried alone, and after
   `essais_max` deaths it is a dead letter. What was merely queued beside it, or waited for a neighbour, is innocent.
5. SIGTERM (`arreter`) stops reading, finishes what is in flight within `drainage_s`, and gives the rest back at once.
6. Two members of one group must not share a name.
"""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Protocol
from uuid import UUID

import psycopg2
import redis
from psycopg2.errors import ReadOnlySqlTransaction

from socle import fautes, traces
from socle.correlation import accepter, accepter_traceparent, contexte
from socle.erreurs import Indisponible
from socle.evenements import inbox, lettres_mortes, outbox
from socle.evenements.base import Base
from socle.evenements.bus import Bus, Entree, Recue
from socle.evenements.devanciers import Devanciers
from socle.evenements.enveloppe import Evenement, EvenementIllisible, identifiant_derive, lire
from socle.evenements.files import Files, Travail
from socle.evenements.lettres_mortes import DERRIERE, LettreMorte
from socle.evenements.reactions import ADifferer, AReessayer, Table

journal = logging.getLogger("socle.evenements.consommateur")

_ILLISIBLE = identifiant_derive("00000000-0000-0000-0000-000000000000", "illisible")
_RECOLTE_S = 0.05
_VAINES = 8

# The loop's own database or Redis: everything in flight is forgotten and begun again.
_PANNES = (psycopg2.Error, redis.RedisError, OSError, fautes.FauteInjectee)
# A reaction's neighbour, whoever raises it; Django wraps the driver's errors, hence the look at the cause.
_PASSAGERES = (
    AReessayer,
    Indisponible,
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    ReadOnlySqlTransaction,
    redis.ConnectionError,
    redis.TimeoutError,
)
# Raised while committing: one event of the batch holds what the database cannot.
_REFUS_DE_LA_BASE = (psycopg2.DataError, psycopg2.IntegrityError, ValueError, TypeError)


class Observateur(Protocol):
    """What a program may want to count. Must not raise."""

    def consomme(self, evenement: Evenement) -> None:
        """An event took effect in the group."""

    def publie(self, evenement: Evenement) -> None:
        """An event was brought about and published."""

    def lettre_morte(self, lettre: LettreMorte) -> None:
        """An event could not be processed."""


@dataclass(frozen=True, kw_only=True)
class Reglages:
    """Times in seconds, counts in events.

    `lot`: events read, and given to `par_lot`, at once. `lecture_s`: longest wait for a new event. `en_vol`: keys
    worked on at once. `retenues_max`: events held in memory. `reclamation_s`: idle time after which an entry of another
    member is taken over. `essais_max`: attempts (failures and deaths of members) before a dead letter. `patience_s`:
    how long `ADifferer` may go on. `attente_*_s`: bounds of the back-off. `cadence_s`: least time from a read that
    brought something to the next, so that what comes meanwhile makes one batch; the first event after a silence is
    taken at once, and a full batch is followed by the next without a pause. `cadence_vaine_s`: the same once several
    reads on end have brought nothing of the group's business. `delai_s`: how long a new event rests before it is tried,
    in a group that needs what another one does first. `linger_s`: pause before a commit, so that batches fill.
    `drainage_s`: how long `arreter` waits for what is in flight.
    """

    lot: int = 100
    lecture_s: float = 0.5
    en_vol: int = 16
    retenues_max: int = 2000
    reclamation_s: float = 15.0
    essais_max: int = 5
    patience_s: float = 10.0
    attente_min_s: float = 0.1
    attente_max_s: float = 5.0
    cadence_s: float = 0.0
    cadence_vaine_s: float = 0.0
    delai_s: float = 0.0
    linger_s: float = 0.002
    drainage_s: float = 10.0


@dataclass(frozen=True, kw_only=True)
class _Issue:
    """How an attempt ended: the events brought about, or why it is to be tried again, or what it died of."""

    suites: list[Evenement] = field(default_factory=list)
    attente: str = ""
    differe: bool = False
    erreur: str = ""

    @property
    def resultat(self) -> str:
        """As logs and spans say it."""
        return "panne" if self.erreur else "attente" if self.attente else "succes"


@dataclass(frozen=True, kw_only=True)
class _Fini:
    """A piece of work with its outcome: events brought about, or the cause of a dead letter."""

    travail: Travail
    suites: list[Evenement] = field(default_factory=list)
    cause: str = ""


def _ms_depuis(debut: float) -> float:
    return round((time.perf_counter() - debut) * 1000, 1)


def _correlation_commune(lot: Iterable[Evenement]) -> str:
    """What a batch calls its neighbours under: the id of its events, or one of its own when they have several."""
    communes = {evenement.correlation_id for evenement in lot}
    return accepter(communes.pop() if len(communes) == 1 else None)


class Consommateur:
    """Runs one table of reactions as member `nom` of its group. One thread calls `tourner`."""

    def __init__(
        self,
        table: Table,
        *,
        base: Base,
        bus: Bus,
        nom: str,
        reglages: Reglages | None = None,
        observateur: Observateur | None = None,
    ) -> None:
        self._table, self._base, self._bus, self._nom = table, base, bus, nom
        self._reglages = reglages or Reglages()
        self._observateur = observateur
        self._devanciers = Devanciers(bus, table.groupe, nom)
        self._files = Files()
        self._derriere: list[Travail] = []
        self._en_cours: dict[Future[_Issue], Travail] = {}
        self._delaisses: dict[Future[_Issue], str] = {}
        self._a_marquer: list[tuple[str, Entree]] = []
        self._arret = threading.Event()
        self._ne = False
        self._vaines = 0
        self._identite = ""
        self._lot_prochain = 0.0
        self._lot_depuis: float | None = None
        self._tenue_a = self._reprise_a = self._examen_a = self._lecture_a = 0.0

    def arreter(self) -> None:
        """Ask for a graceful end. Safe from a signal handler."""
        self._arret.set()

    # -- the loop ---------------------------------------------------------------------------------------------------

    def tourner(self) -> None:
        """Work until `arreter`. Outlives its database and Redis: forgets what is in flight and begins again."""
        pause = self._reglages.attente_min_s
        pool = ThreadPoolExecutor(self._reglages.en_vol, thread_name_prefix=self._table.groupe)
        try:
            while not self._arret.is_set():
                debut = time.monotonic()
                try:
                    self._commencer()
                    while not self._arret.is_set():
                        self._pas(pool)
                    self._finir()
                except _PANNES as erreur:
                    journal.warning("%s en attente (%s: %s)", self._table.groupe, type(erreur).__name__, erreur)
                    self._abandonner()
                    if time.monotonic() - debut > self._reglages.attente_max_s:
                        pause = self._reglages.attente_min_s
                    self._arret.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 (jitter, not a secret)
                    pause = min(2 * pause, self._reglages.attente_max_s)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            self._base.fermer()

    def _commencer(self) -> None:
        """Be a member of the group, and take back what we left pending."""
        identite = self._bus.identite()
        if identite != self._identite:
            self._a_marquer = []  # entries of a Redis that is gone
        self._identite = identite
        with self._base.transaction() as curseur:
            curseur.execute(
                "SELECT entree FROM points_de_reprise WHERE groupe = %s AND flux = %s AND identite = %s",
                [self._table.groupe, self._bus.flux, self._identite],
            )
            ligne = curseur.fetchone()
        if self._bus.assurer_groupe(self._table.groupe, depuis=ligne[0] if ligne else "0"):
            journal.warning("groupe %s créé à partir de %s", self._table.groupe, ligne[0] if ligne else "0")
        for recues in self._bus.les_miennes(self._table.groupe, self._nom, nombre=self._reglages.lot):
            # What this very process had taken has not killed it.
            self._accueillir(recues, heritees=not self._ne)
        fautes.point(f"consommateur.au_depart.{self._table.groupe}")
        self._ne = True

    def _pas(self, pool: ThreadPoolExecutor) -> None:
        self._entretenir()
        occupe = bool(self._en_cours) or self._peut_avancer()
        repos = self._lecture_a - time.monotonic()
        if len(self._files) + len(self._derriere) >= self._reglages.retenues_max:
            repos = self._reglages.lecture_s
        if repos <= 0:
            self._lire(attente_ms=None if occupe else max(1, int(1000 * self._sommeil())))
        elif not occupe:
            self._arret.wait(min(repos, self._sommeil()))
        if self._table.par_lot is not None:
            self._traiter_par_lot(pool)
        else:
            self._lancer(pool)
            self._recolter()

    def _lire(self, *, attente_ms: int | None) -> None:
        """Take in what is new, waiting at most `attente_ms` for it."""
        recues = self._bus.lire(self._table.groupe, self._nom, nombre=self._reglages.lot, attente_ms=attente_ms)
        if recues:
            fautes.point(f"consommateur.apres_lecture.{self._table.groupe}")
            vaine = not any(self._table.concerne(recue.champs) for recue in recues)
            self._vaines = self._vaines + 1 if vaine else 0
            if len(recues) < self._reglages.lot:
                self._lecture_a = time.monotonic() + self._cadence()
        self._accueillir(recues)

    def _cadence(self) -> float:
        cadence = self._reglages.cadence_s
        return max(cadence, self._reglages.cadence_vaine_s) if self._vaines > _VAINES else cadence

    def _peut_avancer(self) -> bool:
        if self._table.par_lot is not None:
            return self._lot_prochain <= time.monotonic() and self._files.pret(())
        return self._places() > 0 and self._files.pret(self._actives())

    def _sommeil(self) -> float:
        """How long nothing can happen but a new entry: at most `lecture_s`, less when something else is due."""
        if self._derriere or self._delaisses:
            return _RECOLTE_S
        plafond = self._reglages.lecture_s
        reste = self._files.attente(plafond)
        if self._table.par_lot is None:
            return reste
        return min(plafond, max(reste, self._lot_prochain - time.monotonic()))

    # -- taking in --------------------------------------------------------------------------------------------------

    def _accueillir(self, recues: Iterable[Recue], *, heritees: bool = False) -> None:
        """Queue what was delivered, by key; what needs no work is acknowledged."""
        inutiles: list[Entree | str] = []
        nouveaux: list[Travail] = []
        illisibles: list[LettreMorte] = []
        derriere = {travail.entree for travail in self._derriere}
        prochain = time.monotonic() + self._reglages.delai_s
        for recue in recues:
            if not self._table.concerne(recue.champs):
                inutiles.append(recue.identifiant)
                continue
            entree = recue.entree
            if entree in self._files or entree in derriere:
                continue
            try:
                evenement = lire(recue.champs, corps=self._table.corps)
            except EvenementIllisible as erreur:
                illisibles.append(self._lettre_illisible(recue, str(erreur)))
                inutiles.append(entree)
                continue
            nouveaux.append(
                Travail(
                    entree=entree,
                    evenement=evenement,
                    champs=dict(recue.champs),
                    morts=recue.livraisons - 1,
                    herite=heritees,
                    prochain=prochain,
                )
            )
        if illisibles:
            with self._base.transaction() as curseur:
                lettres_mortes.deposer(curseur, illisibles)
            self._annoncer(illisibles)
        if nouveaux:
            inutiles += self._admettre(nouveaux)
        self._bus.acquitter(self._table.groupe, inutiles)

    def _admettre(self, nouveaux: list[Travail]) -> list[Entree]:
        """Queue the events whose turn it is; the others wait behind other members'. Returns what needs no work."""
        candidats = sorted([*self._derriere, *nouveaux], key=lambda travail: travail.rang)
        attendent = self._devanciers.qui_attendent(candidats)
        self._derriere = [travail for travail in candidats if travail in attendent]
        self._examen_a = time.monotonic()
        return self._enfiler([travail for travail in candidats if travail not in attendent])

    def _enfiler(self, libres: list[Travail]) -> list[Entree]:
        """Queue work; returns the entries that need none (already done, or behind a dead letter of their key)."""
        if not libres:
            return []
        finis: list[Travail] = []
        derriere: list[Travail] = []
        with self._base.transaction() as curseur:
            ids = [travail.evenement.identifiant for travail in libres]
            faits = inbox.deja_traites(curseur, self._table.groupe, ids)
            abandonnes, bloquees = lettres_mortes.situation(
                curseur, self._table.groupe, ids, list({travail.cle for travail in libres})
            )
            for travail in libres:
                if travail.evenement.identifiant in faits | abandonnes:
                    finis.append(travail)
                elif travail.cle in bloquees:
                    derriere.append(travail)
                else:
                    self._files.ajouter(travail)
            lettres_mortes.deposer(curseur, [self._lettre(travail, DERRIERE) for travail in derriere])
        if finis:
            self._marquer()
            with self._base.transaction() as curseur:
                # What they brought about may have been committed and not published.
                cles = [travail.cle for travail in finis]
                outbox.publier_les_cles(curseur, self._bus, cles, identite=self._identite)
        return [travail.entree for travail in [*finis, *derriere] if travail.entree is not None]

    def _entretenir(self) -> None:
        """Hold what is ours, take over what is nobody's, redrive, remember how far the group has come."""
        maintenant = time.monotonic()
        groupe, reglages = self._table.groupe, self._reglages
        if maintenant - self._tenue_a >= reglages.reclamation_s / 3:
            self._tenue_a = maintenant
            self._tenir()
            self._noter_la_reprise()
        if maintenant - self._reprise_a >= min(1.0, reglages.reclamation_s / 2):
            self._reprise_a = maintenant
            if len(self._files) + len(self._derriere) < reglages.retenues_max:
                inactives_ms = int(1000 * reglages.reclamation_s)
                recues = self._bus.reprendre(groupe, self._nom, inactives_ms=inactives_ms, nombre=reglages.lot)
                self._accueillir(recues, heritees=True)
            self._relancer_des_lettres()
            self._marquer()
        if self._derriere and maintenant - self._examen_a >= _RECOLTE_S:
            self._bus.acquitter(groupe, self._admettre([]))

    def _tenir(self) -> None:
        """Keep what is ours from being taken over."""
        tenues = [travail.entree for travail in (*self._files, *self._derriere) if travail.entree is not None]
        self._bus.tenir(self._table.groupe, self._nom, tenues)

    def _noter_la_reprise(self) -> None:
        etat = self._bus.etat_des_groupes().get(self._table.groupe)
        if etat is None or self._bus.identite() != self._identite:
            raise redis.ConnectionError("Redis has lost the group")
        entree = self._bus.acquittees_avant(self._table.groupe, str(etat["last-delivered-id"])).precedente()
        with self._base.transaction() as curseur:
            curseur.execute(
                "INSERT INTO points_de_reprise VALUES (%s, %s, %s, %s) ON CONFLICT (groupe, flux) "
                "DO UPDATE SET entree = EXCLUDED.entree, identite = EXCLUDED.identite "
                "WHERE (points_de_reprise.entree, points_de_reprise.identite) <> (EXCLUDED.entree, EXCLUDED.identite)",
                [self._table.groupe, self._bus.flux, str(entree), self._identite],
            )

    def _relancer_des_lettres(self) -> None:
        """Queue the redriven dead letters whose turn it is (they are no longer in the stream)."""
        with self._base.transaction() as curseur:
            lettres = lettres_mortes.a_relancer(curseur, self._table.groupe)
            connus = {travail.evenement.identifiant for travail in self._files} if lettres else set()
            for identifiant, champs in lettres:
                try:
                    evenement = lire(champs)
                except EvenementIllisible as erreur:
                    lettres_mortes.refuser_la_relance(curseur, identifiant, f"illisible : {erreur}")
                    continue
                if evenement.identifiant not in connus:
                    self._files.ajouter(Travail(entree=None, evenement=evenement, champs=dict(champs)))

    # -- working ----------------------------------------------------------------------------------------------------

    def _actives(self) -> set[str]:
        """Keys under way, those of forgotten attempts included."""
        return {travail.cle for travail in self._en_cours.values()} | set(self._delaisses.values())

    def _places(self) -> int:
        return self._reglages.en_vol - len(self._en_cours) - len(self._delaisses)

    def _lancer(self, pool: ThreadPoolExecutor) -> None:
        """Start the first event of every idle key, up to `en_vol`; a suspect one alone."""
        if self._places() <= 0 or any(travail.suspect for travail in self._en_cours.values()):
            return
        choisis: list[Travail] = []
        for travail in self._files.tetes(self._actives()):
            if len(choisis) >= self._places():
                break
            if not travail.suspect:
                choisis.append(travail)
            elif not choisis and not self._en_cours:
                choisis = [travail]
                break
            else:
                break  # it will be first once the flight has landed
        for travail in choisis:
            self._compter(travail)
            self._en_cours[pool.submit(self._reagir, travail)] = travail

    def _compter(self, travail: Travail) -> None:
        """An attempt begins: should the member die of it, the next one must know."""
        travail.tentatives += 1
        if travail.premier_essai is None:
            travail.premier_essai = time.monotonic()
            if travail.herite and travail.entree is not None:
                self._bus.tenir(self._table.groupe, self._nom, [travail.entree], livraisons=travail.morts + 2)

    def _innocenter(self, travail: Travail) -> None:
        """An attempt ended without killing anybody."""
        if travail.herite and travail.entree is not None:
            self._bus.tenir(self._table.groupe, self._nom, [travail.entree], livraisons=1)
        travail.herite, travail.morts = False, 0

    def _reagir(self, travail: Travail) -> _Issue:
        """One attempt, in a thread of the pool."""
        evenement = travail.evenement
        if travail.mortel(self._reglages.essais_max):
            return _Issue(erreur=f"livré {travail.morts + 1} fois sans aboutir")
        with (
            contexte(accepter(evenement.correlation_id), accepter_traceparent(evenement.traceparent)),
            traces.etendue(evenement.type, "CONSUMER", parent=evenement.traceparent, groupe=self._table.groupe) as span,
        ):
            debut = time.perf_counter()
            issue = self._tenter(evenement)
            span.dire(resultat=issue.resultat, tentative=travail.tentatives)
            self._dire(travail, issue, duree_ms=_ms_depuis(debut))
            return issue

    def _dire(self, travail: Travail, issue: _Issue, **champs: float) -> None:
        """The log line of one attempt of one event."""
        evenement = travail.evenement
        journal.info(
            "%s %s",
            evenement.type,
            issue.resultat,
            extra={
                "checkout_id": evenement.cle, "groupe": self._table.groupe, "evenement": evenement.identifiant,
                "tentative": travail.tentatives, "statut": issue.resultat, "cause": issue.attente or issue.erreur,
                **champs,
            },
        )  # fmt: skip

    def _dire_le_lot(self, travaux: list[Travail], issue: _Issue, debut: float) -> None:
        """The one log line of one attempt of a batch: whose events it was, each checkout and correlation id once."""
        evenements = [travail.evenement for travail in travaux]
        journal.info(
            "lot %s",
            issue.resultat,
            extra={
                "checkouts": list(dict.fromkeys(e.cle for e in evenements)),
                "correlations": list(dict.fromkeys(e.correlation_id for e in evenements)),
                "groupe": self._table.groupe, "lot": len(travaux), "statut": issue.resultat,
                "tentative": max(travail.tentatives for travail in travaux), "cause": issue.attente or issue.erreur,
                "duree_ms": _ms_depuis(debut),
            },
        )  # fmt: skip

    def _tenter(self, evenement: Evenement) -> _Issue:
        try:
            if fautes.point(f"reaction.avant.{self._table.groupe}"):
                self._table.reagir(evenement)
            suites = self._table.reagir(evenement)
            fautes.point(f"reaction.apres.{self._table.groupe}")
        except Exception as cause:  # whatever it is, it is recorded as the cause of the dead letter
            return self._issue(evenement.type, cause)
        return _Issue(suites=suites)

    def _issue(self, quoi: str, cause: Exception) -> _Issue:
        """What an exception of a reaction means."""
        if isinstance(cause, ADifferer):
            return _Issue(attente=str(cause) or "différé", differe=True)
        if isinstance(cause, _PASSAGERES) or isinstance(cause.__cause__, _PASSAGERES):
            return _Issue(attente=str(cause) or type(cause).__name__)
        journal.warning("%s : %s a échoué", self._table.groupe, quoi, exc_info=cause)
        return _Issue(erreur=f"{type(cause).__name__}: {cause}")

    def _juger(self, travail: Travail, issue: _Issue) -> _Fini | None:
        """What an outcome leads to; None when the event is to be tried again."""
        debut = travail.premier_essai or time.monotonic()
        if issue.erreur:
            travail.echecs += 1
            if travail.echecs + travail.morts >= self._reglages.essais_max:
                return _Fini(travail=travail, cause=issue.erreur)
        elif issue.differe and time.monotonic() - debut > self._reglages.patience_s:
            return _Fini(travail=travail, cause=f"attendu en vain : {issue.attente}")
        elif not issue.attente:
            return _Fini(travail=travail, suites=issue.suites)
        else:
            self._innocenter(travail)
            if issue.differe:
                self._files.ceder(travail)
        travail.prochain = self._recul(debut)
        return None

    def _recul(self, depuis: float) -> float:
        """When to try again: exponential back-off with jitter, counted from the first attempt."""
        age = time.monotonic() - depuis
        plafond = min(self._reglages.attente_max_s, max(self._reglages.attente_min_s, age))
        return time.monotonic() + random.uniform(self._reglages.attente_min_s / 2, plafond)  # noqa: S311

    def _recolter(self) -> None:
        """Commit what is finished; waits a little for the first one, so that batches fill."""
        vols = [*self._en_cours, *self._delaisses]
        if not vols or not wait(vols, timeout=_RECOLTE_S, return_when=FIRST_COMPLETED).done:
            return
        self._delaisses = {futur: cle for futur, cle in self._delaisses.items() if not futur.done()}
        if self._reglages.linger_s:
            time.sleep(self._reglages.linger_s)
        finis = []
        for futur in [futur for futur in self._en_cours if futur.done()]:
            fini = self._juger(self._en_cours.pop(futur), futur.result())
            if fini is not None:
                finis.append(fini)
        self._valider(finis)

    # -- working in batches -----------------------------------------------------------------------------------------

    def _traiter_par_lot(self, pool: ThreadPoolExecutor) -> None:
        """One call for everything that is ready, in stream order; what has failed before is tried alone."""
        prets = self._files.pretes()[: self._reglages.lot]
        if prets and self._lot_prochain <= time.monotonic():
            sains = list(takewhile(lambda travail: not (travail.suspect or travail.echecs), prets))
            self._essayer(pool, sains or prets[:1])

    def _essayer(self, pool: ThreadPoolExecutor, travaux: list[Travail]) -> None:
        for travail in travaux:
            self._compter(travail)
        lot = pool.submit(self._reagir_au_lot, travaux)
        while not wait([lot], timeout=self._reglages.reclamation_s / 3).done:
            with contextlib.suppress(redis.RedisError):  # the commit will say it; the batch must not be begun twice
                self._tenir()
        issue, seuls = lot.result()
        if issue.attente:
            self._lot_depuis = self._lot_depuis or time.monotonic()
            self._lot_prochain = self._recul(self._lot_depuis)
            for travail in travaux:
                self._innocenter(travail)
            return
        self._lot_depuis = None
        if issue.erreur and len(travaux) > 1:  # one of them is poison: find it alone
            self._un_par_un(pool, travaux)
            return
        finis, reportes, bloquees = [], [], set()
        for travail in travaux:
            sienne = seuls.get(travail.evenement.id, issue)
            if sienne is not issue:
                with contexte(accepter(travail.evenement.correlation_id)):
                    self._dire(travail, sienne)
            fini = self._juger(travail, sienne) if travail.cle not in bloquees else None
            if fini is not None:
                finis.append(fini)
                continue
            bloquees.add(travail.cle)
            if sienne.attente:
                reportes.append(travail)
        for travail in reportes:  # together again
            travail.prochain = max(reporte.prochain for reporte in reportes)
        self._valider(finis)

    def _un_par_un(self, pool: ThreadPoolExecutor, travaux: list[Travail]) -> None:
        for travail in travaux:
            if self._lot_prochain > time.monotonic():
                return
            if self._files.de(travail.cle)[:1] == [travail]:  # nothing of its key has failed before it
                self._essayer(pool, [travail])

    def _reagir_au_lot(self, travaux: list[Travail]) -> tuple[_Issue, dict[UUID, _Issue]]:
        """One attempt of the whole batch in a thread of the pool: how it ended, and those that ended otherwise."""
        if self._table.par_lot is None or any(t.mortel(self._reglages.essais_max) for t in travaux):
            return _Issue(erreur=f"livré {travaux[0].morts + 1} fois sans aboutir"), {}
        lot = [travail.evenement for travail in travaux]
        suivis = ((e.traceparent, e.correlation_id) for e in lot)
        debut = time.perf_counter()
        with contexte(_correlation_commune(lot)):
            try:
                if fautes.point(f"reaction.avant.{self._table.groupe}"):
                    self._table.par_lot(lot)
                with traces.etendues(self._table.groupe, "CONSUMER", suivis, lot=len(lot)):
                    seuls = self._table.par_lot(lot) or ()
                    self._dire_le_lot(travaux, _Issue(), debut)
                fautes.point(f"reaction.apres.{self._table.groupe}")
            except Exception as cause:  # whatever it is, it is recorded as the cause of the dead letter
                issue = self._issue(f"un lot de {len(travaux)}", cause)
                self._dire_le_lot(travaux, issue, debut)
                return issue, {}
        if isinstance(seuls, Mapping):
            return _Issue(), {cle: self._issue("un événement du lot", cause) for cle, cause in seuls.items()}
        return _Issue(), dict.fromkeys(seuls, _Issue(attente="pas encore"))

    # -- committing -------------------------------------------------------------------------------------------------

    def _valider(self, finis: list[_Fini]) -> None:
        """Commit the batch; an event that the database refuses is a dead letter, and the others are not."""
        if not finis:
            return
        try:
            self._ecrire(finis)
        except _REFUS_DE_LA_BASE as refus:
            if len(finis) > 1:
                for fini in finis:
                    self._valider([fini])
            elif not finis[0].cause:
                self._valider([_Fini(travail=finis[0].travail, cause=f"{type(refus).__name__}: {refus}")])
            else:
                raise

    def _ecrire(self, finis: list[_Fini]) -> None:
        """One transaction for the batch, then one MULTI."""
        groupe = self._table.groupe
        reussis = [fini for fini in finis if not fini.cause]
        condamnes = [fini for fini in finis if fini.cause]
        retires = [fini.travail for fini in finis]
        suivants = [t for fini in condamnes for t in self._files.de(fini.travail.cle) if t not in retires]
        lettres = [self._lettre(fini.travail, fini.cause) for fini in condamnes]
        lettres += [self._lettre(travail, DERRIERE) for travail in suivants]
        suites: list[Evenement] = []
        with self._base.transaction() as curseur:
            outbox.marquer(curseur, self._bus.flux, self._a_marquer, identite=self._identite)
            notres = inbox.inscrire(curseur, groupe, [fini.travail.evenement.identifiant for fini in reussis])
            fautes.point(f"consommateur.apres_inbox.{groupe}")
            effectifs = [fini for fini in reussis if fini.travail.evenement.identifiant in notres]
            for fini in effectifs:
                suites += fini.suites
            outbox.deposer(curseur, self._bus.flux, suites, reveiller=False)
            lettres_mortes.deposer(curseur, lettres)
            relancees = [fini.travail.evenement.identifiant for fini in reussis if fini.travail.entree is None]
            if relancees:
                lettres_mortes.conclure(curseur, groupe, relancees)
            fautes.point(f"consommateur.avant_commit.{groupe}")
        self._a_marquer = []
        for travail in (*retires, *suivants):
            self._files.retirer(travail)
        if fautes.point(f"consommateur.avant_multi.{groupe}"):
            self._bus.publier([suite.champs() for suite in suites])
        entrees = {travail.entree for travail in (*retires, *suivants) if travail.entree is not None}
        publiees = self._bus.publier_et_acquitter([suite.champs() for suite in suites], groupe, sorted(entrees))
        fautes.point(f"consommateur.apres_multi.{groupe}")
        self._a_marquer = [(suite.identifiant, entree) for suite, entree in zip(suites, publiees, strict=True)]
        self._annoncer(lettres)
        if self._observateur is not None:
            for fini in effectifs:
                self._observateur.consomme(fini.travail.evenement)
            for suite in suites:
                self._observateur.publie(suite)

    def _marquer(self) -> None:
        """Note the entries of the last batch when no further batch does it soon."""
        if self._a_marquer:
            with self._base.transaction() as curseur:
                outbox.marquer(curseur, self._bus.flux, self._a_marquer, identite=self._identite)
            self._a_marquer = []

    def _finir(self) -> None:
        """Finish what is in flight; what is only queued is anybody's."""
        limite = time.monotonic() + self._reglages.drainage_s
        while self._en_cours and time.monotonic() < limite:
            self._recolter()
        self._marquer()
        en_vol = set(self._en_cours.values())
        restes = [t.entree for t in (*self._files, *self._derriere) if t not in en_vol and t.entree is not None]
        self._bus.rendre(self._table.groupe, self._nom, restes)

    def _abandonner(self) -> None:
        """Forget what is in flight: it stays pending in Redis, and its effects are idempotent.

        An attempt that still runs keeps its key busy until it ends, so that two of one key never run at once here.
        """
        self._delaisses |= {f: travail.cle for f, travail in self._en_cours.items() if not f.done()}
        self._en_cours.clear()
        self._files.vider()
        self._derriere = []
        self._base.fermer()

    # -- dead letters -----------------------------------------------------------------------------------------------

    def _lettre(self, travail: Travail, cause: str) -> LettreMorte:
        return LettreMorte(
            groupe=self._table.groupe,
            stream=self._bus.flux,
            event_id=travail.evenement.identifiant,
            type=travail.evenement.type,
            cle=travail.cle,
            position=str(travail.entree) if travail.entree is not None else "",
            cause=cause,
            essais=travail.morts + travail.echecs,
            evenement=travail.champs,
        )

    def _lettre_illisible(self, recue: Recue, cause: str) -> LettreMorte:
        return LettreMorte(
            groupe=self._table.groupe,
            stream=self._bus.flux,
            event_id=str(identifiant_derive(_ILLISIBLE, f"{self._identite}:{recue.identifiant}")),
            type=recue.champs.get("type", "illisible")[:100],
            cle="",
            position=recue.identifiant,
            cause=f"illisible : {cause}",
            essais=recue.livraisons,
            evenement=recue.champs,
        )

    def _annoncer(self, lettres: list[LettreMorte]) -> None:
        for lettre in lettres:
            with contexte(accepter(lettre.evenement.get("correlation_id"))):
                journal.error("lettre morte de %s : %s (%s)", lettre.groupe, lettre.type, lettre.cause)
            if self._observateur is not None:
                self._observateur.lettre_morte(lettre)
