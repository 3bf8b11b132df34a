"""Inserting and updating thousands of rows: objects of a model would take ten times as long."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def insert_many(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, whose values are as the database takes them. Columns that are not named get no default."""
    quote = connection.ops.quote_name
    names, marks = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    _run(f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names of our own


def update_many(
    model: type[models.Model], columns: Sequence[str], where: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Update one row for each of `rows`: the values of `columns`, then those of `where`."""
    quote = connection.ops.quote_name
    values = ", ".join(f"{quote(name)} = %s" for name in columns)
    place = " AND ".join(f"{quote(name)} = %s" for name in where)
    _run(f"UPDATE {quote(model._meta.db_table)} SET {values} WHERE {place}", rows)  # noqa: S608 - as above


def db_id(row: models.Model) -> Any:
    """Return the primary key of `row` as the database takes it."""
    return row._meta.pk.get_db_prep_value(row.pk, connection)


def _run(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    if values := list(rows):
        with connection.cursor() as cursor:
            cursor.executemany(statement, values)
