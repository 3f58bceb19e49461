import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OperationBarree",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "espace", "reference", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("espace", models.CharField(max_length=32)),
                ("reference", models.CharField(max_length=64)),
                ("etat", models.CharField(max_length=10)),
                ("empreinte", models.CharField(db_default="", max_length=64)),
                ("reponse", models.TextField(null=True)),
                ("reponse_compensation", models.TextField(null=True)),
                ("cree_le", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "barriere",
            },
        ),
    ]
