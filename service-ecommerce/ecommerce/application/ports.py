"""What the use cases need from outside, and the frozen rows that reads return."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from ecommerce.domain.checkout import Checkout, LigneCheckout, Statut, Style
from ecommerce.domain.client import Client
from ecommerce.domain.issue import Issue
from ecommerce.domain.panier import LignePanier, Panier
from ecommerce.domain.valeurs import AdresseLivraison
from socle.erreurs import Erreur
from socle.evenements.enveloppe import Evenement

Atomique = Callable[[], AbstractContextManager[object]]
"""Opens a transaction; everything in the block commits together or not at all."""


class FicheClient(NamedTuple):
    """A client as read; personal fields are empty once erased."""

    id: UUID
    prenom: str
    nom: str
    email: str
    adresse_rue: str
    adresse_ville: str
    adresse_code_postal: str
    adresse_province: str
    adresse_pays: str
    telephone: str
    actif: bool
    date_creation: datetime


class Clients(Protocol):
    """The clients."""

    def ajouter(self, client: Client) -> None:
        """Raises `CourrielUtilise`."""

    def lire(self, client_id: UUID) -> FicheClient:
        """Raises `ClientIntrouvable`."""

    def lister(self, *, debut: int, taille: int) -> tuple[list[FicheClient], int]:
        """One page, oldest first, and how many there are."""

    def par_ids(self, ids: Sequence[str]) -> list[FicheClient]:
        """Known clients among `ids` (canonical UUID texts), erased ones included; one statement."""

    def acheteur(self, client_id: UUID) -> FicheClient:
        """The client, kept from being erased until the end of the transaction. Raises `ClientIntrouvable`."""

    def effacer(self, client_id: UUID) -> None:
        """Remove every personal datum: row, checkouts, remembered answers. Idempotent; needs a transaction."""


class Paniers(Protocol):
    """The open carts, one per client at most."""

    def lire(self, client_id: UUID) -> Panier:
        """The open cart, or an empty one."""

    def verrouiller(self, client_id: UUID, *, creer: bool = False) -> Panier:
        """The open cart, alone until the end of the transaction; with `creer` it exists afterwards."""

    def ecrire(self, panier: Panier, lignes: Sequence[LignePanier]) -> None:
        """Add these lines, or replace those of the same products."""

    def retirer(self, panier: Panier, produit_id: UUID | None = None) -> None:
        """Remove one product, or all."""


class Cle(NamedTuple):
    """An `Idempotency-Key`, whose it is, and the fingerprint of the request that carried it."""

    consommateur: str
    valeur: str
    empreinte: str


@dataclass(frozen=True, slots=True)
class Reponse:
    """An answer as sent: status and body bytes. `rejouee`: it was given before."""

    statut: int
    corps: bytes
    rejouee: bool = False


class Memoire(NamedTuple):
    """What is remembered under a key; `reponse` is None while the first request has not answered."""

    empreinte: str
    checkout_id: UUID | None
    reponse: Reponse | None


class Cles(Protocol):
    """The keys of checkouts, kept at least seven days."""

    def poser(self, cle: Cle, checkout_id: UUID) -> bool:
        """True when the key is new; waits for a simultaneous first request's opening transaction."""

    def lire(self, cle: Cle) -> Memoire | None:
        """None when the key is free again."""

    def repondre(self, cle: Cle, reponse: Reponse) -> Reponse:
        """Remember the first answer, and return it; a 5xx frees the key instead.

        Another request with this key that is about to answer is waited for: both then give the same answer.
        """

    def refuser(self, cle: Cle, refus: Erreur) -> None:
        """Remember a refusal that made no checkout."""

    def oublier(self, checkout_id: UUID) -> None:
        """Free the key of a checkout that failed for a technical cause before anybody was answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ouverture:
    """What opens a checkout: one cart to close, at which prices, and where its goods go."""

    id: UUID
    client_id: UUID
    panier_id: UUID | None
    lignes: Sequence[LigneCheckout]
    style: Style
    magasin_id: UUID
    adresse: AdresseLivraison
    notes: str


class Situation(StrEnum):
    """How operators look at checkouts; one of them may be in several at once."""

    ACTIVE = "active"
    REUSSIE = "reussie"
    ECHOUEE = "echouee"
    EN_REPRISE = "en_reprise"
    BLOQUEE = "bloquee"
    INTERVENTION = "intervention"


ARRETE_APRES_S = 30
"""Age in seconds from which an open checkout counts as stalled."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FiltreCheckouts:
    """None: whatever. `recherche` is the id of a checkout, a sale, a client or a product, or a correlation id.

    `avant` and `avant_id` name the last row of the page before (date of creation, checkout id): a page costs the same
    however far it is, and rows that come meanwhile move nothing.
    """

    style: Style | None = None
    statut: Statut | None = None
    client_id: UUID | None = None
    magasin_id: UUID | None = None
    depuis: datetime | None = None
    jusqua: datetime | None = None
    situation: Situation | None = None
    produit_id: UUID | None = None
    recherche: str | None = None
    ids: Sequence[str] | None = None
    avant: datetime | None = None
    avant_id: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chiffres:
    """The checkouts of one style begun in a window of time; durations in seconds, of the successes."""

    style: Style
    commencees: int = 0
    reussies: int = 0
    echouees: int = 0
    en_cours: int = 0
    p50_secondes: float | None = None
    p95_secondes: float | None = None


