"""What the next release may be: another number, and a migration."""

from pathlib import Path

MIGRATION = """
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [("system", "{latest}")]
    operations = [migrations.RunSQL("CREATE TABLE of_the_newer_version (id integer)")]
"""
# Of the portal's database: how many people it has, and whether the newer version has migrated it.
CONTENT = (
    "from django.db import connection as c; from django.contrib.auth import get_user_model as m;"
    "print(m().objects.count(), 'of_the_newer_version' in c.introspection.table_names())"
)


def raise_version(release: Path) -> None:
    """Make version 0.2.0 of an unpacked release."""
    (release / "pipelines_portal/__init__.py").write_text('__version__ = "0.2.0"\n')
    compose = release / "deploy/compose/compose.yaml"
    compose.write_text(compose.read_text().replace("VERSION:-0.1.0", "VERSION:-0.2.0"))
    migrations = release / "pipelines_portal/system/migrations"
    latest = max(file.stem for file in migrations.glob("0*.py"))
    (migrations / "0999_of_the_newer_version.py").write_text(MIGRATION.format(latest=latest))
