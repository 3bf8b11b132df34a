"""An External API with a workflow for each test, so that none counts what another made."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.watching import watch
from tests import samples
from tests.conftest import save_key
from tests.live import ExternalApi, external_api

FIRST, MANY = 1001, 60
_numbers = itertools.count(FIRST)


@pytest.fixture(scope="session")
def own_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExternalApi]:
    with external_api(tmp_path_factory.mktemp("index-api"), API_RATE_LIMIT_PER_MINUTE="100000") as running:
        running.load(samples.organization("Watched", *[samples.workflow(FIRST + number) for number in range(MANY)]))
        yield running


@pytest.fixture(scope="session")
def own_key(own_api: ExternalApi) -> str:
    return own_api.new_key("Watched")


@dataclass
class Watched:
    """A workflow that somebody watches, and what others do with its tasks."""

    workflow: Any
    api: ExternalApi
    key: str

    @property
    def index(self) -> WorkflowIndex:
        return WorkflowIndex.objects.select_related("workflow__key").get(workflow=self.workflow)

    def create(self, count: int = 1) -> list[int]:
        fields = {"input_text": "Hello", "target_language": "French"}
        body = {"tasks": [{"fields": fields} for _ in range(count)]}
        path = f"/workflows/{self.workflow.workflow_id}/tasks"
        answer = self.api.server.post(path, key=self.key, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["task_ids"]

    def move(self, ids: list[int], status: str) -> None:
        self.api.run("move_tasks", ids=ids, status=status)

    def stands(self) -> dict[str, int]:
        statuses = self.index.tasks.values_list("status", flat=True)
        return {status: list(statuses).count(status) for status in set(statuses)}


@pytest.fixture
def watched(person: Any, own_api: ExternalApi, own_key: str, settings: Any) -> Watched:
    settings.PIPELINES_API_URL = own_api.url
    key = save_key(person, own_key)
    workflow = key.workflows.create(workflow_id=next(_numbers), name="French translations", status="ACTIVE")
    watch([workflow])
    return Watched(workflow, own_api, own_key)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda size: monkeypatch.setattr("pipelines_portal.task_index.walks.PAGE", size)
