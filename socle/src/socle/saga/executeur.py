"""The runner: takes the engine's commands, calls the steps, persists. Same code in a request and in the recovery loop.

1. Hot path: three writes (creation, intent, end), no thread, no read.
2. Whatever goes wrong here (lease lost, database lost, process killed), the caller becomes a follower of its own saga:
   it waits for whoever finishes it, or finishes it itself once the lease is free.
3. The caller's patience (`attente_s`) bounds the calls too; a saga it cannot finish is handed over, not abandoned.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from socle import correlation, fautes, traces
from socle.erreurs import CleReutilisee, Indisponible, Introuvable
from socle.saga import moteur
from socle.saga.bail import Renouveleur
from socle.saga.definition import Appel, DefinitionInvalide, DefinitionSaga, RefusEtape, Registre
from socle.saga.depot import (
    BailPerdu,
    Conclusion,
    Creation,
    Depot,
    DepotIndisponible,
    Fragment,
    Proprietaire,
    Saga,
    Suivi,
)

journal = logging.getLogger("socle.saga")

_MARGE_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Reglages:
    """Time limits, in seconds: of a saga, of one step with its retries, and the longest pause held in a thread."""

    delai_s: float = 30.0
    etape_s: float = 5.0
    pause_en_ligne_s: float = 1.0


class Observateur:
    """What metrics listen to; every method is optional. Called in the thread that runs the saga."""

    def etape(self, saga: Saga, etape: str, sens: moteur.Sens, statut: str, duree_s: float) -> None:
        """One attempt ended: `statut` is succes, refus or panne."""

    def debut(self, saga: Saga) -> None:
        """A saga was created."""

    def fin(self, saga: Saga, conclusion: Conclusion) -> None:
        """A saga ended; called once per saga, by the process whose write was the end."""

    def intervention(self, saga: Saga) -> None:
        """A saga waits for an operator."""


class Executeur:
    """Runs sagas of the definitions of `registre` against `ports`, which actions and compensations receive.

    `conclure(saga)` makes the stored answer of an ended saga; it must be deterministic and must not raise.
    `avec_intention(saga)` is what the service writes together with the intent of the first effect.
    """

    def __init__(
        self,
        *,
        depot: Depot,
        registre: Registre,
        ports: Any,
        conclure: Callable[[Saga], Conclusion],
        avec_intention: Callable[[Saga], Sequence[Fragment]] = lambda _: (),
        proprietaire: Callable[[], Proprietaire],
        observateur: Observateur | None = None,
        reglages: Reglages | None = None,
        alea: Callable[[], float] = random.random,
    ) -> None:
        self.depot, self.registre, self.proprietaire = depot, registre, proprietaire
        self._ports, self._conclure, self._avec_intention = ports, conclure, avec_intention
        self._observateur = observateur or Observateur()
        self._reglages, self._alea = reglages or Reglages(), alea
        self._renouveleur = Renouveleur(depot)
        self._arret = threading.Event()

    # -- entry points ----------------------------------------------------------------------------------------------

    def lancer(self, creation: Creation, attente_s: float) -> Suivi:
        """Create a saga and run it, or join the one that exists: at most `attente_s` seconds, then the state so far.

        Idempotent by `saga_id`, and by (`consommateur`, `cle`). Raises `CleReutilisee` when the same id or key came
        with another request, `DepotIndisponible`.
        """
        limite = time.monotonic() + attente_s
        fautes.point("saga.avant_creation")
        saga = self._creer(creation)
        if saga is None:
            self._exiger_meme_requete(creation)
            return self.attendre(creation.saga_id, limite)
        self._observateur.debut(saga)
        fautes.point("saga.apres_creation")
        if creation.differee:
            return _en_cours(saga)
        return self._conduire_ou_suivre(saga, limite)

    def attendre(self, saga_id: str, limite: float) -> Suivi:
        """Follow a saga until it ends, an operator is needed, or `limite` (monotonic seconds); run it if it is free.

        Raises `Introuvable`, `DepotIndisponible`.
        """
        pause_s = 0.01
        while True:
            reste_s = limite - time.monotonic()
            try:
                suivi = self._suivre(saga_id)
                if suivi.terminee or not suivi.active or reste_s <= _MARGE_S:
                    return suivi
                if suivi.reprenable:
                    saga = self.depot.prendre(saga_id, self.proprietaire(), self.registre.versions())
                    if saga is not None:
                        fautes.point("saga.apres_reprise")
                        return self._conduire_ou_suivre(saga, limite)
            except DepotIndisponible:
                if reste_s <= _MARGE_S:
                    raise
            time.sleep(max(0.0, min(reste_s, pause_s * (0.5 + self._alea()))))
            pause_s = min(pause_s * 1.6, 0.25)

    def ordonner(self, saga_id: str, ordre: moteur.Ordre, attente_s: float) -> Suivi:
        """Take the saga from whoever runs it, apply an operator's order and run on, for at most `attente_s` seconds.

        Exactly one of this order and a concurrent end wins: both need the row (F18). Raises `Introuvable`,
        `OrdreImpossible`, `DepotIndisponible`.
        """
        limite = time.monotonic() + attente_s
        etats = [d.etat_intervention for d in self._definitions()] if isinstance(ordre, moteur.OrdreIgnorer) else []
        saga = self.depot.saisir(saga_id, self.proprietaire(), etats)
        if saga is None:
            suivi = self._suivre(saga_id)
            if suivi.terminee:
                raise moteur.OrdreImpossible(f"La saga est terminée ({suivi.etat}).")
            raise moteur.OrdreImpossible("Seule une saga en INTERVENTION_REQUISE a une étape à ignorer.")
        if (saga.nom, saga.version) not in self.registre.versions():
            self.depot.rendre(saga)
            raise moteur.OrdreImpossible(f"La version {saga.version} de la saga {saga.nom} n'est pas connue ici.")
        fautes.point("saga.apres_saisie")
        if saga.ancien_proprietaire:
            saga.etat = moteur.elargir(self._definition(saga), saga.etat)
        return self._conduire_ou_suivre(saga, limite, ordre)

    def conduire(self, saga: Saga, limite: float | None = None, ordre: moteur.Ordre | None = None) -> Conclusion | None:
        """Run an owned saga until it ends (its answer) or is handed over (None).

        Raises `BailPerdu`, `DepotIndisponible`; the saga is then finished by its next owner.
        """
        self._renouveleur.suivre(saga)
        try:
            with correlation.contexte(saga.correlation_id, saga.traceparent):
                return self._derouler(saga, limite, ordre)
        finally:
            self._renouveleur.oublier(saga)

    def arreter(self) -> None:
        """Hand every running saga over at its next step boundary (the process is about to end)."""
        self._arret.set()

    def _suivre(self, saga_id: str) -> Suivi:
        suivi = self.depot.suivre(saga_id)
        if suivi is None:
            raise Introuvable("Cette saga n'existe pas.", error="Saga introuvable")
        return suivi

    # -- creation --------------------------------------------------------------------------------------------------

    def _creer(self, creation: Creation) -> Saga | None:
        """A creation whose answer was lost is repeated: it then finds its own row, which is followed like any other."""
        for pause in (0.05, 0.2, None):
            try:
                return self.depot.creer(creation, self.proprietaire())
            except DepotIndisponible:
                if pause is None:
                    raise
                time.sleep(pause)
        raise AssertionError("the loop returns or raises")

    def _exiger_meme_requete(self, creation: Creation) -> None:
        existante = self.depot.suivre(creation.saga_id)
        if existante is None and creation.cle is not None:
            existante = self.depot.suivre_cle(creation.consommateur, creation.cle)
        if existante is None:
            raise DepotIndisponible("La saga n'a pas pu être lue.")
        if existante.saga_id != creation.saga_id or existante.empreinte != creation.empreinte:
            raise CleReutilisee(
                "Cet identifiant a déjà servi pour une autre requête.", extra={"saga_id": existante.saga_id}
            )

    # -- running ---------------------------------------------------------------------------------------------------

    def _conduire_ou_suivre(self, saga: Saga, limite: float, ordre: moteur.Ordre | None = None) -> Suivi:
        try:
            conclusion = self.conduire(saga, limite, ordre)
        except BailPerdu:
            journal.warning("saga %s: bail perdu, un autre exécutant la conduit", saga.saga_id)
        except DepotIndisponible:
            journal.warning("saga %s: base indisponible, elle sera reprise", saga.saga_id)
        else:
            if conclusion is not None:
                return _finie(saga, conclusion)
        return self.attendre(saga.saga_id, limite)

    def _derouler(self, saga: Saga, limite: float | None, ordre: moteur.Ordre | None) -> Conclusion | None:
        definition = self._definition(saga)
        if ordre is None and saga.etat.etat == definition.etat_intervention:
            # Taken by an operator's process that died before it wrote anything.
            self.depot.bloquer(saga)
            return None
        issue: moteur.Issue = moteur.Demarrer()
        if ordre is not None:
            issue = ordre
        elif saga.ancien_proprietaire:
            issue = moteur.Abandonnee(saga.ancien_proprietaire)
        while True:
            reste_s = self._reglages.delai_s - saga.age_s()
            saga.etat, commandes = moteur.avancer(definition, saga.etat, issue, reste_s)
            for commande in commandes:
                if isinstance(commande, moteur.Consigner):
                    saga.consigner(commande)
                elif isinstance(commande, moteur.Appeler):
                    issue = self._appeler(saga, commande, reste_s, limite)
                elif isinstance(commande, moteur.Persister):
                    self._persister(saga, commande)
                elif isinstance(commande, moteur.Terminer):
                    return self._terminer(saga)
                elif isinstance(commande, moteur.Attendre):
                    if not self._patienter(saga, commande.plafond_s, limite):
                        return None
                    issue = moteur.Demarrer()
                elif isinstance(commande, moteur.Rendre):
                    self._remettre(saga)
                    return None
                else:
                    fautes.point("saga.avant_intervention")
                    self.depot.bloquer(saga)
                    fautes.point("saga.apres_intervention")
                    self._observateur.intervention(saga)
                    journal.error("saga %s: intervention requise (%s)", saga.saga_id, saga.etat.derniere_erreur)
                    return None

    def _appeler(self, saga: Saga, commande: moteur.Appeler, reste_s: float, limite: float | None) -> moteur.Issue:
        etape, sens = commande.etape, commande.sens
        debut = time.monotonic()
        if self._arret.is_set() or (limite is not None and limite - debut <= _MARGE_S):
            return moteur.Suspendue(effet_possible=False)
        if saga.perdue:
            raise BailPerdu(saga.saga_id)
        cle = f"{saga.saga_id}:{etape.nom}:{sens}"
        if saga.appel_en_cours[0] != cle:
            saga.appel_en_cours = (cle, debut)
        libelle = etape.nom if sens == "action" else f"{etape.nom}.compensation"
        tentative = saga.tentatives[libelle] = saga.tentatives.get(libelle, 0) + 1
        secondes = self._reglages.etape_s
        if sens == "action":
            secondes = min(secondes - (debut - saga.appel_en_cours[1]), reste_s)
        if limite is not None:
            secondes = min(secondes, limite - debut)
        appel = Appel(saga_id=saga.saga_id, donnees=saga.donnees, cle=cle, tentative=tentative)
        issue = self._une_tentative(saga, commande, appel, max(secondes, _MARGE_S))
        fin = time.monotonic()
        saga.durees[libelle] = saga.durees.get(libelle, 0.0) + fin - debut
        statut = "succes" if isinstance(issue, moteur.Reussie) else (
            "refus" if isinstance(issue, moteur.Refusee) else "panne"
        )  # fmt: skip
        self._observateur.etape(saga, etape.nom, sens, statut, fin - debut)
        journal.info(
            "étape %s %s",
            libelle,
            statut,
            extra={
                "saga_id": saga.saga_id, "etape": etape.nom, "sens": sens, "statut": statut, "tentative": tentative,
                "duree_ms": round((fin - debut) * 1000, 1),
            },
        )  # fmt: skip
        if isinstance(issue, moteur.EnPanne):
            if limite is not None and limite - fin <= _MARGE_S and self._reglages.delai_s > saga.age_s():
                # Cut short by the caller's patience, not by the step: somebody else tries again, with the same key.
                return moteur.Suspendue(effet_possible=issue.effet_possible)
            return moteur.EnPanne(issue.message, issue.effet_possible, fin - saga.appel_en_cours[1])
        return issue

    def _une_tentative(
        self, saga: Saga, commande: moteur.Appeler, appel: Appel, secondes: float
    ) -> moteur.Reussie | moteur.Refusee | moteur.EnPanne:
        etape = commande.etape
        action = etape.action if commande.sens == "action" else etape.compensation
        if action is None:
            raise DefinitionInvalide(f"{etape.nom} has no {commande.sens}")
        quoi = "effet" if commande.sens == "action" else "compensation"
        try:
            with (
                correlation.echeance(secondes),
                traces.etendue(etape.nom, sens=commande.sens, tentative=appel.tentative),
            ):
                if fautes.point(f"saga.avant_{quoi}.{etape.nom}"):
                    action(self._ports, appel)
                apport = action(self._ports, appel)
            fautes.point(f"saga.apres_{quoi}.{etape.nom}")
        except RefusEtape as refus:
            return moteur.Refusee(refus.message, refus.code)
        except Indisponible as panne:
            return moteur.EnPanne(str(panne), getattr(panne, "effet_possible", True))
        except Exception as defaut:  # a defect of a step must end in a retry, then a compensation, never in limbo
            journal.exception("saga %s: défaut de l'étape %s", saga.saga_id, etape.nom)
            return moteur.EnPanne(f"Défaut interne : {type(defaut).__name__}", True)
        if apport:
            saga.donnees.update(apport)
        return moteur.Reussie()

    def _persister(self, saga: Saga, commande: moteur.Persister) -> None:
        if commande.intention:
            fautes.point("saga.avant_intention")
            self.depot.enregistrer(saga, supplements=self._avec_intention(saga))
            fautes.point("saga.apres_intention")
            return
        entre_deux = saga.etat.a_compenser is not None and any(
            e.type == "COMPENSATION_EFFECTUEE" for e in saga.en_attente
        )
        self.depot.enregistrer(saga)
        fautes.point("saga.entre_compensations" if entre_deux else "saga.avant_compensation")

    def _patienter(self, saga: Saga, plafond_s: float, limite: float | None) -> bool:
        """Pause with full jitter: here when it is short, else by handing the saga over. False: handed over."""
        pause_s = plafond_s * self._alea()
        trop_long = pause_s > self._reglages.pause_en_ligne_s
        if trop_long or self._arret.is_set() or (limite is not None and time.monotonic() + pause_s >= limite):
            self._remettre(saga, dans_s=pause_s)
            return False
        self.depot.enregistrer(saga, prochain_essai_s=pause_s)
        fautes.point("saga.apres_attente")
        self._arret.wait(pause_s)
        return True

    def _remettre(self, saga: Saga, *, dans_s: float = 0.0) -> None:
        self.depot.rendre(saga, dans_s=dans_s)
        fautes.point("saga.apres_remise")

    def _terminer(self, saga: Saga) -> Conclusion:
        conclusion = self._conclure(saga)
        fautes.point("saga.avant_fin")
        self.depot.terminer(saga, conclusion)
        fautes.point("saga.apres_fin")
        self._observateur.fin(saga, conclusion)
        return conclusion

    def _definition(self, saga: Saga) -> DefinitionSaga:
        return self.registre.trouver(saga.nom, saga.version)

    def _definitions(self) -> list[DefinitionSaga]:
        return [self.registre.trouver(nom, version) for nom, version in self.registre.versions()]


def _finie(saga: Saga, conclusion: Conclusion) -> Suivi:
    return Suivi(
        saga_id=saga.saga_id, empreinte="", etat=saga.etat.etat, terminee=True, active=False, reprenable=False,
        statut=conclusion.statut, corps=conclusion.corps,
    )  # fmt: skip


def _en_cours(saga: Saga) -> Suivi:
    return Suivi(
        saga_id=saga.saga_id, empreinte="", etat=saga.etat.etat, terminee=False, active=True, reprenable=True,
        statut=None, corps=None,
    )  # fmt: skip
