from typing import Any

from django.db import migrations, models

# The people of a demo that was loaded before accounts were marked.
EMAILS = ["demo@example.com", "lena@example.com", "tom@example.com", "nora@example.com"]


def mark(apps: Any, schema_editor: Any) -> None:
    apps.get_model("external_api", "Person").objects.filter(email__in=EMAILS).update(is_demo=True)


class Migration(migrations.Migration):
    dependencies = [("external_api", "0002_newest_tasks")]
    operations = [
        migrations.AddField("person", "is_demo", models.BooleanField(default=False)),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
