"""An upload tells how many rows with errors were not sent."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('uploads', '0002_lines_of_rows_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='zipupload',
            name='rows_left_out',
            field=models.PositiveIntegerField(default=0),
        ),
    ]
