"""Fault points of this service, in the catalogue of `socle.points`."""

from socle.points import Point, declarer

POINTS = declarer(
    Point("panier.avant_ecriture", "price and stock were asked for, the line is not written"),
    Point("checkout.apres_cloture", "the cart is closed and the checkout recorded, the orchestrator knows nothing"),
    Point("checkout.apres_reponse", "the orchestrator answered, the outcome is not recorded"),
    Point("checkout.apres_conclusion", "the outcome is committed, the buyer has no answer"),
    Point("choreo.apres_prix", "the catalogue gave its prices, nothing is written"),
    Point("choreo.avant_commit", "checkout, cart and first event are written, nothing is committed"),
    Point("choreo.apres_acceptation", "the checkout and its first event are committed, the buyer has no answer"),
    Point("suivi.apres_prise", "the tracker has put off the next look at the checkouts it took, and looked at none"),
    Point("suivi.apres_fermeture", "no sale of this reference can appear any more, its stock is still held"),
    Point("suivi.avant_conclusion", "the tracker knows the outcome, nothing is recorded"),
    Point("suivi.avant_commit", "conclusion and event are written by the tracker, nothing is committed"),
    Point("suivi.apres_evenement", "an event has concluded the checkout, its inbox row is not written"),
)
