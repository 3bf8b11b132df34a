"""Writing many rows at once: a hundred thousand objects of a model would take longer than all else."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Any

from django.db import connection, transaction

from .models import ChangedRow, Import, ImportRow, RowState

BATCH = 2_000
COLUMNS = (
    "number", "block", "position", "state", "edits", "digest", "is_wanted_twice", "same_as_row", "same_as_task",
    "request_id",
)  # fmt: skip


@dataclass(slots=True)
class NewRow:
    """As ImportRow, in the order of COLUMNS."""

    number: int
    block: int
    position: int
    state: str
    edits: bytes = b""
    digest: str = ""
    is_wanted_twice: bool = False
    same_as_row: int | None = None
    same_as_task: int | None = None
    request_id: int | None = None


values_of = attrgetter(*COLUMNS)
# What may be another after a row was checked again.
CHECKED = ("state", "edits", "digest", "is_wanted_twice", "same_as_row", "same_as_task")
checked_of = attrgetter(*CHECKED)


def insert_rows(of: Import, generation: int, rows: Iterable[NewRow]) -> None:
    """Batch by batch, each in a transaction of its own, so that nobody waits long for the database."""
    rows = iter(rows)
    statement, place = _statement(), (_id(of), generation)
    while batch := list(islice(rows, BATCH)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(statement, [(*place, *values_of(row)) for row in batch])


def update_rows(rows: Iterable[tuple[int, NewRow]]) -> None:
    """By primary key, what a check says of a row; it is in no request then. Call in a transaction."""
    quote = connection.ops.quote_name
    names = ", ".join(f"{quote(name)} = %s" for name in CHECKED)
    table, request = quote(ImportRow._meta.db_table), quote("request_id")
    statement = f"UPDATE {table} SET {names}, {request} = NULL WHERE {quote('id')} = %s"  # noqa: S608 - names of our own
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*checked_of(row), pk) for pk, row in rows])


def note_rows(change: int, keys: list[int]) -> None:
    """In ChangedRow, how rows stand before `change`. Call in its transaction, before they are written."""
    if not keys:
        return
    quote = connection.ops.quote_name
    names = ("change_id", "number", "edits", "was_aside", "was_wanted_twice", "rejected_in_id")
    into, columns, rows = (
        quote(ChangedRow._meta.db_table),
        ", ".join(map(quote, names)),
        quote(ImportRow._meta.db_table),
    )
    marks = ", ".join(["%s"] * len(keys))
    statement = (
        f"INSERT INTO {into} ({columns}) SELECT %s, number, edits, state = %s, is_wanted_twice, "  # noqa: S608 - names of our own
        f"CASE WHEN state = %s THEN request_id END FROM {rows} WHERE id IN ({marks})"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [change, RowState.ASIDE.value, RowState.REJECTED.value, *keys])


def _statement() -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, ("of_id", "generation", *COLUMNS)))
    marks = ", ".join(["%s"] * (len(COLUMNS) + 2))
    return f"INSERT INTO {quote(ImportRow._meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own


def _id(of: Import) -> Any:
    return Import._meta.pk.get_db_prep_value(of.pk, connection)
