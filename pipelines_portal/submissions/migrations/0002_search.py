from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE = "submissions_search"
CREATE = {
    # Contentless: the words are not stored a second time. An entry is deleted by giving the same words again, which
    # every SQLite since 3.9 can do.
    "sqlite": [f"CREATE VIRTUAL TABLE {TABLE} USING fts5(said, who, content='', prefix='3 5')"],
    "postgresql": [
        f"CREATE TABLE {TABLE} (row_id bigint PRIMARY KEY, said tsvector NOT NULL)",
        f"CREATE INDEX {TABLE}_said ON {TABLE} USING gin (said)",
    ],
}


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("submissions", "0001_initial")]  # noqa: RUF012

    operations = [migrations.RunPython(create, drop)]  # noqa: RUF012
