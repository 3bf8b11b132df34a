"""Helpers for the `reads.py` of an app: the few reads of nearly every page, as SQL through a cursor.

Through the ORM most of such a read's time goes into making the same SQL again. Each of them states what was measured,
and has a test that compares it with the plain queryset on both databases. At most ten in all: everything else is ORM.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import DateTimeField, Model

AnyModel = TypeVar("AnyModel", bound=Model)
Row = tuple[Any, ...]
LARGEST_ID = 2**63 - 1


def rows_of(sql: str, values: Sequence[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def columns_of(model: type[Model], alias: str) -> str:
    """Return all columns of the model's table for a SELECT, in the order in which `instance_of` expects them."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def instance_of(model: type[AnyModel], values: Sequence[Any]) -> AnyModel:
    """Return the instance that the model's manager would return for these columns."""
    names, moments = _fields_of(model)
    row = list(values)
    for place in moments:
        row[place] = aware(row[place])
    return model.from_db(DEFAULT_DB_ALIAS, names, row)


def aware(moment: datetime | None) -> datetime | None:
    """SQLite's times come without a time zone; all are in UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


@cache
def _fields_of(model: type[Model]) -> tuple[list[str], list[int]]:
    """Return the names of the columns, and the places of those that hold a time."""
    fields = model._meta.concrete_fields
    moments = [place for place, field in enumerate(fields) if isinstance(field, DateTimeField)]
    return [field.attname for field in fields], moments
