"""Tables. Hot and concurrent statements are raw SQL in the sibling modules; the models give migrations and admin."""

from django.db import models
from django.db.models.functions import Now

from commandes.domain.intention import Etat
from commandes.domain.vente import MOTIF_MAX, NOM_MAX, Statut


class MagasinLigne(models.Model):
    """A shop."""

    id = models.UUIDField(primary_key=True)
    nom = models.CharField(max_length=100)
    adresse = models.CharField(max_length=200)

    class Meta:
        db_table = "magasins"
        verbose_name = "magasin"

    def __str__(self) -> str:
        return self.nom


class VenteLigne(models.Model):
    """A sale that is complete. `total` is the exact sum of its lines, in dollars, delivery excluded."""

    id = models.UUIDField(primary_key=True)
    reference = models.UUIDField(unique=True)
    reservation_reference = models.UUIDField()
    magasin = models.ForeignKey(MagasinLigne, on_delete=models.PROTECT, db_index=False)
    client_id = models.UUIDField(db_index=True)
    statut = models.CharField(max_length=10, choices=[(s.value, s.value) for s in Statut], db_default=Statut.ACTIVE)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    date_vente = models.DateTimeField(db_default=Now())
    date_annulation = models.DateTimeField(null=True)
    motif = models.CharField(max_length=MOTIF_MAX, db_default="")

    class Meta:
        db_table = "ventes"
        verbose_name = "vente"
        indexes = [models.Index(fields=["-date_vente", "id"], name="ventes_recentes")]
        constraints = [
            models.CheckConstraint(condition=models.Q(total__gt=0), name="ventes_total_positif"),
            models.CheckConstraint(
                condition=models.Q(statut__in=[s.value for s in Statut]), name="ventes_statut_connu"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class LigneVenteLigne(models.Model):
    """One line of a sale, `rang` from 1; name and price as they were when it was sold."""

    vente = models.ForeignKey(VenteLigne, on_delete=models.CASCADE, related_name="lignes", db_index=False)
    rang = models.SmallIntegerField()
    produit_id = models.UUIDField()
    produit_nom = models.CharField(max_length=NOM_MAX)
    quantite = models.IntegerField()
    prix_unitaire = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        db_table = "lignes_vente"
        verbose_name = "ligne"
        constraints = [
            models.UniqueConstraint(fields=["vente", "rang"], name="lignes_vente_rang"),
            models.CheckConstraint(
                condition=models.Q(quantite__gte=1, prix_unitaire__gt=0), name="lignes_vente_positives"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantite} × {self.produit_nom}"


class IntentionLigne(models.Model):
    """A sale of one product under way, or how it ended. `cle` is null when nobody can ask for it again."""

    vente_id = models.UUIDField(primary_key=True)
    consommateur = models.CharField(max_length=64, db_default="")
    cle = models.CharField(max_length=255, null=True)
    magasin_id = models.UUIDField()
    client_id = models.UUIDField()
    produit_id = models.UUIDField()
    quantite = models.IntegerField()
    produit_nom = models.CharField(max_length=NOM_MAX, null=True)
    prix_unitaire = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    etat = models.CharField(max_length=10, choices=[(e.value, e.value) for e in Etat])
    refus = models.TextField(null=True)
    essais = models.IntegerField(db_default=0)
    prochain_essai = models.DateTimeField()
    cree_le = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "intentions_vente"
        verbose_name = "intention de vente"
        verbose_name_plural = "intentions de vente"
        constraints = [models.UniqueConstraint(fields=["consommateur", "cle"], name="intentions_vente_cle")]
        indexes = [
            models.Index(
                fields=["prochain_essai"],
                name="intentions_vente_ouvertes",
                condition=models.Q(etat__in=[Etat.EN_SUSPENS.value, Etat.A_LIBERER.value]),
            ),
            models.Index(fields=["cree_le"], name="intentions_vente_cree_le"),
        ]

    def __str__(self) -> str:
        return f"{self.vente_id} {self.etat}"


class AnnulationLigne(models.Model):
    """A cancellation asked for by a client of the service; `terminee` once the stock is back and the sale cancelled."""

    vente = models.OneToOneField(VenteLigne, on_delete=models.CASCADE, primary_key=True, related_name="annulation")
    motif = models.CharField(max_length=MOTIF_MAX)
    consommateur = models.CharField(max_length=64, db_default="")
    cle = models.CharField(max_length=255, null=True)
    terminee = models.BooleanField(db_default=False)
    essais = models.IntegerField(db_default=0)
    prochain_essai = models.DateTimeField()
    cree_le = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "annulations"
        verbose_name = "annulation"
        constraints = [models.UniqueConstraint(fields=["consommateur", "cle"], name="annulations_cle")]
        indexes = [
            models.Index(fields=["prochain_essai"], name="annulations_ouvertes", condition=models.Q(terminee=False))
        ]

    def __str__(self) -> str:
        return str(self.vente_id)
