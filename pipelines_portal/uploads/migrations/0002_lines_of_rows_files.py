"""A stored file of rows holds its lines. They do not depend on the fields."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('uploads', '0001_initial'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='rowsfile',
            name='schema',
        ),
    ]
