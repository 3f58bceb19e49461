import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CleIdempotence",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "consommateur", "cle", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("consommateur", models.CharField(max_length=64)),
                ("cle", models.CharField(max_length=255)),
                ("empreinte", models.CharField(max_length=64)),
                ("statut", models.SmallIntegerField(null=True)),
                ("type_mime", models.CharField(db_default="", max_length=100)),
                ("corps", models.BinaryField(null=True)),
                ("cree_le", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "idempotence_cles",
                "indexes": [models.Index(fields=["cree_le"], name="idempotence_cree_le")],
            },
        ),
    ]
