from typing import Any

from django.conf import settings
from django.db import migrations, models

from pipelines_portal.submissions.digest_keys import fingerprint


def note_first_key(apps: Any, schema_editor: Any) -> None:
    """The rows that are there were kept under it, as far as anybody knows."""
    if apps.get_model("submissions", "SubmissionRow").objects.exclude(digest="").exists():
        first = fingerprint(settings.ENCRYPTION_KEYS[0])
        apps.get_model("submissions", "DigestKey").objects.create(fingerprint=first)


class Migration(migrations.Migration):
    dependencies = [("submissions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="DigestKey",
            fields=[
                ("fingerprint", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("lost_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunPython(note_first_key, migrations.RunPython.noop),
    ]
