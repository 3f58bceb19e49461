"""Read checkouts: prerequisites, status with its merged history, lists."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from ecommerce.application import reponses
from ecommerce.application.ports import (
    Checkouts,
    Clients,
    EventStore,
    FiltreCheckouts,
    Moment,
    Orchestrateur,
    Paniers,
    Rendu,
)
from ecommerce.domain.checkout import Checkout, Statut, Style
from ecommerce.domain.erreurs import CheckoutIntrouvable
from socle.evenements.enveloppe import identifiant_derive

_CONCLUSIONS = {
    Statut.FINALISE: ("CHECKOUT_FINALISE", "La commande est créée."),
    Statut.ECHEC: ("CHECKOUT_ECHEC", "La commande a échoué ; le panier est rendu."),
    Statut.INTERVENTION_REQUISE: ("INTERVENTION_REQUISE", "Un opérateur doit terminer la compensation."),
}


@dataclass(frozen=True, slots=True)
class Consulter:
    clients: Clients
    paniers: Paniers
    checkouts: Checkouts
    orchestrateur: Orchestrateur
    event_store: EventStore

    def prerequis(self, client_id: UUID) -> Rendu:
        """What is missing before a checkout. Raises `ClientIntrouvable`."""
        client = self.clients.lire(client_id)
        panier = self.paniers.lire(client_id)
        verdicts = {
            "client_actif": client.actif,
            "adresse_livraison": bool(client.adresse_code_postal),
            "panier_non_vide": bool(panier.lignes),
        }
        messages = {
            "client_actif": "Le client a été effacé.",
            "adresse_livraison": "Le client n'a pas d'adresse : donnez-en une au checkout.",
            "panier_non_vide": "Le panier est vide.",
        }
        return {
            "success": True,
            "client_id": client_id,
            "peut_commander": all(verdicts.values()),
            "prerequis": verdicts,
            "manquants": [messages[nom] for nom, satisfait in verdicts.items() if not satisfait],
            "panier": {
                "nombre_articles": panier.nombre_articles,
                "nombre_produits_differents": len(panier.lignes),
                "prix_total": panier.prix_total,
            },
        }

    def statut(self, client_id: UUID, checkout_id: UUID) -> Rendu:
        """The checkout and what happened to it, here and in its saga or in the stream, in order of time.

        Whichever the style, the entries are one causal chain: it begins with the acceptance and has one correlation id.
        `historique_complet` is false when the part of the saga, or of the event store, could not be read. Raises
        `CheckoutIntrouvable`.
        """
        checkout = self.checkouts.lire(checkout_id)
        if checkout.client_id != client_id:
            raise CheckoutIntrouvable(f"Ce client n'a pas de checkout {checkout_id}.")
        ailleurs = self.orchestrateur if checkout.style is Style.ORCHESTRE else self.event_store
        distants = ailleurs.historique(checkout_id)
        moments = sorted([*_locaux(checkout, distants or []), *(distants or [])], key=lambda moment: moment.horodatage)
        return {
            "success": True,
            **reponses.detail(checkout),
            "historique": [moment._asdict() for moment in moments],
            "historique_complet": distants is not None,
        }

    def lister(
        self, filtre: FiltreCheckouts, *, debut: int, taille: int, compter: bool
    ) -> tuple[list[dict[str, Any]], int | None]:
        """One page, most recent first, and the total (None unless `compter`)."""
        checkouts, total = self.checkouts.lister(filtre, debut=debut, taille=taille, compter=compter)
        return [reponses.resume(checkout) for checkout in checkouts], total

    def statistiques(self, minutes: int) -> Rendu:
        """Both styles side by side, measured alike: from acceptance to conclusion."""
        return {
            "success": True,
            "minutes": minutes,
            "styles": [asdict(chiffres) for chiffres in self.checkouts.chiffres(minutes)],
        }

    def historique(self, client_id: UUID, limite: int) -> Rendu:
        """The client's latest checkouts, of both styles. Raises `ClientIntrouvable`."""
        self.clients.lire(client_id)
        checkouts, total = self.checkouts.lister(FiltreCheckouts(client_id=client_id), debut=0, taille=limite)
        return {
            "success": True,
            "client_id": client_id,
            "commandes": [
                {**reponses.resume(checkout), "produits": [reponses.produit(ligne) for ligne in checkout.lignes]}
                for checkout in checkouts
            ],
            "total": total,
        }


def _locaux(checkout: Checkout, distants: Sequence[Moment]) -> list[Moment]:
    """The moments this service knows: acceptance, and how it ended, caused by the last thing that was known then."""
    debut = Moment(
        checkout.date_creation.isoformat(),
        "ecommerce",
        "CHECKOUT_INITIE",
        "Le panier est fermé et le checkout enregistré.",
        Statut.INITIE.value,
        id=str(checkout.id),
        correlation_id=checkout.correlation_id,
    )
    if checkout.statut not in _CONCLUSIONS:
        return [debut]
    genre, message = _CONCLUSIONS[checkout.statut]
    horodatage = (checkout.date_conclusion or checkout.date_modification).isoformat()
    avant = sorted((moment for moment in distants if moment.horodatage <= horodatage), key=lambda m: m.horodatage)
    fin = Moment(
        horodatage,
        "ecommerce",
        genre,
        message,
        checkout.statut.value,
        id=str(identifiant_derive(checkout.id, genre)),
        causation_id=avant[-1].id if avant else debut.id,
        correlation_id=checkout.correlation_id,
    )
    return [debut, fin]
