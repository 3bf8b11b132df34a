from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_invitations'),
    ]

    operations = [
        migrations.AddField(
            model_name='invitation',
            name='mail',
            field=models.CharField(blank=True, choices=[('', 'None'), ('waiting', 'Waiting'), ('taken', 'Taken'), ('not-taken', 'Not taken')], default='', max_length=10),
        ),
    ]
