"""Replenishment requests: from a magasin's need to the units moved from the central stock."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from inventaire.application.connaitre import Connaitre
from inventaire.application.deplacer import deposer, prelever
from inventaire.application.ports import Atomique, DemandeLue, Demandes, Lectures, Stocks
from inventaire.domain.demande import Demande, Statut
from inventaire.domain.erreurs import DemandeInexistante, MagasinInexistant
from inventaire.domain.stock import EtatStock, Inconnus, refuser_inconnus


@dataclass(frozen=True, kw_only=True, slots=True)
class Besoin:
    """The command: `quantite` units of a product for a magasin."""

    produit_id: UUID
    magasin_id: UUID
    quantite: int


@dataclass(frozen=True, slots=True)
class Demander:
    demandes: Demandes
    lectures: Lectures
    stocks: Stocks
    connaitre: Connaitre
    atomique: Atomique

    def creer(self, besoin: Besoin) -> DemandeLue:
        """Moves no stock. Not idempotent by itself: a second call is refused while the first request is pending.

        Raises `StockInsuffisant` when the central stock has less, `DemandeDejaEnAttente`, `ProduitInexistant`,
        `MagasinInexistant`, `Indisponible`.
        """
        return self.connaitre.produits(lambda inconnus: self._creer(besoin, inconnus))

    def approuver(self, demande_id: UUID) -> DemandeLue:
        """Move the units from the central stock to the magasin, and say so, in one transaction; only one caller wins.

        Raises `DemandeInexistante`, `DemandeDejaTraitee`, `StockInsuffisant` (the request stays pending).
        """
        with self.atomique():
            demande = self.demandes.verrouiller(demande_id)
            demande.approuver()
            quantites = {demande.produit_id: demande.quantite}
            prelever(self.stocks, None, quantites, refuser_inconnus)
            deposer(self.stocks, demande.magasin_id, quantites, refuser_inconnus)
            return self._enregistrer(demande)

    def rejeter(self, demande_id: UUID, motif: str) -> DemandeLue:
        """Raises `DemandeInexistante`, `DemandeDejaTraitee`."""
        with self.atomique():
            demande = self.demandes.verrouiller(demande_id)
            demande.rejeter(motif)
            return self._enregistrer(demande)

    def fixer_statut(self, demande_id: UUID, statut: Statut, motif: str, workflow_id: UUID) -> DemandeLue:
        """What the validation workflow concluded; moves no stock. Idempotent for one workflow.

        Raises `DemandeInexistante`, `StatutFige`.
        """
        with self.atomique():
            demande = self.demandes.verrouiller(demande_id)
            demande.fixer_statut(statut, motif, workflow_id)
            return self._enregistrer(demande)

    def supprimer(self, demande_id: UUID) -> None:
        """Raises `DemandeInexistante`, `DemandeDejaTraitee`."""
        with self.atomique():
            self.demandes.verrouiller(demande_id).exiger_en_attente()
            self.demandes.supprimer(demande_id)

    def _creer(self, besoin: Besoin, inconnus: Inconnus) -> DemandeLue:
        produit = besoin.produit_id
        if self.lectures.nom_magasin(besoin.magasin_id) is None:
            raise MagasinInexistant(besoin.magasin_id)
        _, lus, manquants = self.lectures.choisis(None, [produit])
        if manquants:
            inconnus(manquants)
        central = EtatStock(None, True, {produit: lus[0].nom_produit}, {produit: lus[0].quantite or 0})
        central.exiger_disponibles({produit: besoin.quantite})
        demande = Demande(id=uuid4(), produit_id=produit, magasin_id=besoin.magasin_id, quantite=besoin.quantite)
        with self.atomique():
            self.demandes.ajouter(demande)
            return self._relire(demande.id)

    def _enregistrer(self, demande: Demande) -> DemandeLue:
        self.demandes.enregistrer(demande)
        return self._relire(demande.id)

    def _relire(self, demande_id: UUID) -> DemandeLue:
        lue = self.lectures.demande(demande_id)
        if lue is None:
            raise DemandeInexistante(demande_id)
        return lue
