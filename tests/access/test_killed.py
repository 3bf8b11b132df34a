"""Killed between a change and its event: neither is there. So it is for every URL that leaves one."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction

from pipelines_portal.audit.models import Event
from tests.fake_api import FakeApi

from .table import ACCESS
from .test_access import address_of, first_who_may
from .world import make_world

# They say when somebody came by, count tries, or hold what the API said: kept whatever happens then.
PASSED_BY = {"Session", "Tries", "Attempt", "DBTaskResult", "PooledAnswer", "FieldTitles"}
STAMPS = {"last_seen_at", "last_login", "last_used_at", "last_used_by_id", "checked_at"}


class Killed(BaseException):
    """Nothing catches it on the way, as nothing catches the end of a process."""


@cache
def queries() -> dict[str, str]:
    """Return a query for all rows of each table: the ORM takes three times as long to read them."""
    models = [model for model in apps.get_models() if model.__module__.startswith(("pipelines_portal.", "allauth."))]
    return {model.__name__: _query(model) for model in models if model.__name__ not in PASSED_BY}


def _query(model: type[models.Model]) -> str:
    quote, fields = connection.ops.quote_name, model._meta.concrete_fields
    columns = ", ".join(quote(field.column) for field in fields if field.attname not in STAMPS)
    return f"SELECT {columns} FROM {quote(model._meta.db_table)} ORDER BY {quote(model._meta.pk.column)}"


def everything() -> dict[str, list[Any]]:
    with connection.cursor() as cursor:
        return {name: _rows(cursor, query) for name, query in queries().items()}


def _rows(cursor: Any, query: str) -> list[Any]:
    cursor.execute(query)
    return list(cursor.fetchall())


def test_nothing_changes_without_its_event(db: None, before_api: FakeApi, settings: Any) -> None:
    world = make_world(before_api)
    world.sign_everybody_in()
    for name in (name for name, row in sorted(ACCESS.items()) if row.event):
        with transaction.atomic():
            browser, address = first_who_may(world, name, settings), address_of(name, world)
            before = everything()
            with connection.execute_wrapper(kill), pytest.raises(Killed):
                browser.post(address, ACCESS[name].data_of(world))
            assert everything() == before, name
            transaction.set_rollback(True)


def kill(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
    """End the process when it writes an event."""
    if sql.startswith("INSERT INTO") and Event._meta.db_table in sql:
        raise Killed
    return execute(sql, *more)
