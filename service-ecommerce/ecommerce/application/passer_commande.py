"""The orchestrated checkout, from the cart to the answer.

Guarantee: two transactions and one call. The first closes the cart and records the checkout (and the key), so that
from then on the outcome is owed whatever dies; the second records the outcome (and the key's answer). In between the
orchestrator is called with the checkout's id, which makes every repetition harmless.
"""

import time
from dataclasses import dataclass, replace

from ecommerce.application import reponses
from ecommerce.application.conclure import Conclure
from ecommerce.application.ouvrir import Demande, Ouvrir, rappeler
from ecommerce.application.ports import Atomique, Checkouts, Cle, Cles, Memoire, Orchestrateur, Reponse
from ecommerce.domain.checkout import Checkout, Style
from ecommerce.domain.issue import EN_COURS, Genre, Issue
from socle import correlation, fautes
from socle.erreurs import EnCours

ATTENTE_S = 2.0
_PAS_S = 0.05


@dataclass(frozen=True, slots=True)
class PasserCommande:
    """`budget_s` bounds the wait for the orchestrator: past it, a request that has not answered is dead."""

    ouvrir: Ouvrir
    checkouts: Checkouts
    cles: Cles
    orchestrateur: Orchestrateur
    conclure: Conclure
    atomique: Atomique
    budget_s: float

    def __call__(self, demande: Demande, cle: Cle | None) -> Reponse:
        """Idempotent with a key: the first answer again, or the first request's checkout taken over.

        Raises `ClientIntrouvable`, `ClientInactif`, `PanierVide`, `CleReutilisee`, `EnCours`.
        """
        checkout = self.ouvrir(demande, cle, Style.ORCHESTRE)
        if checkout is None:
            return self._rejouer(cle)  # type: ignore[arg-type]  # only a known key opens nothing
        fautes.point("checkout.apres_cloture")
        return self._finir(checkout, self.orchestrateur.lancer(checkout), cle)

    def _finir(self, checkout: Checkout, issue: Issue, cle: Cle | None) -> Reponse:
        """Second transaction."""
        fautes.point("checkout.apres_reponse")
        with self.atomique():
            apres = self.conclure(checkout, issue, par="requete")
            reponse = reponses.de(apres)
            if cle is not None:
                reponse = self.cles.repondre(cle, reponse)
        fautes.point("checkout.apres_conclusion")
        return reponse

    def _rejouer(self, cle: Cle) -> Reponse:
        """Wait briefly for the first request's answer, else take its checkout over."""
        limite = time.monotonic() + ATTENTE_S
        while True:
            memoire = self._memoire(cle)
            if memoire.reponse is not None:
                return replace(memoire.reponse, rejouee=True)
            if time.monotonic() > limite:
                break
            time.sleep(_PAS_S)
        assert memoire.checkout_id is not None  # noqa: S101 - a refusal is remembered with its answer
        return self._reprendre(self.checkouts.lire(memoire.checkout_id), cle)

    def _memoire(self, cle: Cle) -> Memoire:
        memoire = rappeler(self.cles, cle)
        if memoire is None:
            raise EnCours("La première requête de cette clé vient d'échouer ; recommencez.")
        return memoire

    def _reprendre(self, checkout: Checkout, cle: Cle) -> Reponse:
        """The first request is slow or dead; asking again is harmless in either case.

        What is asked for is the first request's checkout, under that one's correlation id, whoever asks for it now.
        Raises `EnCours` while it may still answer.
        """
        with correlation.contexte(checkout.correlation_id, correlation.traceparent()):
            issue = self.orchestrateur.issue(checkout) if checkout.ouvert else EN_COURS
            if issue.genre is Genre.INCONNUE:
                issue = self.orchestrateur.lancer(checkout)
        if checkout.ouvert and not issue.decisive and checkout.age_s < self.budget_s:
            raise EnCours("La même requête est en cours de traitement.")
        return self._finir(checkout, issue, cle)
