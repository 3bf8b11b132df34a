from django.db import migrations, models
from django.db.models.functions import Now


def carry_over(apps, schema_editor):
    apps.get_model("entry", "ImportJob").objects.filter(cleared_through__gt=0).update(cleared_at=Now())


class Migration(migrations.Migration):

    dependencies = [
        ('entry', '0004_plain_labels'),
    ]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='cleared_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(
            model_name='importjob',
            name='cleared_through',
        ),
    ]
