from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("planted", "0001_initial")]
    operations = [migrations.RemoveField("lamp", "colour")]
