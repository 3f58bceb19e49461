"""Tables. The database holds the rules that two simultaneous requests could break together."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from ecommerce.domain.checkout import OUVERTS, Statut, Style
from ecommerce.domain.panier import QUANTITE_MAX

OUVERT, FERME = "ouvert", "ferme"


class ClientLigne(models.Model):
    """One client; every personal column is empty once erased, the id stays."""

    id = models.UUIDField(primary_key=True)
    prenom = models.CharField(max_length=100, blank=True)
    nom = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=254, blank=True)
    adresse_rue = models.CharField(max_length=200, blank=True)
    adresse_ville = models.CharField(max_length=100, blank=True)
    adresse_code_postal = models.CharField(max_length=7, blank=True)
    adresse_province = models.CharField(max_length=50, blank=True)
    adresse_pays = models.CharField(max_length=50, blank=True)
    telephone = models.CharField(max_length=12, blank=True)
    actif = models.BooleanField(db_default=True)
    date_creation = models.DateTimeField(db_default=Now())
    date_effacement = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "clients"
        verbose_name = "client"
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="clients_email_unique"),
        ]
        indexes = [models.Index(fields=["date_creation", "id"], name="clients_date")]

    def __str__(self) -> str:
        return str(self.id)


class PanierLigne(models.Model):
    """One cart; a checkout closes it, and a closed cart never changes again."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    client = models.ForeignKey(ClientLigne, on_delete=models.PROTECT, related_name="paniers")
    statut = models.CharField(max_length=6, choices=[(OUVERT, OUVERT), (FERME, FERME)], db_default=OUVERT)
    date_creation = models.DateTimeField(db_default=Now())
    date_modification = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "paniers"
        verbose_name = "panier"
        constraints = [
            models.UniqueConstraint(fields=["client"], condition=Q(statut=OUVERT), name="paniers_un_ouvert_par_client")
        ]

    def __str__(self) -> str:
        return str(self.id)


class ArticleLigne(models.Model):
    """One product in a cart."""

    panier = models.ForeignKey(PanierLigne, on_delete=models.CASCADE, related_name="articles")
    produit_id = models.UUIDField()
    nom_produit = models.CharField(max_length=100)
    prix_unitaire = models.DecimalField(max_digits=10, decimal_places=2)
    quantite = models.SmallIntegerField()

    class Meta:
        db_table = "lignes_panier"
        verbose_name = "article du panier"
        verbose_name_plural = "articles du panier"
        constraints = [
            models.UniqueConstraint(fields=["panier", "produit_id"], name="lignes_panier_produit_unique"),
            models.CheckConstraint(
                condition=Q(quantite__gte=1, quantite__lte=QUANTITE_MAX), name="lignes_panier_quantite_permise"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantite} × {self.nom_produit}"


class CheckoutLigne(models.Model):
    """One checkout of either style; its id is the saga's and both references'.

    `lignes` is the closed cart with its final prices; `prochain_suivi` is when the tracker may look (again).
    """

    id = models.UUIDField(primary_key=True)
    client = models.ForeignKey(ClientLigne, on_delete=models.PROTECT, related_name="checkouts")
    panier = models.OneToOneField(PanierLigne, on_delete=models.PROTECT, related_name="checkout")
    style = models.CharField(max_length=10, choices=[(s.value, s.value) for s in Style])
    statut = models.CharField(max_length=20, choices=[(s.value, s.value) for s in Statut])
    magasin_id = models.UUIDField()
    lignes = models.JSONField()
    adresse = models.JSONField(null=True, blank=True)
    express = models.BooleanField()
    notes = models.TextField(blank=True)
    correlation_id = models.CharField(max_length=128)
    commande_id = models.UUIDField(null=True, blank=True)
    sous_total = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    frais_livraison = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    operations = models.JSONField(db_default=models.Value([], models.JSONField()))
    libelle = models.CharField(max_length=100, blank=True, db_default="")
    motif = models.TextField(blank=True, db_default="")
    code = models.CharField(max_length=64, blank=True, db_default="")
    reessayable = models.BooleanField(db_default=False)
    conclu_par = models.CharField(max_length=10, blank=True, db_default="")
    suivis = models.PositiveIntegerField(db_default=0)
    prochain_suivi = models.DateTimeField()
    date_creation = models.DateTimeField(db_default=Now())
    date_modification = models.DateTimeField(db_default=Now())
    date_conclusion = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "checkouts"
        verbose_name = "checkout"
        constraints = [
            models.CheckConstraint(
                condition=~Q(statut=Statut.FINALISE.value)
                | Q(commande_id__isnull=False, sous_total__isnull=False, frais_livraison__isnull=False),
                name="checkouts_finalise_complet",
            ),
        ]
        indexes = [
            # Small: only what is not concluded, which is what the tracker and the gauges read.
            models.Index(
                fields=["style", "prochain_suivi"],
                condition=Q(statut__in=[s.value for s in OUVERTS]),
                name="checkouts_ouverts",
            ),
            models.Index(fields=["client", "-date_creation"], name="checkouts_client_date"),
            models.Index(fields=["-date_creation", "id"], name="checkouts_date"),
            # What operators look checkouts up by.
            models.Index(
                fields=["-date_creation", "id"], condition=Q(statut=Statut.ECHEC.value), name="checkouts_echecs"
            ),
            models.Index(fields=["correlation_id"], name="checkouts_correlation"),
            models.Index(fields=["commande_id"], condition=Q(commande_id__isnull=False), name="checkouts_commande"),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.statut})"


class CleCheckoutLigne(models.Model):
    """One `Idempotency-Key` of a checkout; `reponse_statut` is null until the first request is answered.

    The foreign key is checked at commit: the key comes first in the transaction that opens the checkout.
    """

    pk = models.CompositePrimaryKey("consommateur", "cle")
    consommateur = models.CharField(max_length=64)
    cle = models.CharField(max_length=255)
    empreinte = models.CharField(max_length=64)
    checkout = models.ForeignKey(CheckoutLigne, on_delete=models.CASCADE, null=True, related_name="cles")
    reponse_statut = models.SmallIntegerField(null=True)
    reponse_corps = models.BinaryField(null=True)
    date_creation = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "cles_checkout"
        indexes = [models.Index(fields=["date_creation"], name="cles_checkout_date")]
