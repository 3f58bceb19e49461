"""The tracker: concludes the orchestrated checkouts that no request concluded.

Guarantee: every checkout recorded as open ends, from PostgreSQL alone, whoever died and whenever.

1. A claim only puts the next look off; a tracker killed anywhere loses its turn and nothing else.
2. Two trackers skip each other's claims; should both look at one checkout all the same, the first conclusion counts.
3. A saga the orchestrator never received is handed over again, with the same id, until the checkout is `limite_s`
   old. Older ones are failed, after commandes has promised that no sale of that reference can appear any more.
4. An active sale does not prove success while the orchestrator is unreachable: a saga past its deadline may still
   cancel it. Such a checkout stays open until the orchestrator says how it ended.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from ecommerce.application.conclure import Conclure
from ecommerce.application.ports import Atomique, Checkouts, Cles, Commandes, Orchestrateur
from ecommerce.domain.checkout import Checkout
from ecommerce.domain.issue import EN_COURS, Genre, Issue
from socle import correlation, fautes
from socle.erreurs import Indisponible

journal = logging.getLogger("ecommerce.suivi")

_ABANDON = Issue(
    genre=Genre.COMPENSEE,
    libelle="Service externe indisponible",
    motif="L'orchestrateur n'a pas répondu à temps ; la commande a été abandonnée.",
    code="orchestrateur_indisponible",
)


@dataclass(frozen=True, slots=True)
class Suivre:
    """`limite_s`: age from which a checkout without a saga is given up. `budget_s` bounds the look at one checkout."""

    checkouts: Checkouts
    cles: Cles
    orchestrateur: Orchestrateur
    commandes: Commandes
    conclure: Conclure
    atomique: Atomique
    limite_s: float
    lot: int
    budget_s: float = 5.0

    def __call__(self, arret: Callable[[], bool] = lambda: False) -> int:
        """One round; returns how many checkouts were claimed. `arret` is asked between two checkouts."""
        pris = self.checkouts.prendre(self.lot)
        fautes.point("suivi.apres_prise")
        for checkout in pris:
            if arret():
                break
            with correlation.contexte(checkout.correlation_id), correlation.echeance(self.budget_s):
                self._examiner(checkout)
        return len(pris)

    def _examiner(self, checkout: Checkout) -> None:
        try:
            issue = self._issue(checkout)
        except Indisponible as panne:
            journal.warning("checkout %s : %s", checkout.id, panne)
            return
        fautes.point("suivi.avant_conclusion")
        if checkout.apres(issue) == checkout:
            return
        with self.atomique():
            apres = self.conclure(checkout, issue, par="suivi")
            if apres.reessayable:
                self.cles.oublier(apres.id)
        journal.info("checkout %s : %s après %.1f s", apres.id, apres.statut, checkout.age_s)

    def _issue(self, checkout: Checkout) -> Issue:
        issue = self.orchestrateur.issue(checkout)
        if issue.genre not in (Genre.INCONNUE, Genre.INJOIGNABLE):
            return issue
        if checkout.age_s >= self.limite_s:
            return self._trancher(checkout, orchestrateur_repond=issue.genre is Genre.INCONNUE)
        return self.orchestrateur.confier(checkout) if issue.genre is Genre.INCONNUE else issue

    def _trancher(self, checkout: Checkout, *, orchestrateur_repond: bool) -> Issue:
        if self.commandes.fermer(checkout.id) != "active":
            return _ABANDON
        return self.commandes.issue(checkout.id) if orchestrateur_repond else EN_COURS
