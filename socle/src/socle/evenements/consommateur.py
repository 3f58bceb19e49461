"""One member of a consumer group: reads, reacts, commits, publishes, acknowledges.

Guarantee: each event takes effect once in the group, in order per key; see the package's docstring for the rules.

1. Up to `en_vol` keys are worked on at once; events of one key are worked on one after another, in stream order.
2. What is finished is committed together: one transaction (inbox and outbox), then one MULTI (XADD and XACK).
3. While a handler is slow, its entry is held (its idle time is reset), so that only entries of dead members are taken
   over. If it is taken over all the same, the inbox lets exactly one of the two commit.
4. SIGTERM (`arreter`) stops reading, finishes what is in flight within `drainage_s`, and leaves the rest pending.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import chain, takewhile
from typing import Protocol

import psycopg2
import redis

from socle import fautes
from socle.correlation import contexte
from socle.evenements import inbox, lettres_mortes, outbox
from socle.evenements.base import Base
from socle.evenements.bus import Bus, Entree, Recue
from socle.evenements.enveloppe import Evenement, EvenementIllisible, identifiant_derive, lire
from socle.evenements.lettres_mortes import LettreMorte
from socle.evenements.reactions import ADifferer, AReessayer, Table

journal = logging.getLogger("socle.evenements.consommateur")

_ILLISIBLE = identifiant_derive("00000000-0000-0000-0000-000000000000", "illisible")


class Observateur(Protocol):
    """What a program may want to count."""

    def consomme(self, evenement: Evenement) -> None: ...
    def publie(self, evenement: Evenement) -> None: ...
    def lettre_morte(self, lettre: LettreMorte) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Reglages:
    """Times in seconds, counts in events.

    `reclamation_s`: idle time after which an entry of another member is taken over. `essais_max`: deliveries or
    attempts before a dead letter. `patience_s`: how long `ADifferer` may go on. `linger_s`: pause after a batch, to
    read fuller ones.
    """

    lot: int = 100
    en_vol: int = 16
    retenues_max: int = 2000
    reclamation_s: float = 15.0
    essais_max: int = 5
    patience_s: float = 10.0
    attente_min_s: float = 0.1
    attente_max_s: float = 5.0
    linger_s: float = 0.002
    drainage_s: float = 10.0


@dataclass
class _Travail:
    """One entry on its way. `prochain` is when it may be tried again (monotonic seconds)."""

    entree: Entree | None
    evenement: Evenement
    champs: dict[str, str]
    livraisons: int
    echecs: int = 0
    depuis: float = field(default_factory=time.monotonic)
    prochain: float = 0.0


@dataclass
class _Fini:
    """A piece of work with its outcome: events brought about, or the cause of a dead letter."""

    travail: _Travail
    suites: list[Evenement] = field(default_factory=list)
    cause: str = ""


class Consommateur:
    """Runs one table of reactions as member `nom` of its group."""

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
        self._files: dict[str, deque[_Travail]] = {}
        self._en_cours: dict[Future[_Fini | None], str] = {}
        self._a_marquer: list[tuple[str, Entree]] = []
        self._arret = threading.Event()
        self._reprise_a = 0.0
        self._tenue_a = 0.0
        self._identite = ""

    def arreter(self) -> None:
        """Ask for a graceful end. Safe from a signal handler."""
        self._arret.set()

    # -- the loop ---------------------------------------------------------------------------------------------------

    def tourner(self) -> None:
        """Work until `arreter`. Outlives its database and Redis: forgets what is in flight and begins again."""
        pause = 0.1
        with ThreadPoolExecutor(self._reglages.en_vol, thread_name_prefix=self._table.groupe) as pool:
            while not self._arret.is_set():
                try:
                    self._commencer()
                    while not self._arret.is_set():
                        self._pas(pool)
                        pause = 0.1
                    self._drainer()
                except (psycopg2.Error, redis.RedisError, OSError, fautes.FauteInjectee) as erreur:
                    journal.warning("%s en attente (%s: %s)", self._table.groupe, type(erreur).__name__, erreur)
                    self._abandonner_le_vol()
                    self._arret.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 (jitter, not a secret)
                    pause = min(2 * pause, self._reglages.attente_max_s)
        self._base.fermer()

    def _commencer(self) -> None:
        """Be a member of the group, and take back what we left pending when we died."""
        self._files.clear()
        self._identite = self._bus.identite()
        with self._base.transaction() as curseur:
            curseur.execute(
                "SELECT entree FROM points_de_reprise WHERE groupe = %s AND flux = %s AND identite = %s",
                [self._table.groupe, self._bus.flux, self._identite],
            )
            ligne = curseur.fetchone()
        if self._bus.assurer_groupe(self._table.groupe, depuis=ligne[0] if ligne else "0"):
            journal.warning("groupe %s créé à partir de %s", self._table.groupe, ligne[0] if ligne else "0")
        while recues := self._bus.reprendre_les_miennes(self._table.groupe, self._nom, nombre=self._reglages.lot):
            if not self._accueillir(recues):
                break

    def _pas(self, pool: ThreadPoolExecutor) -> None:
        self._entretenir()
        occupe = bool(self._en_cours) or self._pret()
        if self._retenues() < self._reglages.retenues_max:
            attente = None if occupe else max(1, int(1000 * self._sommeil()))
            self._accueillir(
                self._bus.lire(self._table.groupe, self._nom, nombre=self._reglages.lot, attente_ms=attente)
            )
        if self._table.par_lot is not None:
            self._traiter_par_lot()
        else:
            self._lancer(pool)
            self._recolter()

    def _sommeil(self) -> float:
        """How long nothing can happen but a new entry: at most half a second, less when a retry is due."""
        prochains = [file[0].prochain for file in self._files.values() if file]
        reste = min(prochains) - time.monotonic() if prochains else 0.5
        return min(0.5, max(0.001, reste))

    def _retenues(self) -> int:
        return sum(map(len, self._files.values())) + len(self._en_cours)

    def _pret(self) -> bool:
        maintenant = time.monotonic()
        actives = set(self._en_cours.values())
        return any(file and file[0].prochain <= maintenant and cle not in actives for cle, file in self._files.items())

    # -- taking in --------------------------------------------------------------------------------------------------

    def _accueillir(self, recues: Iterable[Recue]) -> int:
        """Queue what was delivered, by key; what needs no work is acknowledged. Returns how many were queued."""
        inutiles: list[Entree] = []
        nouveaux: list[_Travail] = []
        illisibles: list[LettreMorte] = []
        presents = {travail.entree for file in self._files.values() for travail in file}
        for recue in recues:
            if recue.champs is None or recue.entree in presents:
                continue
            try:
                evenement = lire(recue.champs)
            except EvenementIllisible as erreur:
                illisibles.append(self._lettre_illisible(recue, str(erreur)))
                inutiles.append(recue.entree)
                continue
            if self._table.par_lot is None and evenement.type not in self._table.reactions:
                inutiles.append(recue.entree)
            else:
                nouveaux.append(_Travail(recue.entree, evenement, dict(recue.champs), recue.livraisons))
        if illisibles:
            with self._base.transaction() as curseur:
                lettres_mortes.deposer(curseur, illisibles)
            self._annoncer(illisibles)
        if nouveaux:
            inutiles += self._enfiler(nouveaux)
        self._bus.acquitter(self._table.groupe, inutiles)
        return len(nouveaux)

    def _enfiler(self, nouveaux: list[_Travail]) -> list[Entree]:
        """Queue new work; returns the entries that need none (already done, or behind a dead letter of their key)."""
        with self._base.transaction() as curseur:
            faits = inbox.deja_traites(curseur, self._table.groupe, [str(t.evenement.id) for t in nouveaux])
            bloquees = lettres_mortes.cles_bloquees(
                curseur, self._table.groupe, list({t.evenement.cle for t in nouveaux})
            )
            finis, derriere = [], []
            for travail in nouveaux:
                if str(travail.evenement.id) in faits:
                    finis.append(travail.entree)
                elif travail.evenement.cle in bloquees:
                    derriere.append(self._lettre(travail, "une lettre morte de la même clé attend devant"))
                    finis.append(travail.entree)
                else:
                    self._files.setdefault(travail.evenement.cle, deque()).append(travail)
            lettres_mortes.deposer(curseur, derriere)
        return [entree for entree in finis if entree is not None]

    def _entretenir(self) -> None:
        """Hold what is ours, take over what is nobody's, redrive, remember how far the group has come."""
        maintenant = time.monotonic()
        if maintenant - self._tenue_a >= self._reglages.reclamation_s / 3:
            self._tenue_a = maintenant
            tenues = [t.entree for file in self._files.values() for t in file if t.entree is not None]
            self._bus.tenir(self._table.groupe, self._nom, tenues)
            self._noter_la_reprise()
        if maintenant - self._reprise_a >= min(1.0, self._reglages.reclamation_s / 2):
            self._reprise_a = maintenant
            inactives_ms = int(1000 * self._reglages.reclamation_s)
            self._accueillir(
                self._bus.reprendre(self._table.groupe, self._nom, inactives_ms=inactives_ms, nombre=self._reglages.lot)
            )
            self._relancer_des_lettres()
            if not self._en_cours:
                self._marquer()

    def _noter_la_reprise(self) -> None:
        etat = self._bus.etat_des_groupes().get(self._table.groupe)
        if etat is None or self._bus.identite() != self._identite:
            raise redis.ConnectionError("Redis has lost the group")
        attente = self._bus.premiere_en_attente(self._table.groupe)
        entree = str(attente) if attente is not None else str(etat["last-delivered-id"])
        if attente is not None:
            entree = str(Entree(attente.ms, attente.n - 1) if attente.n else Entree(attente.ms - 1, 2**63))
        with self._base.transaction() as curseur:
            curseur.execute(
                "INSERT INTO points_de_reprise VALUES (%s, %s, %s, %s) ON CONFLICT (groupe, flux) "
                "DO UPDATE SET entree = EXCLUDED.entree, identite = EXCLUDED.identite",
                [self._table.groupe, self._bus.flux, entree, self._identite],
            )

    def _relancer_des_lettres(self) -> None:
        """Queue the redriven dead letters whose turn it is (they are no longer in the stream)."""
        with self._base.transaction() as curseur:
            lettres = lettres_mortes.a_relancer(curseur, self._table.groupe)
        connus = {str(t.evenement.id) for file in self._files.values() for t in file}
        for identifiant, champs in lettres:
            try:
                evenement = lire(champs)
            except EvenementIllisible as erreur:
                with self._base.transaction() as curseur:
                    lettres_mortes.refuser_la_relance(curseur, identifiant, f"illisible : {erreur}")
                continue
            if str(evenement.id) not in connus:
                self._files.setdefault(evenement.cle, deque()).append(_Travail(None, evenement, dict(champs), 1))

    # -- working ----------------------------------------------------------------------------------------------------

    def _lancer(self, pool: ThreadPoolExecutor) -> None:
        """Start the first event of every idle key, up to `en_vol`."""
        maintenant = time.monotonic()
        actives = set(self._en_cours.values())
        for cle, file in list(self._files.items()):
            if len(self._en_cours) >= self._reglages.en_vol:
                return
            if not file:
                del self._files[cle]
            elif cle not in actives and file[0].prochain <= maintenant:
                self._en_cours[pool.submit(self._reagir, file[0])] = cle

    def _reagir(self, travail: _Travail) -> _Fini | None:
        """Run the reaction; None when the event must be tried again later."""
        evenement = travail.evenement
        try:
            if travail.livraisons > self._reglages.essais_max:
                return _Fini(travail, cause=f"livré {travail.livraisons} fois sans aboutir")
            with contexte(evenement.correlation_id, evenement.traceparent):
                fautes.point(f"reaction.avant.{self._table.groupe}")
                suites = list(self._table.reactions[evenement.type](evenement))
                fautes.point(f"reaction.apres.{self._table.groupe}")
        except AReessayer as cause:
            self._reporter(travail, str(cause))
            return None
        except ADifferer as cause:
            if time.monotonic() - travail.depuis > self._reglages.patience_s:
                return _Fini(travail, cause=f"attendu en vain : {cause}")
            self._reporter(travail, str(cause))
            return None
        except Exception as cause:  # whatever it is, it is recorded as the cause of the dead letter
            travail.echecs += 1
            if travail.echecs + travail.livraisons - 1 >= self._reglages.essais_max:
                journal.exception("%s : %s impossible à traiter", self._table.groupe, evenement.type)
                return _Fini(travail, cause=f"{type(cause).__name__}: {cause}")
            self._reporter(travail, str(cause))
            return None
        return _Fini(travail, suites=suites)

    def _reporter(self, travail: _Travail, cause: str) -> None:
        """Exponential back-off with full jitter, counted from the first attempt."""
        age = time.monotonic() - travail.depuis
        plafond = min(self._reglages.attente_max_s, max(self._reglages.attente_min_s, age))
        travail.prochain = time.monotonic() + random.uniform(self._reglages.attente_min_s / 2, plafond)  # noqa: S311
        journal.info("%s : %s reporté (%s)", self._table.groupe, travail.evenement.type, cause)

    def _recolter(self) -> None:
        """Commit what is finished; waits a little for the first one, so that batches fill."""
        if not self._en_cours:
            return
        fini, _ = wait(self._en_cours, timeout=0.05, return_when=FIRST_COMPLETED)
        if not fini:
            return
        if self._reglages.linger_s:
            time.sleep(self._reglages.linger_s)
        finis = []
        for futur in [f for f in self._en_cours if f.done()]:
            cle = self._en_cours.pop(futur)
            resultat = futur.result()
            if resultat is not None:
                finis.append(resultat)
                self._files[cle].popleft()
        self._valider(finis)

    def _traiter_par_lot(self) -> None:
        """One call for everything that is ready, in stream order."""
        maintenant = time.monotonic()
        prets = (takewhile(lambda t: t.prochain <= maintenant, file) for file in self._files.values())
        travaux = sorted(chain.from_iterable(prets), key=lambda t: t.entree or Entree(0, 0))[: self._reglages.lot]
        if not travaux or self._table.par_lot is None:
            return
        try:
            self._table.par_lot([travail.evenement for travail in travaux])
        except (AReessayer, ADifferer) as cause:
            for travail in travaux:
                self._reporter(travail, str(cause))
            return
        except Exception as cause:  # one of them is poison: find it alone
            self._un_par_un(travaux, cause)
            return
        self._retirer_et_valider([_Fini(travail) for travail in travaux])

    def _un_par_un(self, travaux: list[_Travail], cause: Exception) -> None:
        if len(travaux) == 1:
            (travail,) = travaux
            travail.echecs += 1
            if travail.echecs + travail.livraisons - 1 >= self._reglages.essais_max:
                self._retirer_et_valider([_Fini(travail, cause=f"{type(cause).__name__}: {cause}")])
            else:
                self._reporter(travail, str(cause))
            return
        bloquees: set[str] = set()
        for travail in travaux:
            if travail.evenement.cle in bloquees or self._table.par_lot is None:
                continue
            try:
                self._table.par_lot([travail.evenement])
            except (AReessayer, ADifferer) as attente:
                self._reporter(travail, str(attente))
                bloquees.add(travail.evenement.cle)
            except Exception as propre:
                self._un_par_un([travail], propre)
                bloquees.add(travail.evenement.cle)
            else:
                self._retirer_et_valider([_Fini(travail)])

    def _retirer_et_valider(self, finis: list[_Fini]) -> None:
        for fini in finis:
            file = self._files[fini.travail.evenement.cle]
            file.remove(fini.travail)
            if not file:
                del self._files[fini.travail.evenement.cle]
        self._valider(finis)

    # -- committing -------------------------------------------------------------------------------------------------

    def _valider(self, finis: list[_Fini]) -> None:
        """One transaction for the batch, then one MULTI."""
        if not finis:
            return
        reussis = [fini for fini in finis if not fini.cause]
        morts = [self._lettre(fini.travail, fini.cause) for fini in finis if fini.cause]
        morts += self._suivants_bloques({lettre.cle for lettre in morts})
        entrees = [fini.travail.entree for fini in finis if fini.travail.entree is not None]
        entrees += [Entree.lire(lettre.position) for lettre in morts if lettre.position]
        suites: list[Evenement] = []
        with self._base.transaction() as curseur:
            outbox.marquer(curseur, self._bus.flux, self._a_marquer, identite=self._identite)
            notres = inbox.inscrire(curseur, self._table.groupe, [str(f.travail.evenement.id) for f in reussis])
            fautes.point(f"consommateur.apres_inbox.{self._table.groupe}")
            for fini in reussis:
                if str(fini.travail.evenement.id) in notres:
                    suites += fini.suites
            outbox.deposer(curseur, self._bus.flux, suites, reveiller=False)
            lettres_mortes.deposer(curseur, morts)
            relancees = [str(f.travail.evenement.id) for f in reussis if f.travail.entree is None]
            if relancees:
                lettres_mortes.conclure(curseur, self._table.groupe, relancees)
        self._a_marquer = []
        fautes.point(f"consommateur.avant_multi.{self._table.groupe}")
        publiees = self._bus.publier_et_acquitter(
            [suite.champs() for suite in suites], self._table.groupe, sorted(set(entrees))
        )
        fautes.point(f"consommateur.apres_multi.{self._table.groupe}")
        self._a_marquer = [(str(suite.id), entree) for suite, entree in zip(suites, publiees, strict=True)]
        self._annoncer(morts)
        if self._observateur is not None:
            for fini in reussis:
                self._observateur.consomme(fini.travail.evenement)
            for suite in suites:
                self._observateur.publie(suite)

    def _suivants_bloques(self, cles: set[str]) -> list[LettreMorte]:
        """The later events of keys that have just got a dead letter: they wait behind it."""
        lettres = []
        for cle in cles:
            for travail in self._files.pop(cle, ()):
                lettres.append(self._lettre(travail, "une lettre morte de la même clé attend devant"))
        return lettres

    def _marquer(self) -> None:
        """Note the entries of the last batch when no further batch does it."""
        if self._a_marquer:
            with self._base.transaction() as curseur:
                outbox.marquer(curseur, self._bus.flux, self._a_marquer, identite=self._identite)
            self._a_marquer = []

    def _drainer(self) -> None:
        """Finish what is in flight; what is only queued stays pending for the next member."""
        limite = time.monotonic() + self._reglages.drainage_s
        while self._en_cours and time.monotonic() < limite:
            self._recolter()
        self._marquer()

    def _abandonner_le_vol(self) -> None:
        """Forget what is in flight: it stays pending in Redis, and its effects are idempotent."""
        wait(self._en_cours, timeout=self._reglages.drainage_s)
        self._en_cours.clear()
        self._files.clear()
        self._a_marquer = []
        self._base.fermer()

    # -- dead letters -----------------------------------------------------------------------------------------------

    def _lettre(self, travail: _Travail, cause: str) -> LettreMorte:
        return LettreMorte(
            groupe=self._table.groupe,
            stream=self._bus.flux,
            event_id=str(travail.evenement.id),
            type=travail.evenement.type,
            cle=travail.evenement.cle,
            position=str(travail.entree) if travail.entree is not None else "",
            cause=cause,
            essais=travail.livraisons + travail.echecs,
            evenement=travail.champs,
        )

    def _lettre_illisible(self, recue: Recue, cause: str) -> LettreMorte:
        return LettreMorte(
            groupe=self._table.groupe,
            stream=self._bus.flux,
            event_id=str(identifiant_derive(_ILLISIBLE, f"{self._identite}:{recue.entree}")),
            type=(recue.champs or {}).get("type", "illisible")[:100],
            cle="",
            position=str(recue.entree),
            cause=f"illisible : {cause}",
            essais=recue.livraisons,
            evenement=dict(recue.champs or {}),
        )

    def _annoncer(self, lettres: list[LettreMorte]) -> None:
        for lettre in lettres:
            journal.error("lettre morte de %s : %s (%s)", lettre.groupe, lettre.type, lettre.cause)
            if self._observateur is not None:
                self._observateur.lettre_morte(lettre)
