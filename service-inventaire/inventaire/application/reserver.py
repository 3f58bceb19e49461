"""Reservations: what sagas take, and give back."""

from dataclasses import dataclass
from uuid import UUID

from inventaire.application.connaitre import Connaitre
from inventaire.application.deplacer import lot_deplace, prelever, reference_annulee, relire_lot
from inventaire.application.ports import Barriere, Corps, Reservations, Stocks
from inventaire.domain.erreurs import ReservationInexistante, ReservationRefusee
from inventaire.domain.stock import Inconnus, Lot


@dataclass(frozen=True, slots=True)
class Reserver:
    """Take and give back under a reference. The barrier's table says what happened to each reference, for ever."""

    stocks: Stocks
    reservations: Reservations
    barriere: Barriere
    connaitre: Connaitre

    def prendre(self, lot: Lot) -> Corps:
        """All lines or none, once per reference, in one transaction of a fixed number of statements.

        Idempotent: the first answer again, refusals included, even when today's would differ. Raises
        `StockInsuffisant`, `ProduitInexistant`, `MagasinInexistant`; `Conflit` (reference annulée) after a release
        that came first; `CleReutilisee` for other lines under the same reference; `Indisponible`.
        """
        return self.connaitre.produits(
            lambda inconnus: self.barriere.action(str(lot.reference), lot.demande, lambda: self._prendre(lot, inconnus))
        )

    def liberer(self, reference: UUID) -> Corps:
        """Give back exactly what the reference took, once. Idempotent; waits for a reservation being made.

        A reference never seen: recorded as ANNULEE, and a later reservation with it is refused.
        """
        return self.barriere.compensation(
            str(reference),
            defaire=lambda prise: self._rendre(reference, prise),
            absente=lambda: reference_annulee(reference),
        )

    def consulter(self, reference: UUID) -> Corps:
        """State of one reference: RESERVEE, LIBEREE or ANNULEE (released before it existed), and its lines.

        Raises `ReservationInexistante`; `ReservationRefusee` when it was refused: nothing was taken.
        """
        etat = self.barriere.etat(str(reference))
        if etat == "ANNULEE":
            return reference_annulee(reference)
        if etat == "REFUSEE":
            raise ReservationRefusee(f"La réservation {reference} a été refusée : rien n'a été pris.")
        lue = self.reservations.lire(reference) if etat else None
        if lue is None:
            raise ReservationInexistante(f"La réservation {reference} n'existe pas.")
        return {"success": True, **lue._asdict()}

    def _prendre(self, lot: Lot, inconnus: Inconnus) -> Corps:
        restes = prelever(self.stocks, lot.lieu, lot.quantites, inconnus)
        self.reservations.inscrire(lot)
        return lot_deplace("Stock réservé.", "RESERVEE", lot, restes)

    def _rendre(self, reference: UUID, prise: Corps) -> Corps:
        lot = relire_lot(reference, prise)
        restes = self.stocks.ajouter(lot.lieu, lot.quantites)
        self.reservations.liberer(reference)
        return lot_deplace("Stock rendu.", "LIBEREE", lot, restes)
