"""Fixtures of checked imports and of a scripted API."""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines_portal.entry.imports.jobs import work_now, work_on_next
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.clients import client_for
from tests.factories import open_workflow
from tests.fake_api import FakeApi, answer

from .making import make_import
from .office import Office, make_office

Checked = Callable[..., Sheet]


@pytest.fixture
def checked(page: Any, saved_key: Any) -> Checked:
    """`checked([["Hello", "French"], …])`: an import of these rows, from line 2 on, read and checked."""
    open_workflow(saved_key, 42)

    def make(rows: list[list[str]], **values: Any) -> Sheet:
        sheet = make_import(saved_key, client_for(saved_key).schema(42), rows, **values)
        work_now(sheet)
        assert sheet.status == Sheet.Status.CHECKED, sheet.problem
        return sheet

    return make


@pytest.fixture
def scripted_api(scripted_api: FakeApi, api: FakeApi, org_key: str) -> FakeApi:
    """An API with scripted responses that knows the fields of workflow 42."""
    schema = api.call("GET", "/workflows/42/schema", key=org_key).json()
    scripted_api.routes["/schema"] = answer(200, schema)
    return scripted_api


@pytest.fixture
def office(page: Any, saved_key: Any) -> Office:
    return make_office(saved_key)


def work() -> None:
    """Work like the worker until nothing is due."""
    while work_on_next():
        pass
