"""What the inventory refuses. Callers search for `insuffisant`, `n'existe pas` and `déjà en attente` in `error`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from socle.erreurs import Conflit, Introuvable, RefusMetier


@dataclass(frozen=True, slots=True)
class Manque:
    """What one product lacks to satisfy a request, in units."""

    produit_id: UUID
    nom_produit: str
    disponible: int
    demande: int


class StockInsuffisant(RefusMetier):
    """Some products lack units; nothing was taken. Each is named with what is available and what was asked."""

    error = "Stock insuffisant"
    code = "stock_insuffisant"

    def __init__(self, manques: Sequence[Manque], ou: str) -> None:
        phrases = [
            f"Stock insuffisant {ou} pour {m.nom_produit} ({m.produit_id}) : "
            f"{m.disponible} disponible(s), {m.demande} demandé(s)."
            for m in manques
        ]
        super().__init__(
            phrases[0] if len(phrases) == 1 else phrases,
            extra={
                "produits": [
                    {
                        "produit_id": str(m.produit_id),
                        "nom_produit": m.nom_produit,
                        "disponible": m.disponible,
                        "demande": m.demande,
                    }
                    for m in manques
                ]
            },
        )


class ProduitInexistant(Introuvable):
    """Neither this service nor the catalogue knows the product."""

    error = "Le produit n'existe pas"
    code = "produit_inexistant"

    def __init__(self, produits: Sequence[UUID]) -> None:
        phrases = [f"Le produit {produit} n'existe pas." for produit in produits]
        super().__init__(phrases[0] if len(phrases) == 1 else phrases)


class MagasinInexistant(Introuvable):
    """No magasin has this identifier."""

    error = "Le magasin n'existe pas"
    code = "magasin_inexistant"

    def __init__(self, magasin_id: UUID) -> None:
        super().__init__(f"Le magasin {magasin_id} n'existe pas.")


class ReservationInexistante(Introuvable):
    """Nothing was ever taken under this reference, and no release of it was asked."""

    error = "La réservation n'existe pas"
    code = "reservation_inexistante"


class ReservationRefusee(Introuvable):
    """The reservation was asked and refused: nothing was taken, so there is none."""

    error = "La réservation n'existe pas"
    code = "reservation_refusee"


class ReferenceDejaReservee(Conflit):
    """The reference holds a reservation: adding its lines again would give its stock back a second time."""

    error = "Référence déjà réservée"
    code = "reference_deja_reservee"


class AnnulationImpossible(Conflit):
    """Undoing the addition would make the stock negative: part of it has left already. Nothing was undone."""

    error = "Annulation impossible : stock insuffisant"
    code = "annulation_impossible"


class DemandeInexistante(Introuvable):
    """No replenishment request has this identifier."""

    error = "La demande n'existe pas"
    code = "demande_inexistante"

    def __init__(self, demande_id: UUID) -> None:
        super().__init__(f"La demande {demande_id} n'existe pas.")


class DemandeDejaEnAttente(RefusMetier):
    """The magasin has a pending request for this product."""

    error = "Une demande est déjà en attente"
    code = "demande_deja_en_attente"


class DemandeDejaTraitee(RefusMetier):
    """The request is not pending any more."""

    error = "Demande déjà traitée"
    code = "demande_deja_traitee"


class StatutFige(Conflit):
    """Another decision, or another workflow, has set the status."""

    error = "Statut déjà fixé"
    code = "statut_fige"
