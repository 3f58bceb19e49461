from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.RunSQL("CREATE TABLE temoin (total integer NOT NULL)", "DROP TABLE temoin"),
        migrations.RunSQL("INSERT INTO temoin VALUES (0)", ""),
    ]
