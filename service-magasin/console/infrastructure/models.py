"""The audit trail of operators, and the loads they started (database of magasin)."""

import uuid

from django.db import models
from django.db.models.functions import Now

GESTES = {
    "reprendre": "Reprendre",
    "compenser": "Compenser",
    "ignorer-etape": "Ignorer l'étape",
    "redrive": "Relancer la lettre morte",
    "drop": "Abandonner la lettre morte",
    "fautes": "Régler les fautes",
    "charge": "Démarrer une charge",
}


class Geste(models.Model):
    """One action of an operator. Its id is the idempotency key: sent twice, it is one row and one effect.

    Written before the service is asked: an action without `statut` was asked for, and its answer is not known.
    """

    id = models.UUIDField(primary_key=True)
    compte = models.CharField(max_length=150)
    role = models.CharField(max_length=20)
    geste = models.CharField(max_length=20, choices=list(GESTES.items()))
    saga_id = models.UUIDField(null=True, blank=True)
    cible = models.CharField(max_length=120, blank=True)
    motif = models.CharField(max_length=500, blank=True)
    demande_le = models.DateTimeField(db_default=Now())
    statut = models.PositiveSmallIntegerField(null=True, blank=True)
    reponse = models.TextField(blank=True, db_default="")
    repondu_le = models.DateTimeField(null=True, blank=True)
    correlation_id = models.CharField(max_length=128, blank=True, db_default="")

    class Meta:
        db_table = "console_gestes"
        verbose_name = "geste d'opérateur"
        verbose_name_plural = "gestes d'opérateurs"
        indexes = [
            models.Index(fields=["-demande_le"], name="gestes_date"),
            models.Index(fields=["saga_id", "-demande_le"], name="gestes_saga"),
        ]

    def __str__(self) -> str:
        return f"{self.geste} {self.saga_id or self.cible} ({self.compte})"


class Charge(models.Model):
    """One bounded load. `vue_le`: its last sign of life; a load that ended with its process has none any more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    compte = models.CharField(max_length=150)
    style = models.CharField(max_length=10)
    nombre = models.PositiveIntegerField()
    faits = models.PositiveIntegerField(db_default=0)
    refus = models.PositiveIntegerField(db_default=0)
    demarree_le = models.DateTimeField(db_default=Now())
    vue_le = models.DateTimeField(db_default=Now())
    en_cours = models.BooleanField(db_default=True)

    class Meta:
        db_table = "console_charges"
        verbose_name = "charge"
        indexes = [models.Index(fields=["-demarree_le"], name="charges_date")]
        constraints = [
            # One load at a time, whatever the number of processes and of clicks.
            models.UniqueConstraint(fields=["en_cours"], condition=models.Q(en_cours=True), name="charges_une_seule")
        ]

    def __str__(self) -> str:
        return f"{self.nombre} {self.style}"
