from django.db import migrations

from socle.evenements.tables import CREATION, SUPPRESSION


class Migration(migrations.Migration):
    initial = True
    operations = [migrations.RunSQL(CREATION, SUPPRESSION)]
