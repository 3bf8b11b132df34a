from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('attention', '0002_until'),
    ]

    operations = [
        migrations.AddField(
            model_name='grouptask',
            name='has_facts',
            field=models.BooleanField(default=True),
        ),
    ]
