from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE = "submissions_search"
CREATE = {
    # Contentless: the words are not stored a second time. An entry is deleted by giving the same words again, which
    # every SQLite since 3.9 can do. "~" marks who may find an entry. Beginnings of other lengths than these take up to a
    # hundred times as long.
    "sqlite": [
        f"""CREATE VIRTUAL TABLE {TABLE}
        USING fts5(said, content='', prefix='3 4 5 6', tokenize="unicode61 tokenchars '~'")""",
        # Merge parts as soon as there are two of a size, not four: else deleted entries take up space for years.
        f"INSERT INTO {TABLE}({TABLE}, rank) VALUES ('automerge', 2)",
    ],
    "postgresql": [
        f"CREATE TABLE {TABLE} (row_id bigint PRIMARY KEY, said tsvector NOT NULL)",
        # Each search reads the list of entries that wait for the index, which has 4 MB otherwise.
        f"CREATE INDEX {TABLE}_said ON {TABLE} USING gin (said) WITH (gin_pending_list_limit = 512)",
        # Of the 10,000 most common words, not 1,000: how common other words are at most decides how they are found.
        f"ALTER TABLE {TABLE} ALTER said SET STATISTICS 1000",
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
