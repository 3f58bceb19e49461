import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ClientLigne",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("prenom", models.CharField(blank=True, max_length=100)),
                ("nom", models.CharField(blank=True, max_length=100)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("adresse_rue", models.CharField(blank=True, max_length=200)),
                ("adresse_ville", models.CharField(blank=True, max_length=100)),
                ("adresse_code_postal", models.CharField(blank=True, max_length=7)),
                ("adresse_province", models.CharField(blank=True, max_length=50)),
                ("adresse_pays", models.CharField(blank=True, max_length=50)),
                ("telephone", models.CharField(blank=True, max_length=12)),
                ("actif", models.BooleanField(db_default=True)),
                ("date_creation", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("date_effacement", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "client",
                "db_table": "clients",
                "indexes": [models.Index(fields=["date_creation", "id"], name="clients_date")],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(("email", ""), _negated=True),
                        name="clients_email_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PanierLigne",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "statut",
                    models.CharField(
                        choices=[("ouvert", "ouvert"), ("ferme", "ferme")], db_default="ouvert", max_length=6
                    ),
                ),
                ("date_creation", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("date_modification", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="paniers", to="ecommerce.clientligne"
                    ),
                ),
            ],
            options={
                "verbose_name": "panier",
                "db_table": "paniers",
            },
        ),
        migrations.CreateModel(
            name="CheckoutLigne",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("style", models.CharField(choices=[("orchestre", "orchestre"), ("choreo", "choreo")], max_length=10)),
                (
                    "statut",
                    models.CharField(
                        choices=[
                            ("initie", "initie"),
                            ("en_cours", "en_cours"),
                            ("finalise", "finalise"),
                            ("echec", "echec"),
                            ("intervention_requise", "intervention_requise"),
                        ],
                        max_length=20,
                    ),
                ),
                ("magasin_id", models.UUIDField()),
                ("lignes", models.JSONField()),
                ("adresse", models.JSONField(blank=True, null=True)),
                ("express", models.BooleanField()),
                ("notes", models.TextField(blank=True)),
                ("correlation_id", models.CharField(max_length=128)),
                ("commande_id", models.UUIDField(blank=True, null=True)),
                ("sous_total", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ("frais_livraison", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ("operations", models.JSONField(db_default=models.Value([], models.JSONField()))),
                ("libelle", models.CharField(blank=True, db_default="", max_length=100)),
                ("motif", models.TextField(blank=True, db_default="")),
                ("code", models.CharField(blank=True, db_default="", max_length=64)),
                ("reessayable", models.BooleanField(db_default=False)),
                ("conclu_par", models.CharField(blank=True, db_default="", max_length=10)),
                ("suivis", models.PositiveIntegerField(db_default=0)),
                ("prochain_suivi", models.DateTimeField()),
                ("date_creation", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("date_modification", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("date_conclusion", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkouts",
                        to="ecommerce.clientligne",
                    ),
                ),
                (
                    "panier",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="checkout", to="ecommerce.panierligne"
                    ),
                ),
            ],
            options={
                "verbose_name": "checkout",
                "db_table": "checkouts",
            },
        ),
        migrations.CreateModel(
            name="ArticleLigne",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("produit_id", models.UUIDField()),
                ("nom_produit", models.CharField(max_length=100)),
                ("prix_unitaire", models.DecimalField(decimal_places=2, max_digits=10)),
                ("quantite", models.SmallIntegerField()),
                (
                    "panier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="articles", to="ecommerce.panierligne"
                    ),
                ),
            ],
            options={
                "verbose_name": "article du panier",
                "verbose_name_plural": "articles du panier",
                "db_table": "lignes_panier",
            },
        ),
        migrations.CreateModel(
            name="CleCheckoutLigne",
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
                ("reponse_statut", models.SmallIntegerField(null=True)),
                ("reponse_corps", models.BinaryField(null=True)),
                ("date_creation", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "checkout",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cles",
                        to="ecommerce.checkoutligne",
                    ),
                ),
            ],
            options={
                "db_table": "cles_checkout",
                "indexes": [models.Index(fields=["date_creation"], name="cles_checkout_date")],
            },
        ),
        migrations.AddConstraint(
            model_name="panierligne",
            constraint=models.UniqueConstraint(
                condition=models.Q(("statut", "ouvert")), fields=("client",), name="paniers_un_ouvert_par_client"
            ),
        ),
        migrations.AddIndex(
            model_name="checkoutligne",
            index=models.Index(
                condition=models.Q(("statut__in", ["initie", "en_cours", "intervention_requise"])),
                fields=["style", "prochain_suivi"],
                name="checkouts_ouverts",
            ),
        ),
        migrations.AddIndex(
            model_name="checkoutligne",
            index=models.Index(fields=["client", "-date_creation"], name="checkouts_client_date"),
        ),
        migrations.AddIndex(
            model_name="checkoutligne",
            index=models.Index(fields=["-date_creation", "id"], name="checkouts_date"),
        ),
        migrations.AddConstraint(
            model_name="checkoutligne",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("statut", "finalise"), _negated=True),
                    models.Q(
                        ("commande_id__isnull", False),
                        ("frais_livraison__isnull", False),
                        ("sous_total__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="checkouts_finalise_complet",
            ),
        ),
        migrations.AddConstraint(
            model_name="articleligne",
            constraint=models.UniqueConstraint(fields=("panier", "produit_id"), name="lignes_panier_produit_unique"),
        ),
        migrations.AddConstraint(
            model_name="articleligne",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantite__gte", 1), ("quantite__lte", 99)), name="lignes_panier_quantite_permise"
            ),
        ),
    ]
