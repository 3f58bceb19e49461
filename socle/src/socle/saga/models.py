"""Abstract Django models of the engine's three tables; a service subclasses them and names its tables.

The engine writes with raw SQL (`depot_postgres`); the models carry the migrations, the admin and the read side.
"""

from django.db import models
from django.db.models import Q


class SagaDurable(models.Model):
    """One saga. `active`: the engine has something to do; false once ended, or while an operator is awaited.

    `bail_expire` is the end of the owner's lease, or the moment from which anybody may take an unowned saga.
    """

    saga_id = models.UUIDField(primary_key=True)
    nom_definition = models.CharField(max_length=50)
    version_definition = models.PositiveSmallIntegerField()
    etat_actuel = models.CharField(max_length=40)
    active = models.BooleanField()
    execution = models.JSONField()
    donnees_contexte = models.JSONField()
    jeton = models.BigIntegerField(help_text="Fencing token : chaque prise de possession l'augmente.")
    proprietaire = models.CharField(max_length=80, null=True)
    epoque = models.BigIntegerField(null=True)
    bail_expire = models.DateTimeField()
    prochain_essai = models.DateTimeField(null=True)
    empreinte = models.CharField(max_length=64)
    consommateur = models.CharField(max_length=100)
    cle_idempotence = models.CharField(max_length=255, null=True)
    correlation_id = models.CharField(max_length=128)
    traceparent = models.CharField(max_length=60)
    reponse_statut = models.PositiveSmallIntegerField(null=True)
    reponse_corps = models.TextField(null=True)
    date_creation = models.DateTimeField()
    derniere_modification = models.DateTimeField()
    date_fin = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["consommateur", "cle_idempotence"],
                condition=Q(cle_idempotence__isnull=False),
                name="%(class)s_cle",
            )
        ]
        indexes = [
            # Small: what the recovery loop and the gauges read is only ever what is not ended.
            models.Index(fields=["bail_expire"], condition=Q(date_fin__isnull=True), name="%(class)s_reprise"),
            models.Index(fields=["-date_creation"], name="%(class)s_date"),
        ]


class EvenementSaga(models.Model):
    """One history entry; a subclass adds the foreign key `saga` (column `saga_id`) and its uniqueness with `numero`."""

    numero = models.PositiveIntegerField()
    type = models.CharField(max_length=40)
    etat_precedent = models.CharField(max_length=40)
    nouvel_etat = models.CharField(max_length=40)
    message = models.TextField()
    horodatage = models.DateTimeField()
    donnees = models.JSONField()

    class Meta:
        abstract = True


class ProprietaireSaga(models.Model):
    """Current boot epoch of each replica: sagas of an earlier epoch of the same name are free at once."""

    nom = models.CharField(max_length=80, primary_key=True)
    epoque = models.BigIntegerField()

    class Meta:
        abstract = True
