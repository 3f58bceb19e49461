from django.db import migrations


class Migration(migrations.Migration):
    """Each saga's row is updated once or more: room in its page keeps the update there, off the indexes."""

    dependencies = [("saga_orchestrator", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE saga_commandes SET (fillfactor = 50)", "ALTER TABLE saga_commandes RESET (fillfactor)"
        ),
    ]
