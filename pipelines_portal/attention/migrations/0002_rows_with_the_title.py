from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('attention', '0001_groups'),
    ]

    operations = [
        migrations.AddField(
            model_name='grouptask',
            name='has_facts',
            field=models.BooleanField(default=True),
        ),
    ]
