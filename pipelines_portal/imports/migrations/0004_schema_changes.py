from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0003_zone'),
    ]

    operations = [
        migrations.AddField(
            model_name='import',
            name='schema_changes',
            field=models.JSONField(default=list),
        ),
        migrations.AlterField(
            model_name='importrow',
            name='state',
            field=models.CharField(choices=[('ready', 'Ready'), ('to fix', 'To fix'), ('twice', 'Duplicate'), ('aside', 'Set aside'), ('requested', 'On its way'), ('created', 'Created'), ('rejected', 'Rejected'), ('unknown', 'Unknown')], default='ready', max_length=10),
        ),
    ]
