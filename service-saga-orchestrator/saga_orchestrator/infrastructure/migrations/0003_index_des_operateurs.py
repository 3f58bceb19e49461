from django.db import migrations, models


class Migration(migrations.Migration):
    """What operators look sagas up by. No indexed column changes before a saga's end: its updates stay in their page."""

    dependencies = [("saga_orchestrator", "0002_place_pour_les_mises_a_jour")]

    operations = [
        migrations.AddIndex("sagacommande", models.Index(fields=["client_id", "-date_creation"], name="saga_client")),
        migrations.AddIndex("sagacommande", models.Index(fields=["correlation_id"], name="saga_correlation")),
        migrations.AddIndex(
            "sagacommande",
            models.Index(
                fields=["commande_finale_id"],
                condition=models.Q(commande_finale_id__isnull=False),
                name="saga_vente",
            ),
        ),
        migrations.AddIndex(
            "sagacommande",
            models.Index(
                fields=["-date_creation", "saga_id"], condition=models.Q(reponse_statut__gte=400), name="saga_echecs"
            ),
        ),
        migrations.AddIndex("lignecommande", models.Index(fields=["produit_id"], name="saga_ligne_produit")),
    ]
