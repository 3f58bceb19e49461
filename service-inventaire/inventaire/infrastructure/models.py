"""Tables. The database holds the rules that two simultaneous requests could break together."""

from django.db import models
from django.db.models.functions import Now

from inventaire.domain.demande import MOTIF_MAX, Statut


class ProduitConnu(models.Model):
    """Reference row of a product: seeded, completed from the catalogue on first sight."""

    id = models.UUIDField(primary_key=True)
    nom = models.CharField(max_length=200)

    class Meta:
        db_table = "produits_connus"
        verbose_name = "produit connu"
        verbose_name_plural = "produits connus"

    def __str__(self) -> str:
        return self.nom


class MagasinConnu(models.Model):
    """Reference row of a magasin: seeded, told by the order service."""

    id = models.UUIDField(primary_key=True)
    nom = models.CharField(max_length=200)

    class Meta:
        db_table = "magasins_connus"
        verbose_name = "magasin connu"
        verbose_name_plural = "magasins connus"

    def __str__(self) -> str:
        return self.nom


class StockCentralLigne(models.Model):
    """Units of one product in the central stock; no row: never stocked."""

    produit = models.OneToOneField(ProduitConnu, on_delete=models.PROTECT, primary_key=True)
    quantite = models.IntegerField()

    class Meta:
        db_table = "stock_central"
        verbose_name = "stock central"
        verbose_name_plural = "stocks centraux"
        constraints = [models.CheckConstraint(condition=models.Q(quantite__gte=0), name="stock_central_jamais_negatif")]

    def __str__(self) -> str:
        return f"{self.produit_id} : {self.quantite}"


class StockLocalLigne(models.Model):
    """Units of one product at one magasin; no row: never stocked there."""

    magasin = models.ForeignKey(MagasinConnu, on_delete=models.PROTECT, db_index=False)
    produit = models.ForeignKey(ProduitConnu, on_delete=models.PROTECT)
    quantite = models.IntegerField()

    class Meta:
        db_table = "stock_local"
        verbose_name = "stock local"
        verbose_name_plural = "stocks locaux"
        constraints = [
            models.UniqueConstraint(fields=["magasin", "produit"], name="stock_local_unique"),
            models.CheckConstraint(condition=models.Q(quantite__gte=0), name="stock_local_jamais_negatif"),
        ]

    def __str__(self) -> str:
        return f"{self.magasin_id} {self.produit_id} : {self.quantite}"


class ReservationLigne(models.Model):
    """What one reference took, for ever. `lignes`: `[{"produit_id", "quantite"}]`, one line per product.

    One row with its lines, not a row per line: they are written once, on the path of every checkout.
    """

    RESERVEE, LIBEREE = "RESERVEE", "LIBEREE"

    reference = models.UUIDField(primary_key=True)
    magasin_id = models.UUIDField(null=True, help_text="Vide : stock central.")
    etat = models.CharField(max_length=10, choices=[(RESERVEE, RESERVEE), (LIBEREE, LIBEREE)], db_default=RESERVEE)
    lignes = models.JSONField()
    date_creation = models.DateTimeField(db_default=Now())
    date_liberation = models.DateTimeField(null=True)

    class Meta:
        db_table = "reservations"
        verbose_name = "réservation"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(etat="RESERVEE", date_liberation__isnull=True)
                | models.Q(etat="LIBEREE", date_liberation__isnull=False),
                name="reservations_etat_coherent",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} ({self.etat})"


class DemandeLigne(models.Model):
    """One replenishment request."""

    id = models.UUIDField(primary_key=True)
    produit = models.ForeignKey(ProduitConnu, on_delete=models.PROTECT)
    magasin = models.ForeignKey(MagasinConnu, on_delete=models.PROTECT)
    quantite = models.IntegerField()
    statut = models.CharField(max_length=20, choices=[(s.value, s.value) for s in Statut])
    motif = models.CharField(max_length=MOTIF_MAX, blank=True, db_default="")
    workflow_id = models.UUIDField(null=True)
    date_creation = models.DateTimeField(db_default=Now())
    date_modification = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "demandes_reapprovisionnement"
        verbose_name = "demande de réapprovisionnement"
        verbose_name_plural = "demandes de réapprovisionnement"
        constraints = [
            models.UniqueConstraint(
                fields=["magasin", "produit"],
                condition=models.Q(statut=Statut.EN_ATTENTE.value),
                name="demandes_une_en_attente",
            ),
            models.CheckConstraint(condition=models.Q(quantite__gte=1), name="demandes_quantite_positive"),
            models.CheckConstraint(
                condition=models.Q(statut__in=[s.value for s in Statut]), name="demandes_statut_connu"
            ),
        ]
        indexes = [models.Index(fields=["statut", "date_creation"], name="demandes_par_statut")]

    def __str__(self) -> str:
        return f"{self.quantite} × {self.produit_id} ({self.statut})"
