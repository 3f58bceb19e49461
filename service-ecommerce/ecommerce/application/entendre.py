"""What the stream says about a choreographed checkout concludes it (group `choreo-suivi`).

Idempotent: a repeated, late or opposite event finds the checkout concluded and changes nothing (F35). The conclusion
commits before the consumer's inbox row: if the process dies between the two, the event comes again and finds it so.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from ecommerce.application.conclure import Conclure
from ecommerce.application.ports import Atomique, Checkouts
from ecommerce.domain.checkout import Checkout, Statut, Style
from ecommerce.domain.erreurs import CheckoutIntrouvable
from ecommerce.domain.issue import Genre, Issue
from socle import fautes
from socle.evenements.enveloppe import Evenement

journal = logging.getLogger("ecommerce.suivi")

PAR = "evenement"
REUSSITE, ECHEC = "CheckoutSucceeded", "CheckoutFailed"
_ORCHESTRATEUR = "saga"
"""What the `source` of the orchestrator's own events begins with."""
_FINS = {REUSSITE: Statut.FINALISE, ECHEC: Statut.ECHEC}


def est_choregraphie(champs: Mapping[str, str]) -> bool:
    """Whether the entry of these fields is of a choreographed checkout; the orchestrator concludes its own."""
    return not champs.get("source", "").startswith(_ORCHESTRATEUR)


@dataclass(frozen=True, slots=True)
class Entendre:
    """`observer` is told of each checkout an event concluded and of who emitted it, once that is committed."""

    checkouts: Checkouts
    conclure: Conclure
    atomique: Atomique
    observer: Callable[[Checkout, str], None]

    def __call__(self, evenement: Evenement) -> list[Evenement]:
        """Brings nothing about. Raises `KeyError` or `ValueError` for a payload that cannot be understood."""
        if evenement.source.startswith(_ORCHESTRATEUR):  # a redriven letter
            return []
        with self.atomique():
            checkout = self._suivi(evenement)
            if checkout is None or not checkout.ouvert:
                return []
            apres = self.conclure(checkout, _issue(evenement), par=PAR)
        fautes.point("suivi.apres_evenement")
        if apres.conclu_par == PAR:
            self.observer(apres, evenement.source)
        return []

    def _suivi(self, evenement: Evenement) -> Checkout | None:
        """The choreographed checkout the event is about; None when it is none of ours."""
        try:
            checkout = self.checkouts.lire(UUID(evenement.cle))
        except CheckoutIntrouvable:
            journal.warning("%s d'un checkout inconnu (%s)", evenement.type, evenement.cle)
            return None
        if checkout.style is not Style.CHOREO:
            return None
        if not checkout.ouvert and checkout.statut is not _FINS[evenement.type]:
            journal.error("checkout %s : %s après %s", checkout.id, evenement.type, checkout.statut)
        return checkout


def _issue(evenement: Evenement) -> Issue:
    if evenement.type == REUSSITE:
        return Issue(genre=Genre.REUSSIE, commande_id=UUID(evenement.payload["commande_id"]))
    raison = str(evenement.payload["reason"])
    rupture = "insuffisant" in raison.casefold()
    return Issue(
        genre=Genre.REFUSEE,
        libelle="Stock insuffisant" if rupture else "Commande impossible",
        motif=raison,
        code="stock_insuffisant" if rupture else "commande_impossible",
    )
