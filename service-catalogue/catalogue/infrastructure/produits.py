"""The `Produits` port on the ORM: writes are rare here, and constraints decide races."""

from uuid import UUID

from django.db import IntegrityError
from django.db.models.functions import Now

from catalogue.domain.erreurs import ProduitDejaExistant, ProduitIntrouvable
from catalogue.domain.produit import Produit
from catalogue.domain.valeurs import Categorie, NomProduit, Prix, Sku
from catalogue.infrastructure.models import ChangementPrixLigne, ProduitLigne


class ProduitsPostgres:
    """Each method expects an open transaction."""

    def ajouter(self, produit: Produit) -> None:
        try:
            ProduitLigne.objects.create(
                id=produit.id,
                nom=produit.nom.texte,
                categorie=produit.categorie.value,
                prix=produit.prix.montant,
                description=produit.description,
                sku=produit.sku.code if produit.sku else None,
                actif=produit.actif,
            )
        except IntegrityError as erreur:
            if erreur.__cause__.diag.constraint_name == "produits_sku_unique":
                raise ProduitDejaExistant(f"Le SKU {produit.sku and produit.sku.code} est déjà utilisé.") from erreur
            raise ProduitDejaExistant(f"Un produit se nomme déjà « {produit.nom.texte} ».") from erreur

    def verrouiller(self, produit_id: UUID) -> Produit:
        ligne = ProduitLigne.objects.select_for_update().filter(pk=produit_id).first()
        if ligne is None:
            raise ProduitIntrouvable(f"Aucun produit n'a l'identifiant {produit_id}.")
        return Produit(
            id=ligne.id,
            nom=NomProduit(ligne.nom),
            categorie=Categorie(ligne.categorie),
            prix=Prix(ligne.prix),
            description=ligne.description,
            sku=Sku(ligne.sku) if ligne.sku else None,
            actif=ligne.actif,
        )

    def enregistrer(self, produit: Produit) -> None:
        ProduitLigne.objects.filter(pk=produit.id).update(
            prix=produit.prix.montant, actif=produit.actif, date_modification=Now()
        )

    def historiser_prix(self, produit_id: UUID, ancien: Prix, nouveau: Prix) -> None:
        ChangementPrixLigne.objects.create(
            produit_id=produit_id, ancien_prix=ancien.montant, nouveau_prix=nouveau.montant
        )
