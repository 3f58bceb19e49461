from django.db import models


class OperationBarree(models.Model):
    """What happened to one reference. `etat`: FAITE, REFUSEE, COMPENSEE, ANNULEE (compensated without having an effect:
    before it existed, or after a refusal, which is then still its answer).

    Answers are JSON text, not jsonb: a repeated answer is the same bytes.
    """

    pk = models.CompositePrimaryKey("espace", "reference")
    espace = models.CharField(max_length=32)
    reference = models.CharField(max_length=64)
    etat = models.CharField(max_length=10)
    empreinte = models.CharField(max_length=64, db_default="")
    reponse = models.TextField(null=True)
    reponse_compensation = models.TextField(null=True)
    cree_le = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        db_table = "barriere"
