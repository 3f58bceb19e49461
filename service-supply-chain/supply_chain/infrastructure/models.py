"""Tables of the service (contract, section 5). The engine writes them with raw SQL (`socle.saga`)."""

from django.db import models

from socle.saga.models import EvenementSaga, ProprietaireSaga, SagaDurable


class WorkflowValidation(SagaDurable):
    """One validation of one replenishment request."""

    demande_id = models.UUIDField(unique=True)
    produit_id = models.UUIDField()
    magasin_id = models.UUIDField()
    quantite = models.PositiveIntegerField()

    class Meta(SagaDurable.Meta):
        db_table = "workflows_validation"
        verbose_name = "workflow de validation"
        verbose_name_plural = "workflows de validation"

    def __str__(self) -> str:
        return f"{self.demande_id} {self.etat_actuel}"


class EtapeValidation(EvenementSaga):
    """One entry of a workflow's history: a step that was done, failed, was tried again or undone."""

    saga = models.ForeignKey(WorkflowValidation, models.CASCADE, related_name="etapes", db_index=False)

    class Meta:
        db_table = "etapes_validation"
        verbose_name = "étape de validation"
        verbose_name_plural = "étapes de validation"
        constraints = [models.UniqueConstraint(fields=["saga", "numero"], name="etape_validation_numero")]

    def __str__(self) -> str:
        return f"{self.numero} {self.type}"


class Replique(ProprietaireSaga):
    """Boot epoch of each process that owns workflows."""

    class Meta:
        db_table = "saga_proprietaires"
        verbose_name = "réplique"

    def __str__(self) -> str:
        return f"{self.nom} ({self.epoque})"
