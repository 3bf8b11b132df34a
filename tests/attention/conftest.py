"""Tasks that were sent from the portal and failed in Pipelines, and the worker that groups them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import NodeSummary, Task
from pipelines_portal.attention.grouping import group_next
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from tests.factories import Desk, list_statuses, send
from tests.fake_api import FakeApi

FRENCH = {"input_text": "Hello", "target_language": "French"}
GERMAN = {"input_text": "Hello", "target_language": "German"}
SPANISH = {"input_text": "Hello", "target_language": "Spanish"}
STEPS = 5


def in_a_week() -> datetime:
    return timezone.now() + timedelta(days=7)


@dataclass
class Office:
    """A workflow of which rows were sent, and its index."""

    desk: Desk
    api: FakeApi

    def send(self, count: int, row: dict[str, Any], by: User | None = None) -> list[int]:
        """Send so many rows, by default as the key's owner. Return the IDs of the tasks."""
        rows = [row | {"input_text": f"Text {number}"} for number in range(count)]
        draft = self.desk.draft(*rows)
        if by:
            Submission.objects.filter(pk=draft.pk).update(owner=by)
            draft.refresh_from_db()
        sent = send(draft, self.desk.client)
        return [row.task_id or 0 for row in sent.rows.order_by("index")]

    def move(self, task_ids: Iterable[int], status: str, finished: int = 1, hours_ago: float = 0) -> None:
        """Give the tasks another status and step."""
        self.api.set_status(list(task_ids), status, hours_ago)
        for task_id in task_ids:
            counts = {"finished": finished, "in_progress": 0, "pending": STEPS - finished}
            self.api.tasks[task_id].node_summary |= counts

    def fail(
        self, count: int = 10, row: dict[str, Any] = FRENCH, by: User | None = None, finished: int = 1
    ) -> list[int]:
        task_ids = self.send(count, row, by)
        self.move(task_ids, "failed", finished)
        return task_ids

    def finish(self, count: int = 40, row: dict[str, Any] = GERMAN) -> None:
        self.move(self.send(count, row), "finished", STEPS)

    def count(self) -> WorkflowIndex:
        """Read all tasks into the index, as a complete count."""
        index = WorkflowIndex.objects.start(self.desk.workflow)
        now = timezone.now()
        record_tasks(index, [as_listed(task) for task in self.api.tasks.values()], now)
        index.update(open_as_of=now, ends_as_of=now, newest_as_of=now, is_backfilled=True)
        list_statuses(index, Counter(task.status for task in self.api.tasks.values()), now)
        index.refresh_from_db()
        index.count_notes()
        return index

    def work(self) -> None:
        """Count the tasks, and let the worker group them."""
        self.count()
        while group_next():
            pass

    def group(self, **conditions: Any) -> ProblemGroup:
        return ProblemGroup.objects.get(**conditions)

    @property
    def open_ones(self) -> list[ProblemGroup]:
        return list(ProblemGroup.objects.open())


def as_listed(task: Any) -> Task:
    return Task(
        id=task.id, status=task.status, node_summary=NodeSummary(**task.node_summary), created_at=task.created_at,
        updated_at=task.updated_at,
    )  # fmt: skip


@pytest.fixture
def office(desk: Desk, api: FakeApi) -> Office:
    return Office(desk, api)


@pytest.fixture
def french(office: Office) -> list[int]:
    """Ten tasks in French that failed after the first step, grouped. Forty in German finished."""
    office.finish()
    task_ids = office.fail(10)
    office.work()
    return task_ids


def days_later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Set the clock of the portal forward."""
    now = timezone.now() + timedelta(days=days)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
