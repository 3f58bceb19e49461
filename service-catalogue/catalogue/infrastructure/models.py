"""Tables. The database holds the rules that two simultaneous requests could break together."""

from django.db import models
from django.db.models.functions import Lower, Now

from catalogue.domain.valeurs import NOM_MAX, PRIX_MAX, PRIX_MIN, Categorie


class ProduitLigne(models.Model):
    """One product."""

    id = models.UUIDField(primary_key=True)
    nom = models.CharField(max_length=NOM_MAX)
    categorie = models.CharField(max_length=20, choices=[(c.value, c.value) for c in Categorie])
    prix = models.DecimalField(max_digits=8, decimal_places=2)
    description = models.TextField(blank=True, db_default="")
    sku = models.CharField("SKU", max_length=7, null=True, blank=True)
    actif = models.BooleanField(db_default=True)
    date_creation = models.DateTimeField(db_default=Now())
    date_modification = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "produits"
        verbose_name = "produit"
        constraints = [
            models.UniqueConstraint(Lower("nom"), name="produits_nom_unique"),
            models.UniqueConstraint(fields=["sku"], name="produits_sku_unique"),
            models.CheckConstraint(
                condition=models.Q(prix__gte=PRIX_MIN, prix__lte=PRIX_MAX), name="produits_prix_permis"
            ),
            models.CheckConstraint(
                condition=models.Q(categorie__in=[c.value for c in Categorie]), name="produits_categorie_connue"
            ),
        ]
        indexes = [models.Index(fields=["categorie"], name="produits_categorie")]

    def __str__(self) -> str:
        return self.nom


class ChangementPrixLigne(models.Model):
    """One past change of price; only ever appended."""

    produit = models.ForeignKey(ProduitLigne, on_delete=models.CASCADE, related_name="changements")
    ancien_prix = models.DecimalField(max_digits=8, decimal_places=2)
    nouveau_prix = models.DecimalField(max_digits=8, decimal_places=2)
    date = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "historique_prix"
        verbose_name = "changement de prix"
        verbose_name_plural = "changements de prix"

    def __str__(self) -> str:
        return f"{self.ancien_prix} → {self.nouveau_prix}"
