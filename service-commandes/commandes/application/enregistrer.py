"""Record a sale whose stock is already held. The saga form of the route, and the last step of the other form."""

from collections.abc import Callable
from dataclasses import dataclass

from commandes.application.ports import Barriere, Corps, Ventes
from commandes.domain.erreurs import MagasinInvalide
from commandes.domain.vente import Statut, Vente


@dataclass(frozen=True, slots=True)
class Enregistrer:
    ventes: Ventes
    barriere: Barriere

    def __call__(self, vente: Vente, *, avec: Callable[[], None] = lambda: None) -> Corps:
        """One sale per reference, for ever; the answer of the first time again. `avec` commits with the sale.

        Idempotent. Raises `MagasinInvalide`; `Conflit` (référence annulée) after a cancellation that came first;
        `CleReutilisee` for another sale under the same reference. No remote call.
        """

        def faire() -> Corps:
            inscrite = self.ventes.inscrire(vente)
            if inscrite is None:
                raise MagasinInvalide(f"Magasin invalide : aucun magasin n'a l'identifiant {vente.magasin_id}.")
            avec()
            return {
                "success": True,
                "vente": {
                    "id": vente.id,
                    "magasin": inscrite.magasin,
                    "magasin_id": vente.magasin_id,
                    "client_id": vente.client_id,
                    "reference": vente.reference,
                    "reservation_reference": vente.reservation_reference,
                    "date_vente": inscrite.date_vente,
                    "total": vente.total,
                    "statut": Statut.ACTIVE,
                    "peut_etre_annulee": True,
                    "lignes": [
                        {
                            "produit_id": ligne.produit_id,
                            "produit_nom": ligne.produit_nom,
                            "quantite": ligne.quantite,
                            "prix_unitaire": ligne.prix_unitaire,
                            "sous_total": ligne.sous_total,
                        }
                        for ligne in vente.lignes
                    ],
                },
            }

        return self.barriere.action(str(vente.reference), vente.demande, faire)
