"""A workflow whose tasks are indexed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pipelines_portal.task_index.models import WorkflowIndex
from tests.conftest import TRANSLATIONS
from tests.factories import open_workflow
from tests.fake_api import FakeApi


@dataclass
class Watched:
    """A watched workflow, and changes of its tasks at the API."""

    workflow: Any
    api: FakeApi

    @property
    def index(self) -> WorkflowIndex:
        return WorkflowIndex.objects.select_related("workflow__key").get(workflow=self.workflow)

    def create(self, count: int = 1) -> list[int]:
        return self.api.create(count, self.workflow.workflow_id)

    def move(self, ids: list[int], status: str) -> None:
        self.api.move(ids, status)

    def statuses(self) -> dict[str, int]:
        statuses = self.index.tasks.values_list("status", flat=True)
        return {status: list(statuses).count(status) for status in set(statuses)}


@pytest.fixture
def watched(saved_key: Any, before_api: FakeApi) -> Watched:
    workflow = open_workflow(saved_key, TRANSLATIONS, name="French translations")
    WorkflowIndex.objects.watch([workflow])
    return Watched(workflow, before_api)


@pytest.fixture
def set_page_size(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda size: monkeypatch.setattr("pipelines_portal.task_index.scanning.PAGE", size)
