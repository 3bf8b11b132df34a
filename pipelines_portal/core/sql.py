"""Raw SQL for the few reads of nearly every page, and for inserting and updating thousands of rows."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models import DateTimeField, Model

AnyModel = TypeVar("AnyModel", bound=Model)
Row = tuple[Any, ...]
LARGEST_ID = 2**63 - 1


def fetch_rows(sql: str, values: Sequence[Any]) -> list[Row]:
    """Run a query. For `reads.py` of an app: building the same SQL again takes most of the time of a small ORM query.

    At most ten pages or calls read so, each with a test that compares it with the queryset on both databases. The other
    caller is submissions/search/queries.py: full-text search has no queryset.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def column_list(model: type[Model], alias: str) -> str:
    """Return all columns of the model's table for a SELECT, in the order in which `build_instance` expects them."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def build_instance(model: type[AnyModel], values: Sequence[Any]) -> AnyModel:
    """Return the instance that the model's manager would return for these columns."""
    names, times = _fields_of(model)
    row = list(values)
    for place in times:
        row[place] = aware(row[place])
    return model.from_db(DEFAULT_DB_ALIAS, names, row)


def aware(time: datetime | None) -> datetime | None:
    """Return `time` in UTC. SQLite returns times without a time zone."""
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


@cache
def _fields_of(model: type[Model]) -> tuple[list[str], list[int]]:
    """Return the names of the fields, and the positions of times among them."""
    fields = model._meta.concrete_fields
    times = [place for place, field in enumerate(fields) if isinstance(field, DateTimeField)]
    return [field.attname for field in fields], times


def insert_many(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` of values for the database. Columns that are not named get no default.

    Building model objects would take ten times as long. On PostgreSQL, INSERT takes five times as long as COPY.
    """
    quote = connection.ops.quote_name
    table = f"{quote(model._meta.db_table)} ({', '.join(map(quote, columns))})"
    if connection.vendor == "postgresql":
        _copy(table, list(rows))  # they may come from a query, which cannot run during COPY
        return
    marks = ", ".join(["%s"] * len(columns))
    _run(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - names of our own


def update_many(
    model: type[models.Model], columns: Sequence[str], where: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Update one row for each of `rows`: the values of `columns`, then those of `where`."""
    quote = connection.ops.quote_name
    values = ", ".join(f"{quote(name)} = %s" for name in columns)
    place = " AND ".join(f"{quote(name)} = %s" for name in where)
    _run(f"UPDATE {quote(model._meta.db_table)} SET {values} WHERE {place}", rows)  # noqa: S608 - as above


def db_id(row: models.Model) -> Any:
    """Return the primary key of `row` as a value for the database."""
    return row._meta.pk.get_db_prep_value(row.pk, connection)


def _copy(table: str, rows: list[Sequence[Any]]) -> None:
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _run(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    if values := list(rows):
        with connection.cursor() as cursor:
            cursor.executemany(statement, values)
