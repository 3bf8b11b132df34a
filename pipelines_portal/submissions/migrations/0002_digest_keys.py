from typing import Any

from django.conf import settings
from django.db import migrations, models

from pipelines_portal.submissions.digest_keys import fingerprint


def note_keys(apps: Any, schema_editor: Any) -> None:
    """The rows that are there were kept under them, as far as anybody knows: amid a rotation, under several."""
    if apps.get_model("submissions", "SubmissionRow").objects.exclude(digest="").exists():
        model = apps.get_model("submissions", "DigestKey")
        model.objects.bulk_create(model(fingerprint=fingerprint(key)) for key in settings.ENCRYPTION_KEYS)


class Migration(migrations.Migration):
    dependencies = [("submissions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="DigestKey",
            fields=[
                ("fingerprint", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("is_in_use", models.BooleanField(default=True)),
                ("lost_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunPython(note_keys, migrations.RunPython.noop),
    ]
