"""Take or add units of one product, and transfer them between the central stock and a magasin."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from inventaire.application.connaitre import Connaitre
from inventaire.application.deplacer import deposer, prelever
from inventaire.application.ports import Atomique, Corps, Stocks
from inventaire.domain.stock import Inconnus, Lieu, niveau, nommer_lieu


@dataclass(frozen=True, kw_only=True, slots=True)
class Ajustement:
    """The command: `quantite` units of one product, at a magasin or (None) in the central stock."""

    produit_id: UUID
    quantite: int
    lieu: Lieu


class Sens(StrEnum):
    """Direction of a transfer."""

    VERS_MAGASIN = "central_vers_local"
    VERS_CENTRAL = "local_vers_central"


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfert:
    """The command: `quantite` units of one product, between the central stock and a magasin."""

    produit_id: UUID
    magasin_id: UUID
    quantite: int
    sens: Sens


@dataclass(frozen=True, slots=True)
class Ajuster:
    stocks: Stocks
    connaitre: Connaitre
    atomique: Atomique

    def diminuer(self, ajustement: Ajustement) -> Corps:
        """One conditional statement when the stock is enough. Not idempotent by itself.

        Raises `StockInsuffisant`, `ProduitInexistant`, `MagasinInexistant`, `Indisponible`.
        """
        return self.connaitre.produits(lambda inconnus: self._diminuer(ajustement, inconnus))

    def augmenter(self, ajustement: Ajustement) -> Corps:
        """Creates the row when the product was never stocked there. Not idempotent by itself.

        Raises `ProduitInexistant`, `MagasinInexistant`, `Indisponible`.
        """
        return self.connaitre.produits(lambda inconnus: self._augmenter(ajustement, inconnus))

    def transferer(self, transfert: Transfert) -> Corps:
        """Both sides move or none. The central row is always taken first, so that opposite transfers cannot deadlock.

        Raises `StockInsuffisant`, `ProduitInexistant`, `MagasinInexistant`, `Indisponible`.
        """
        return self.connaitre.produits(lambda inconnus: self._transferer(transfert, inconnus))

    def _diminuer(self, ajustement: Ajustement, inconnus: Inconnus) -> Corps:
        lieu, produit, quantite = ajustement.lieu, ajustement.produit_id, ajustement.quantite
        pris = self.stocks.retirer_si_possible(lieu, produit, quantite)
        if pris is None:
            # Find out why under the lock; what arrived in the meantime may be taken after all.
            with self.atomique():
                reste = prelever(self.stocks, lieu, {produit: quantite}, inconnus)[produit]
        else:
            reste = pris[1]
        return _reponse("diminué", ajustement, reste)

    def _augmenter(self, ajustement: Ajustement, inconnus: Inconnus) -> Corps:
        with self.atomique():
            nouvelles = deposer(self.stocks, ajustement.lieu, {ajustement.produit_id: ajustement.quantite}, inconnus)
        return _reponse("augmenté", ajustement, nouvelles[ajustement.produit_id])

    def _transferer(self, transfert: Transfert, inconnus: Inconnus) -> Corps:
        quantites = {transfert.produit_id: transfert.quantite}
        vers_magasin = transfert.sens == Sens.VERS_MAGASIN
        with self.atomique():
            central = (prelever if vers_magasin else deposer)(self.stocks, None, quantites, inconnus)
            local = (deposer if vers_magasin else prelever)(self.stocks, transfert.magasin_id, quantites, inconnus)
        return {
            "success": True,
            "message": f"{transfert.quantite} unité(s) transférée(s).",
            "produit_id": transfert.produit_id,
            "magasin_id": transfert.magasin_id,
            "quantite": transfert.quantite,
            "sens": transfert.sens.value,
            "stock_central": central[transfert.produit_id],
            "stock_local": local[transfert.produit_id],
        }


def _reponse(verbe: str, ajustement: Ajustement, reste: int) -> Corps:
    return {
        "success": True,
        "message": f"Stock {verbe} de {ajustement.quantite} {nommer_lieu(ajustement.lieu)} : {reste} unité(s).",
        "produit_id": ajustement.produit_id,
        "magasin_id": ajustement.lieu,
        "nouvelle_quantite": reste,
        "niveau": niveau(ajustement.lieu, reste),
    }
