"""Read stocks and requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from inventaire.application.connaitre import Connaitre
from inventaire.application.ports import DemandeLue, Lectures, MagasinLu, StockLu
from inventaire.domain import niveaux
from inventaire.domain.demande import Statut
from inventaire.domain.erreurs import DemandeInexistante, MagasinInexistant
from inventaire.domain.stock import Inconnus, Lieu


class BesoinLu(NamedTuple):
    """A product that a magasin should order, in units."""

    produit_id: UUID
    nom_produit: str
    quantite_actuelle: int
    niveau: str
    quantite_suggeree: int


@dataclass(frozen=True, slots=True)
class Consulter:
    lectures: Lectures
    connaitre: Connaitre

    def stocks(self, lieu: Lieu, produits: Sequence[UUID]) -> tuple[str, list[StockLu]]:
        """The magasin's name (empty: central stock) and the stocks of these products, in this order.

        One SQL statement when all are known.

        Raises `MagasinInexistant`, `ProduitInexistant`, `Indisponible`.
        """
        return self.connaitre.produits(lambda inconnus: self._stocks(lieu, produits, inconnus))

    def magasin(self, magasin_id: UUID, produits: Sequence[UUID] | None = None) -> MagasinLu:
        """A magasin with its stocks of these products, or all its stocks; one SQL statement, as `stocks`.

        Raises `MagasinInexistant`, `ProduitInexistant`, `Indisponible`.
        """
        if produits is not None:
            nom, stocks = self.stocks(magasin_id, produits)
            return MagasinLu(magasin_id, nom, stocks)
        lu = self.lectures.magasin(magasin_id)
        if lu is None:
            raise MagasinInexistant(magasin_id)
        return lu

    def centraux(self, *, debut: int, taille: int) -> tuple[list[StockLu], int]:
        """One page of the central stocks, and how many there are."""
        return self.lectures.centraux(debut=debut, taille=taille)

    def magasins(self, *, debut: int, taille: int) -> tuple[list[MagasinLu], int]:
        """One page of the magasins with their stocks, and how many there are."""
        return self.lectures.magasins(debut=debut, taille=taille)

    def besoins(self, magasin_id: UUID) -> tuple[str, list[BesoinLu]]:
        """The magasin's name and the products it should order, scarcest first. Raises `MagasinInexistant`."""
        lu = self.magasin(magasin_id)
        besoins = [
            BesoinLu(
                stock.produit_id,
                stock.nom_produit,
                stock.quantite,
                niveaux.niveau_local(stock.quantite),
                niveaux.quantite_suggeree(stock.quantite),
            )
            for stock in lu.stocks
            if stock.quantite is not None and stock.quantite <= niveaux.SEUIL_BESOIN
        ]
        return lu.nom_magasin, sorted(besoins, key=lambda besoin: besoin.quantite_actuelle)

    def demande(self, demande_id: UUID) -> DemandeLue:
        """Raises `DemandeInexistante`."""
        lue = self.lectures.demande(demande_id)
        if lue is None:
            raise DemandeInexistante(demande_id)
        return lue

    def demandes_en_attente(self, *, debut: int, taille: int) -> tuple[list[DemandeLue], int]:
        """One page of the pending requests, oldest first, and how many there are."""
        return self.lectures.demandes(debut=debut, taille=taille, statut=Statut.EN_ATTENTE)

    def demandes_du_magasin(self, magasin_id: UUID, *, debut: int, taille: int) -> tuple[list[DemandeLue], int]:
        """One page of a magasin's requests, whatever their status. Raises `MagasinInexistant`."""
        if self.lectures.nom_magasin(magasin_id) is None:
            raise MagasinInexistant(magasin_id)
        return self.lectures.demandes(debut=debut, taille=taille, magasin_id=magasin_id)

    def _stocks(self, lieu: Lieu, produits: Sequence[UUID], inconnus: Inconnus) -> tuple[str, list[StockLu]]:
        nom, lus, manquants = self.lectures.choisis(lieu, produits)
        if lieu is not None and nom is None:
            raise MagasinInexistant(lieu)
        if manquants:
            inconnus(manquants)
        return nom or "", lus
