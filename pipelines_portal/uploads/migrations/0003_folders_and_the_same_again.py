from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0002_waits_for_key")]

    operations = [
        migrations.AddField(
            model_name="zipupload",
            name="levels_left_out",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="zipupload",
            index=models.Index(
                condition=models.Q(("fingerprint", ""), _negated=True),
                fields=["fingerprint", "-created_at"],
                name="uploads_of_the_same_contents",
            ),
        ),
    ]
