"""The checkout: one cart on its way to one order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from ecommerce.domain.issue import Genre, Issue, Operation
from ecommerce.domain.livraison import frais_livraison
from ecommerce.domain.panier import LignePanier
from ecommerce.domain.valeurs import AdresseLivraison


class Style(StrEnum):
    """How the distributed transaction runs."""

    ORCHESTRE = "orchestre"
    CHOREO = "choreo"


class Statut(StrEnum):
    """Where a checkout stands (contract, section 6)."""

    INITIE = "initie"
    EN_COURS = "en_cours"
    FINALISE = "finalise"
    ECHEC = "echec"
    INTERVENTION_REQUISE = "intervention_requise"


OUVERTS = (Statut.INITIE, Statut.EN_COURS, Statut.INTERVENTION_REQUISE)
"""Not concluded: the tracker follows these."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LigneCheckout:
    """One product of the closed cart; `prix_panier` is the price seen then, `prix_unitaire` the one that counts."""

    produit_id: UUID
    nom_produit: str
    quantite: int
    prix_panier: Decimal
    prix_unitaire: Decimal

    @property
    def prix_ligne(self) -> Decimal:
        return self.prix_unitaire * self.quantite

    @property
    def prix_change(self) -> bool:
        return self.prix_unitaire != self.prix_panier

    @classmethod
    def de(cls, ligne: LignePanier, *, nom: str | None = None, prix: Decimal | None = None) -> "LigneCheckout":
        """A line of the closed cart, under the name and at the price of the catalogue where they are known already."""
        return cls(
            produit_id=ligne.produit_id,
            nom_produit=ligne.nom_produit if nom is None else nom,
            quantite=ligne.quantite,
            prix_panier=ligne.prix_unitaire,
            prix_unitaire=ligne.prix_unitaire if prix is None else prix,
        )


@dataclass(frozen=True, slots=True)
class Montants:
    """What the order costs; `sous_total` is the sale, delivery comes on top."""

    sous_total: Decimal
    frais_livraison: Decimal

    @property
    def total(self) -> Decimal:
        return self.sous_total + self.frais_livraison

    @classmethod
    def de(cls, lignes: Sequence[LigneCheckout], *, express: bool) -> "Montants":
        """The exact sum of the lines and its delivery."""
        sous_total = sum((ligne.prix_ligne for ligne in lignes), Decimal(0))
        return cls(sous_total, frais_livraison(sous_total, express=express))


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """`adresse` is None once the client was erased; amounts are None until success. `age_s` by the database's clock.

    The tracker has looked `suivis` times, and looks again at `prochain_suivi` while the checkout is open.
    """

    id: UUID
    client_id: UUID
    style: Style
    statut: Statut
    magasin_id: UUID
    lignes: Sequence[LigneCheckout]
    adresse: AdresseLivraison | None
    express: bool
    notes: str
    correlation_id: str
    date_creation: datetime
    date_modification: datetime
    age_s: float = 0.0
    suivis: int = 0
    prochain_suivi: datetime | None = None
    commande_id: UUID | None = None
    montants: Montants | None = None
    operations: Sequence[Operation] = ()
    libelle: str = ""
    motif: str = ""
    code: str = ""
    reessayable: bool = False
    conclu_par: str = ""
    date_conclusion: datetime | None = None

    @property
    def ouvert(self) -> bool:
        return self.statut in OUVERTS

    @property
    def nombre_articles(self) -> int:
        return sum(ligne.quantite for ligne in self.lignes)

    def apres(self, issue: Issue) -> "Checkout":
        """The checkout once `issue` is known. A concluded checkout stays as it is: the first conclusion counts."""
        if not self.ouvert:
            return self
        if issue.genre is Genre.REUSSIE:
            return self._finalise(issue)
        if issue.genre in (Genre.REFUSEE, Genre.COMPENSEE):
            return replace(
                self,
                statut=Statut.ECHEC,
                operations=issue.operations,
                libelle=issue.libelle,
                motif=issue.motif,
                code=issue.code,
                reessayable=issue.genre is Genre.COMPENSEE,
            )
        if issue.genre is Genre.INTERVENTION:
            return replace(self, statut=Statut.INTERVENTION_REQUISE, motif=issue.motif)
        if issue.genre is Genre.EN_COURS or self.statut is Statut.INITIE:
            return replace(self, statut=Statut.EN_COURS, motif="")
        return self

    def _finalise(self, issue: Issue) -> "Checkout":
        lignes = self.lignes
        if issue.articles:
            lignes = [
                replace(
                    ligne,
                    nom_produit=issue.articles[ligne.produit_id].nom_produit,
                    prix_unitaire=issue.articles[ligne.produit_id].prix_unitaire,
                )
                for ligne in self.lignes
            ]
        return replace(
            self,
            statut=Statut.FINALISE,
            lignes=lignes,
            commande_id=issue.commande_id,
            montants=Montants.de(lignes, express=self.express),
            operations=issue.operations,
            motif="",
        )
