"""The `Connus` port."""

from collections.abc import Mapping
from uuid import UUID

from inventaire.infrastructure.models import MagasinConnu, ProduitConnu


class ConnusPostgres:
    def inscrire_produits(self, noms: Mapping[UUID, str]) -> None:
        ProduitConnu.objects.bulk_create(
            [ProduitConnu(id=produit, nom=nom) for produit, nom in noms.items()], ignore_conflicts=True
        )

    def inscrire_magasin(self, magasin_id: UUID, nom: str) -> None:
        MagasinConnu.objects.bulk_create(
            [MagasinConnu(id=magasin_id, nom=nom)], update_conflicts=True, unique_fields=["id"], update_fields=["nom"]
        )
