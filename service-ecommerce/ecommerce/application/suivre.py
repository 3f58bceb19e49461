"""The tracker: concludes the checkouts, of either style, that nothing else concluded.

Guarantee: every checkout recorded as open ends, from PostgreSQL alone, whoever died and whenever.

1. A claim only puts the next look off; a tracker killed anywhere loses its turn and nothing else.
2. Two trackers skip each other's claims; should both look at one checkout all the same, the first conclusion counts.
3. What each style takes for the truth, and from when on it decides itself, is in `enquetes`.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ecommerce.application.conclure import Conclure
from ecommerce.application.enquetes import Enquete
from ecommerce.application.ports import Atomique, Checkouts, Cles, Publications
from ecommerce.domain.checkout import Checkout, Style
from socle import correlation, fautes
from socle.erreurs import Indisponible

journal = logging.getLogger("ecommerce.suivi")

PAR = "suivi"


@dataclass(frozen=True, slots=True)
class Suivre:
    """At most `lot` checkouts of each style per round; `budget_s` bounds the look at one.

    `observer` is told of each checkout this tracker concluded, once that is committed.
    """

    checkouts: Checkouts
    cles: Cles
    enquetes: Mapping[Style, Enquete]
    conclure: Conclure
    publications: Publications
    atomique: Atomique
    observer: Callable[[Checkout], None]
    lot: int
    budget_s: float = 5.0

    def __call__(self, arret: Callable[[], bool] = lambda: False) -> int:
        """One round; returns how many checkouts were claimed. `arret` is asked between two checkouts."""
        pris = [checkout for style in self.enquetes for checkout in self.checkouts.prendre(style, self.lot)]
        fautes.point("suivi.apres_prise")
        for checkout in pris:
            if arret():
                break
            with correlation.contexte(checkout.correlation_id), correlation.echeance(self.budget_s):
                self._examiner(checkout)
        return len(pris)

    def _examiner(self, checkout: Checkout) -> None:
        try:
            verdict = self.enquetes[checkout.style](checkout)
        except Indisponible as panne:
            journal.warning("checkout %s : %s", checkout.id, panne)
            return
        fautes.point("suivi.avant_conclusion")
        if checkout.apres(verdict.issue) == checkout:
            return
        with self.atomique():
            apres = self.conclure(checkout, verdict.issue, par=PAR)
            if apres.reessayable:
                self.cles.oublier(apres.id)
            a_nous = apres.conclu_par == PAR
            if a_nous:
                self.publications.deposer(verdict.a_publier(apres))
            fautes.point("suivi.avant_commit")
        if a_nous:
            self.observer(apres)
        journal.info("checkout %s : %s après %.1f s", apres.id, apres.statut, checkout.age_s)
