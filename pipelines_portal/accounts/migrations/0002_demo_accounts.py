from typing import Any

from django.db import migrations, models

# Whose password is published, of a demo that was loaded before accounts were marked.
EMAILS = ["demo@example.com", "operator@example.com"]


def mark(apps: Any, schema_editor: Any) -> None:
    apps.get_model("accounts", "User").objects.filter(email__in=EMAILS).update(is_demo=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.AddField("user", "is_demo", models.BooleanField(default=False)),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
