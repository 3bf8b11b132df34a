from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [migrations.CreateModel("Lamp", [("id", models.BigAutoField(primary_key=True)), ("colour", models.TextField())])]
