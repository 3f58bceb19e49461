from django.db import models


class CleIdempotence(models.Model):
    """One remembered answer; `statut` is null while its transaction is open."""

    pk = models.CompositePrimaryKey("consommateur", "cle")
    consommateur = models.CharField(max_length=64)
    cle = models.CharField(max_length=255)
    empreinte = models.CharField(max_length=64)
    statut = models.SmallIntegerField(null=True)
    type_mime = models.CharField(max_length=100, db_default="")
    corps = models.BinaryField(null=True)
    cree_le = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        db_table = "idempotence_cles"
        indexes = [models.Index(fields=["cree_le"], name="idempotence_cree_le")]
