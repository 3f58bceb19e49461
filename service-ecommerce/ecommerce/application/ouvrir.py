"""Open a checkout: the transaction with which both styles begin (contract, section 6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from ecommerce.application.ports import (
    Atomique,
    Checkouts,
    Cle,
    Cles,
    Clients,
    FicheClient,
    Memoire,
    Ouverture,
    Paniers,
)
from ecommerce.domain.checkout import Checkout, LigneCheckout, Style
from ecommerce.domain.erreurs import ClientInactif, PanierVide
from ecommerce.domain.panier import LignePanier
from ecommerce.domain.valeurs import AdresseLivraison
from socle.erreurs import CleReutilisee, Erreur

Tarifer = Callable[[Sequence[LignePanier]], list[LigneCheckout]]
"""The lines of the checkout from those of the cart. What it raises aborts the opening."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Demande:
    """The command. No `adresse`: the client's own; no `magasin_id`: the default selling magasin."""

    client_id: UUID
    adresse: AdresseLivraison | None = None
    notes: str = ""
    magasin_id: UUID | None = None


def au_prix_du_panier(lignes: Sequence[LignePanier]) -> list[LigneCheckout]:
    """Until the saga freezes others."""
    return [LigneCheckout.de(ligne) for ligne in lignes]


def _rien(_: Checkout) -> None:
    """Nothing more to write."""


@dataclass(frozen=True, slots=True)
class Ouvrir:
    """One transaction: the key, the cart closed, the checkout recorded. From then on the outcome is owed."""

    clients: Clients
    paniers: Paniers
    checkouts: Checkouts
    cles: Cles
    atomique: Atomique
    magasin_id: UUID

    def __call__(
        self,
        demande: Demande,
        cle: Cle | None,
        style: Style,
        *,
        tarifer: Tarifer = au_prix_du_panier,
        ensuite: Callable[[Checkout], None] = _rien,
    ) -> Checkout | None:
        """None when the key was used before. `ensuite` writes in the same transaction.

        A refusal is remembered under the key, writes nothing else, and is raised: `ClientIntrouvable`, `ClientInactif`,
        `PanierVide`, and those of `tarifer`.
        """
        checkout_id = uuid4()
        with self.atomique():
            if cle is not None and not self.cles.poser(cle, checkout_id):
                return None
            try:
                ouverture = self._preparer(checkout_id, demande, style, tarifer)
            except Erreur as erreur:
                refus = erreur
                if cle is not None:
                    self.cles.refuser(cle, refus)
            else:
                checkout = self.checkouts.ouvrir(ouverture)
                ensuite(checkout)
                return checkout
        raise refus

    def _preparer(self, checkout_id: UUID, demande: Demande, style: Style, tarifer: Tarifer) -> Ouverture:
        client = self.clients.acheteur(demande.client_id)
        if not client.actif:
            raise ClientInactif("Ce client a été effacé : il ne peut plus commander.")
        panier = self.paniers.verrouiller(demande.client_id)
        if not panier.lignes:
            raise PanierVide("Le panier est vide : ajoutez un produit avant de commander.")
        return Ouverture(
            id=checkout_id,
            client_id=client.id,
            panier_id=panier.id,
            lignes=tarifer(panier.lignes),
            style=style,
            magasin_id=demande.magasin_id or self.magasin_id,
            adresse=demande.adresse or adresse_du_client(client),
            notes=demande.notes,
        )


def rappeler(cles: Cles, cle: Cle) -> Memoire | None:
    """What is remembered under the key; None when it is free. Raises `CleReutilisee` for another request's key."""
    memoire = cles.lire(cle)
    if memoire is not None and memoire.empreinte != cle.empreinte:
        raise CleReutilisee("Cette clé d'idempotence a déjà servi pour une autre requête.")
    return memoire


def adresse_du_client(client: FicheClient) -> AdresseLivraison:
    """Where goods go when the request does not say."""
    return AdresseLivraison(
        nom_destinataire=f"{client.prenom} {client.nom}",
        rue=client.adresse_rue,
        ville=client.adresse_ville,
        code_postal=client.adresse_code_postal,
        province=client.adresse_province,
        pays=client.adresse_pays,
    )
