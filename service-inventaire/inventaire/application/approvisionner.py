"""Additions under a reference: what the replenishment workflow brings, and undoes."""

from dataclasses import dataclass
from uuid import UUID

from inventaire.application.connaitre import Connaitre
from inventaire.application.deplacer import deposer, lot_deplace, reference_annulee, relire_lot
from inventaire.application.ports import Barriere, Corps, Reservations, Stocks
from inventaire.domain.erreurs import AnnulationImpossible, ReferenceDejaReservee, StockInsuffisant
from inventaire.domain.stock import Inconnus, Lot


@dataclass(frozen=True, slots=True)
class Approvisionner:
    """References of additions are apart from those of reservations: the validation workflow takes from the central
    stock and adds to a magasin under one id. Any other addition under a reservation's reference is refused: it is a
    release that names its lines by mistake, and would give the same units back twice.
    """

    stocks: Stocks
    reservations: Reservations
    barriere: Barriere
    connaitre: Connaitre

    def ajouter(self, lot: Lot) -> Corps:
        """Add all lines, once per reference. Idempotent.

        Raises `ReferenceDejaReservee`, `ProduitInexistant`, `MagasinInexistant`; `Conflit` (reference annulée) after
        an undoing that came first; `CleReutilisee` for other lines under the same reference; `Indisponible`.
        """
        return self.connaitre.produits(
            lambda inconnus: self.barriere.action(str(lot.reference), lot.demande, lambda: self._ajouter(lot, inconnus))
        )

    def annuler(self, reference: UUID) -> Corps:
        """Undo that addition, once. Idempotent; waits for an addition being made.

        A reference never seen: recorded, and a later addition with it is refused. Raises `AnnulationImpossible` when
        part of it has been sold already; nothing is recorded then, and a later attempt decides anew.
        """
        return self.barriere.compensation(
            str(reference),
            defaire=lambda ajout: self._retirer(reference, ajout),
            absente=lambda: reference_annulee(reference),
        )

    def _ajouter(self, lot: Lot, inconnus: Inconnus) -> Corps:
        reservee = self.reservations.lire(lot.reference)
        if reservee is not None and not (reservee.magasin_id is None and lot.lieu is not None):
            raise ReferenceDejaReservee(
                f"La référence {lot.reference} est celle d'une réservation : sa libération ne nomme pas de lignes."
            )
        restes = deposer(self.stocks, lot.lieu, lot.quantites, inconnus)
        return lot_deplace("Stock ajouté.", "AJOUTEE", lot, restes)

    def _retirer(self, reference: UUID, ajout: Corps) -> Corps:
        lot = relire_lot(reference, ajout)
        try:
            self.stocks.verrouiller(lot.lieu, list(lot.quantites)).exiger_disponibles(lot.quantites)
        except StockInsuffisant as manque:
            raise AnnulationImpossible(manque.details, extra=manque.extra) from manque
        return lot_deplace("Ajout annulé.", "ANNULEE", lot, self.stocks.retirer(lot.lieu, lot.quantites))
