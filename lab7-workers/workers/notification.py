"""CheckoutSucceeded → confirmation; CheckoutFailed → cancellation: an e-mail cannot be unsent.

Events of both styles arrive here, in batches: one request for the addresses of all, then a message each. Nothing is
brought about. Delivery is at least once, with a permanent message id; the inbox keeps a repetition after the commit
from being sent.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from socle.correlation import accepter, accepter_traceparent, contexte
from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import Table
from workers.canaux import Canal
from workers.contexte import Contexte
from workers.versions import relever

GROUPE = "choreo-notification"


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a client is told about an event."""

    evenement: Evenement
    client_id: str
    sujet: str
    texte: str


def confirmer(evenement: Evenement) -> tuple[str, str]:
    """The order is confirmed."""
    commande = evenement.payload["commande_id"]
    return "Votre commande est confirmée", f"Votre commande {commande} est confirmée.\n"


def annuler(evenement: Evenement) -> tuple[str, str]:
    """The order could not be made; what had been announced is cancelled."""
    raison = evenement.payload["reason"]
    texte = f"Votre commande n'a pas pu être conclue :\n{raison}\n\nRien ne vous est facturé.\n"
    return "Votre commande est annulée", texte


MESSAGES: Mapping[str, Callable[[Evenement], tuple[str, str]]] = {
    "CheckoutSucceeded": confirmer,
    "CheckoutFailed": annuler,
}
"""Who is told what: subject and text."""


def table(outils: Contexte, canal: Canal) -> Table:
    """The one reaction of this worker: whole batches of terminal events. One that fails, fails alone."""

    def prevenir(evenements: list[Evenement]) -> dict[UUID, Exception]:
        echecs: dict[UUID, Exception] = {}
        messages = []
        for evenement in evenements:
            try:
                messages.append(_rediger(relever(evenement)))
            except Exception as cause:  # whatever it is, it is recorded as what this event died of
                echecs[evenement.id] = cause
        courriels = _courriels(outils, messages)
        connus = [message for message in messages if message.client_id in courriels]
        with ThreadPoolExecutor(canal.ensemble) as pool:
            causes = pool.map(lambda message: _envoyer(canal, message, courriels[message.client_id]), connus)
            echecs |= {m.evenement.id: cause for m, cause in zip(connus, causes, strict=True) if cause is not None}
        return echecs

    return Table(groupe=GROUPE, par_lot=prevenir, filtre=lambda champs: champs["type"] in MESSAGES)


def _rediger(evenement: Evenement) -> Message:
    sujet, texte = MESSAGES[evenement.type](evenement)
    client_id = str(UUID(evenement.payload["client_id"]))
    return Message(evenement=evenement, client_id=client_id, sujet=sujet, texte=texte)


def _courriels(outils: Contexte, messages: list[Message]) -> dict[str, str]:
    """One request for all; it carries the ids of the first."""
    if not messages:
        return {}
    with _contexte(messages[0].evenement):
        return outils.services.courriels({message.client_id for message in messages})


def _contexte(evenement: Evenement) -> AbstractContextManager[None]:
    return contexte(accepter(evenement.correlation_id), accepter_traceparent(evenement.traceparent))


def _envoyer(canal: Canal, message: Message, courriel: str) -> Exception | None:
    """None once it is delivered; otherwise why it is not."""
    evenement = message.evenement
    with _contexte(evenement):
        try:
            canal.envoyer(evenement.identifiant, courriel, message.sujet, message.texte)
        except Exception as cause:  # the table decides what it means for this event
            return cause
    return None
