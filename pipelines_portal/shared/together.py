"""Several reads in one query: what does not wait for another one's answer goes with it, and is of the same moment.

    sent, keys = together(Submission.objects.filter(owner=user)[:5], _usable.asked(user=user.pk))

Each gives the list that it would give alone, in its order. What is `prepared` costs the making of its SQL once.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BinaryField, DateField, DateTimeField, Field, JSONField, QuerySet, UUIDField

from .prepared import Asked, Statement, reading

Read = QuerySet[Any, Any] | Asked[Any]
Rows = dict[int, list[tuple[Any, ...]]]


def together(*reads: Read) -> list[list[Any]]:
    """One list for each. A query that cannot find anything is not asked."""
    asked = {place: found for place, read in enumerate(reads) if (found := _statement(read))}
    rows = _rows(asked) if asked else {}
    return [_made(asked[place][0], rows.get(place, [])) if place in asked else [] for place in range(len(reads))]


def _statement(read: Read) -> tuple[Statement, list[Any]] | None:
    try:
        if isinstance(read, Asked):
            return read.statement, read.statement.filled(read.values)
        statement = reading(read)
    except EmptyResultSet:
        return None
    return statement, statement.filled({})


def _made(statement: Statement, rows: list[tuple[Any, ...]]) -> list[Any]:
    return [statement.made_of(statement.converted(row)) for row in rows]


def _rows(asked: dict[int, tuple[Statement, list[Any]]]) -> Rows:
    sql = _of_sqlite if connection.vendor == "sqlite" else _of_postgresql
    with connection.cursor() as cursor:
        cursor.execute(sql(asked), [value for _, values in asked.values() for value in values])
        found = cursor.fetchall()
    return _told_apart(asked, found) if connection.vendor == "sqlite" else _opened(asked, found[0])


def _of_sqlite(asked: dict[int, tuple[Statement, list[Any]]]) -> str:
    """One below the other: columns of SQLite hold values of any type. The first one, empty, gives them none."""
    widest = max(statement.width for statement, _ in asked.values())
    each = [_below(place, statement, widest) for place, (statement, _) in asked.items()]
    return " UNION ALL ".join([f"SELECT -1{', NULL' * widest} WHERE 0", *each])


def _below(place: int, statement: Statement, widest: int) -> str:
    return f"SELECT {place}, q.*{', NULL' * (widest - statement.width)} FROM ({statement.sql}) q"  # noqa: S608


def _told_apart(asked: dict[int, tuple[Statement, list[Any]]], found: list[tuple[Any, ...]]) -> Rows:
    rows: Rows = {}
    for place, *columns in found:
        rows.setdefault(place, []).append(tuple(columns[: asked[place][0].width]))
    return rows


def _of_postgresql(asked: dict[int, tuple[Statement, list[Any]]]) -> str:
    """Side by side, each as JSON."""
    return "SELECT " + ", ".join(map(_as_json, (statement for statement, _ in asked.values())))


def _as_json(statement: Statement) -> str:
    columns = ", ".join(f"c{number}" for number in range(statement.width))
    return f"(SELECT json_agg(q)::text FROM ({statement.sql}) AS q({columns}))"  # noqa: S608


def _opened(asked: dict[int, tuple[Statement, list[Any]]], found: tuple[str | None, ...]) -> Rows:
    texts = zip(asked.items(), found, strict=True)
    return {place: list(_values(statement, text)) for (place, (statement, _)), text in texts if text}


def _values(statement: Statement, text: str) -> Iterator[tuple[Any, ...]]:
    readers = [_reader(field) for field in statement.fields]
    for row in json.loads(text):
        values = zip(readers, row.values(), strict=True)
        yield tuple(read(value) if read and value is not None else value for read, value in values)


def _reader(field: "Field[Any, Any] | None") -> Callable[[Any], Any] | None:
    """Makes of what JSON holds what the database would have given."""
    kinds = ((DateTimeField, datetime.fromisoformat), (DateField, date.fromisoformat), (UUIDField, UUID))
    more = ((BinaryField, lambda value: bytes.fromhex(value[2:])), (JSONField, json.dumps))
    return next((read for kind, read in (*kinds, *more) if isinstance(field, kind)), None)
