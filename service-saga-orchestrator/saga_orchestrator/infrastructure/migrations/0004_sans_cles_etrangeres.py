import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Lines and history are written by the statement that writes their saga: their foreign keys proved nothing more."""

    dependencies = [("saga_orchestrator", "0003_index_des_operateurs")]

    operations = [
        migrations.AlterField(
            modele,
            "saga",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name=inverse,
                to="saga_orchestrator.sagacommande",
            ),
        )
        for modele, inverse in (("lignecommande", "lignes"), ("evenementcommande", "evenements"))
    ]