class Checkouts(Protocol):
    """The checkouts of both styles."""

    def ouvrir(self, ouverture: Ouverture) -> Checkout:
        """Close the cart and record its checkout, in one statement."""

    def lire(self, checkout_id: UUID) -> Checkout:
        """Raises `CheckoutIntrouvable`."""

    def ecrire(self, checkout: Checkout, *, par: str) -> Checkout | None:
        """Write the outcome unless somebody concluded before: then None. Returns the row as written."""

    def lister(
        self, filtre: FiltreCheckouts, *, debut: int, taille: int, compter: bool = True
    ) -> tuple[list[Checkout], int | None]:
        """One page, most recent first, and how many match (None unless `compter`: counting reads them all)."""

    def chiffres(self, minutes: int) -> list[Chiffres]:
        """The checkouts begun in the last `minutes`, by style; every style is there."""

    def prendre(self, style: Style, nombre: int) -> list[Checkout]:
        """Claim open checkouts of a style whose time has come, and put their next turn off. Commits by itself."""


class Produit(NamedTuple):
    """What the catalogue says of a product now."""

    id: UUID
    nom: str
    prix: Decimal
    actif: bool


class Catalogue(Protocol):
    """catalogue"""

    def produit(self, produit_id: UUID) -> Produit:
        """Raises `ProduitIntrouvable`, `Indisponible`."""

    def produits(self, produit_ids: Sequence[UUID]) -> Mapping[UUID, Produit]:
        """Those of these products that exist, archived or not; one call for all of them. Raises `Indisponible`."""


class Stocks(Protocol):
    """inventaire"""

    def disponible(self, produit_id: UUID, magasin_id: UUID) -> int:
        """Units on hand. Raises `MagasinIntrouvable`, `Indisponible`."""

    def liberer(self, reference: UUID) -> bool:
        """Give back what this reference took, and refuse a later taking; True when it held something.

        Idempotent, and then with the first answer. Raises `Indisponible`.
        """


class Moment(NamedTuple):
    """One entry of a history; `causation_id` is the id of what caused it. What begins all has the checkout's id."""

    horodatage: str
    source: str
    type: str
    message: str
    etat: str
    id: str | None = None
    causation_id: str | None = None
    correlation_id: str | None = None


class Orchestrateur(Protocol):
    """The saga orchestrator. No method raises because a neighbour is down: the `Issue` says so."""

    def lancer(self, checkout: Checkout) -> Issue:
        """Run the saga of this checkout, or join it; waits for its end within the synchronous budget."""

    def confier(self, checkout: Checkout) -> Issue:
        """Hand the checkout over and do not wait. Idempotent, like `lancer`."""

    def issue(self, checkout: Checkout) -> Issue:
        """What became of its saga; starts nothing."""

    def historique(self, checkout_id: UUID) -> list[Moment] | None:
        """The saga's events; None when the orchestrator does not answer, empty when it knows no such saga."""


class EventStore(Protocol):
    """The event store."""

    def historique(self, checkout_id: UUID) -> list[Moment] | None:
        """What it has of this checkout, in order of position; None while it does not answer or has nothing yet."""


class Publications(Protocol):
    """The outbox."""

    def deposer(self, evenements: Sequence[Evenement]) -> None:
        """Have these events published, in this order, once the transaction commits. Idempotent by event id."""


EtatVente = Literal["annulee", "jamais_creee", "active"]


class Commandes(Protocol):
    """commandes"""

    def fermer(self, reference: UUID) -> EtatVente:
        """Make sure that no sale of this reference appears later; an existing one stays. Raises `Indisponible`."""

    def issue(self, reference: UUID) -> Issue:
        """The success that an active sale of this reference proves, else unknown. Raises `Indisponible`."""

    def vente(self, reference: UUID) -> UUID | None:
        """The sale recorded under this reference, even if somebody cancelled it since. Raises `Indisponible`."""


Rendu = Mapping[str, Any]
"""The body of an answer, before JSON."""
