"""Tables of the orchestrator (contract, section 7). The engine writes them with raw SQL (`socle.saga`)."""

from django.db import models

from socle.saga.models import EvenementSaga, ProprietaireSaga, SagaDurable


class SagaCommande(SagaDurable):
    """One checkout."""

    client_id = models.UUIDField()
    magasin_id = models.UUIDField()
    commande_finale_id = models.UUIDField(null=True)
    montant_total = models.DecimalField(max_digits=14, decimal_places=2, null=True)

    class Meta(SagaDurable.Meta):
        db_table = "saga_commandes"
        verbose_name = "saga"
        # What operators look sagas up by; none of these columns changes before the end.
        indexes = [
            *SagaDurable.Meta.indexes,
            models.Index(fields=["client_id", "-date_creation"], name="saga_client"),
            models.Index(fields=["correlation_id"], name="saga_correlation"),
            models.Index(
                fields=["commande_finale_id"], condition=models.Q(commande_finale_id__isnull=False), name="saga_vente"
            ),
            models.Index(
                fields=["-date_creation", "saga_id"], condition=models.Q(reponse_statut__gte=400), name="saga_echecs"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.saga_id} {self.etat_actuel}"


class LigneCommande(models.Model):
    """One line of the cart; name and price are filled in with the end of the saga."""

    # No constraint in the database: a line is written by the very statement that writes its saga, from that row, and
    # eleven checks per saga cost a fifth of its statements. The same goes for the history.
    saga = models.ForeignKey(SagaCommande, models.CASCADE, related_name="lignes", db_index=False, db_constraint=False)
    numero = models.PositiveSmallIntegerField()
    produit_id = models.UUIDField()
    quantite = models.PositiveIntegerField()
    produit_nom = models.CharField(max_length=200, null=True)
    prix_unitaire = models.DecimalField(max_digits=10, decimal_places=2, null=True)

    class Meta:
        db_table = "saga_lignes_commande"
        verbose_name = "ligne"
        indexes = [models.Index(fields=["produit_id"], name="saga_ligne_produit")]
        constraints = [
            models.UniqueConstraint(fields=["saga", "numero"], name="saga_ligne_numero"),
            models.CheckConstraint(condition=models.Q(quantite__gte=1), name="saga_ligne_quantite"),
        ]

    def __str__(self) -> str:
        return f"{self.quantite} x {self.produit_nom or self.produit_id}"


class EvenementCommande(EvenementSaga):
    """One entry of a saga's history."""

    saga = models.ForeignKey(
        SagaCommande, models.CASCADE, related_name="evenements", db_index=False, db_constraint=False
    )

    class Meta:
        db_table = "saga_evenements"
        verbose_name = "événement"
        constraints = [models.UniqueConstraint(fields=["saga", "numero"], name="saga_evenement_numero")]

    def __str__(self) -> str:
        return f"{self.numero} {self.type}"


class Replique(ProprietaireSaga):
    """Boot epoch of each process that owns sagas."""

    class Meta:
        db_table = "saga_proprietaires"
        verbose_name = "réplique"

    def __str__(self) -> str:
        return f"{self.nom} ({self.epoque})"
