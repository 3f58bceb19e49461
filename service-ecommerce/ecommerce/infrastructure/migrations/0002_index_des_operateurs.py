from django.db import migrations, models


class Migration(migrations.Migration):
    """What operators look checkouts up by. The index of the products holds their ids alone, not the lines."""

    dependencies = [("ecommerce", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "checkoutligne",
            models.Index(fields=["-date_creation", "id"], condition=models.Q(statut="echec"), name="checkouts_echecs"),
        ),
        migrations.AddIndex("checkoutligne", models.Index(fields=["correlation_id"], name="checkouts_correlation")),
        migrations.AddIndex(
            "checkoutligne",
            models.Index(
                fields=["commande_id"], condition=models.Q(commande_id__isnull=False), name="checkouts_commande"
            ),
        ),
        migrations.RunSQL(
            "CREATE INDEX checkouts_produits ON checkouts "
            "USING gin (jsonb_path_query_array(lignes, '$[*].produit_id') jsonb_path_ops)",
            "DROP INDEX checkouts_produits",
        ),
    ]
