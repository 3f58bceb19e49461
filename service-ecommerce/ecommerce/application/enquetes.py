"""What became of an open checkout: the question the tracker asks, for each style."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ecommerce.application import choreographie
from ecommerce.application.ports import Commandes, Orchestrateur, Stocks
from ecommerce.domain.checkout import Checkout
from ecommerce.domain.issue import EN_COURS, Genre, Issue
from socle import fautes
from socle.erreurs import Indisponible
from socle.evenements.enveloppe import Evenement


def _rien(_: Checkout) -> Sequence[Evenement]:
    """Nothing to publish."""
    return ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The issue, and what the choreography must hear of the checkout once that concludes it."""

    issue: Issue
    a_publier: Callable[[Checkout], Sequence[Evenement]] = _rien


Enquete = Callable[[Checkout], Verdict]
"""Idempotent; raises `Indisponible` when the neighbours leave it undecided."""

_ABANDON = Issue(
    genre=Genre.COMPENSEE,
    libelle="Service externe indisponible",
    motif="L'orchestrateur n'a pas répondu à temps ; la commande a été abandonnée.",
    code="orchestrateur_indisponible",
)
_DELAI = Issue(
    genre=Genre.COMPENSEE,
    libelle="Service externe indisponible",
    motif="La commande n'a pas abouti à temps ; elle a été abandonnée.",
    code="delai_depasse",
)


@dataclass(frozen=True, slots=True)
class EnqueteOrchestree:
    """The orchestrator knows, until the checkout is `limite_s` old.

    1. A saga it never received is handed over again, with the same id. Past the limit the checkout is failed, after
       commandes has promised that no sale of that reference can appear any more.
    2. An active sale does not prove success while the orchestrator is unreachable: a saga past its deadline may still
       cancel it. Such a checkout stays open until the orchestrator says how it ended.
    """

    orchestrateur: Orchestrateur
    commandes: Commandes
    limite_s: float

    def __call__(self, checkout: Checkout) -> Verdict:
        issue = self.orchestrateur.issue(checkout)
        if issue.genre not in (Genre.INCONNUE, Genre.INJOIGNABLE):
            return Verdict(issue)
        if checkout.age_s >= self.limite_s:
            return Verdict(self._trancher(checkout, orchestrateur_repond=issue.genre is Genre.INCONNUE))
        return Verdict(self.orchestrateur.confier(checkout) if issue.genre is Genre.INCONNUE else issue)

    def _trancher(self, checkout: Checkout, *, orchestrateur_repond: bool) -> Issue:
        if self.commandes.fermer(checkout.id) != "active":
            return _ABANDON
        return self.commandes.issue(checkout.id) if orchestrateur_repond else EN_COURS


@dataclass(frozen=True, slots=True)
class EnqueteChoreo:
    """The sale knows: the choreography makes at most one, and nothing in it ever unmakes one.

    A checkout with a sale succeeded, whatever the bus says or does not say. One without is left to the workers until it
    is `limite_s` old (beyond their own deadline); then commandes is asked to close the reference, and the sale that
    exists all the same is the answer, else the stock is released.

    Two opposite terminal events can never exist. CheckoutSucceeded, from a worker or from here, needs a sale of this
    reference. CheckoutFailed, from here, follows a closing that found none, after which commandes refuses any; from a
    worker, it follows the same closing, or a reservation that never held (and then nobody tries to sell). Closing and
    selling are one row of commandes' barrier: whichever commits first is what the other is told. A sale that a person
    cancelled since was a success first, and stays one.

    The ids of what is published derive from the causes the workers have, and which causes those are depends on the
    release alone: what it gave back had been reserved, so the workers are at the order, otherwise at the reservation.
    """

    commandes: Commandes
    stocks: Stocks
    limite_s: float

    def __call__(self, checkout: Checkout) -> Verdict:
        if checkout.age_s < self.limite_s:
            return self._reussie(checkout) or Verdict(EN_COURS)
        if self.commandes.fermer(checkout.id) == "jamais_creee":
            fautes.point("suivi.apres_fermeture")
            tenu = self.stocks.liberer(checkout.id)
            return Verdict(_DELAI, partial(choreographie.echec, tenu=tenu))
        reussie = self._reussie(checkout)
        if reussie is None:
            raise Indisponible("Le service commandes dit qu'une vente existe et ne la montre pas.")
        return reussie

    def _reussie(self, checkout: Checkout) -> Verdict | None:
        commande_id = self.commandes.vente(checkout.id)
        if commande_id is None:
            return None
        return Verdict(Issue(genre=Genre.REUSSIE, commande_id=commande_id), choreographie.reussite)
