"""Cancel a sale: for a saga that undoes its order step, and for whoever wants the sale undone and its stock back."""

from dataclasses import dataclass
from uuid import UUID

from commandes.application.ports import Annulations, Barriere, Cle, Corps, Inventaire, VenteAnnulee, Ventes
from commandes.domain.erreurs import VenteDejaAnnulee
from commandes.domain.vente import Statut
from socle import fautes
from socle.correlation import echeance


@dataclass(frozen=True, slots=True)
class AnnulerReference:
    """The compensation of `Enregistrer`. It moves no stock: the saga releases it next (contract, section 4)."""

    ventes: Ventes
    barriere: Barriere

    def __call__(self, reference: UUID, *, motif: str, seulement_si_absente: bool) -> Corps:
        """`{etat: annulee | jamais_creee | active}`. Idempotent; waits for a sale whose transaction is open.

        An unknown reference is recorded, and a later sale with it refused. With `seulement_si_absente` an existing
        sale stays as it is.
        """

        def defaire(_: Corps) -> Corps:
            self.ventes.annuler_reference(reference, motif)
            return {"etat": "annulee"}

        def garder(_: Corps) -> Corps:
            statut = self.ventes.statut_reference(reference)
            return {"etat": "active" if statut is Statut.ACTIVE else "annulee"}

        return self.barriere.compensation(
            str(reference),
            defaire=defaire,
            absente=lambda: {"etat": "jamais_creee"},
            garder=garder if seulement_si_absente else None,
        )


@dataclass(frozen=True, slots=True)
class AnnulerVente:
    """A saga of two steps: the cancellation is recorded, the stock released by reference, the sale cancelled.

    A request that fails in between leaves it recorded; the next one, or `Reprendre`, goes on with it.
    """

    annulations: Annulations
    inventaire: Inventaire
    delai_s: float

    def __call__(self, vente_id: UUID, *, motif: str, cle: Cle | None) -> VenteAnnulee:
        """The stock goes back exactly once. Idempotent under a key.

        Raises `VenteIntrouvable`, `VenteDejaAnnulee`, `CleReutilisee`; `EnCours` while another key's is under way;
        `Indisponible`: the cancellation will end.
        """
        if cle and (faite := self.annulations.deja_faite(vente_id, motif, cle)):
            return faite
        try:
            annulee = self._annuler(vente_id, motif, cle)
        except VenteDejaAnnulee:
            annulee = None
        if annulee is None and cle:  # by the same key, at the same moment?
            annulee = self.annulations.deja_faite(vente_id, motif, cle)
        if annulee is None:
            raise VenteDejaAnnulee(f"La vente {vente_id} n'est plus active.")
        return annulee

    def _annuler(self, vente_id: UUID, motif: str, cle: Cle | None) -> VenteAnnulee | None:
        reservation = self.annulations.demander(vente_id, motif, cle)
        fautes.point("annulation.apres_demande")
        with echeance(self.delai_s):
            return self.achever(vente_id, reservation)

    def achever(self, vente_id: UUID, reservation: UUID) -> VenteAnnulee | None:
        """Release, then cancel; None when somebody else was first. Idempotent. Raises `Indisponible`."""
        self.inventaire.liberer(reservation)
        fautes.point("annulation.apres_liberation")
        return self.annulations.achever(vente_id)
