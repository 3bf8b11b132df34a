"""What the demo's past runs against: a clock that is set back, and an API that answers from what was recorded."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Self

from django.utils import timezone

from pipelines_portal.api_client import NotFound, PipelinesError
from pipelines_portal.api_client.transport import ApiResponse
from pipelines_portal.workflows import checking

PATH = re.compile(r"/workflows/(\d+)(/.*)?")
PAGE = 50


@contextmanager
def clock_at(time: datetime) -> Iterator[None]:
    """Let `timezone.now()` return this time, also where it is the default of a column. Rules compare with it too."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.timestamp(), tz)

    modules: list[Any] = [timezone, checking]
    before = [module.datetime for module in modules]
    for module in modules:
        module.datetime = Clock
    try:
        yield
    finally:
        for module, earlier in zip(modules, before, strict=True):
            module.datetime = earlier


@dataclass
class RecordedApi:
    """Stands in for the connection to the API. Tasks appear after the time at which they were created.

    `next_ids` are the tasks that the next request creates, `next_upload` the answer to the next upload, and `failure`
    is raised by both instead.
    """

    workflows: list[dict[str, Any]]
    now: datetime
    next_ids: list[int] = field(default_factory=list)
    next_upload: dict[str, Any] = field(default_factory=dict)
    failure: PipelinesError | None = None
    state: str = "up"
    clock_offset: float = 0

    def __post_init__(self) -> None:
        self._by_id = {each["workflow"]["id"]: each for each in self.workflows}
        self._times = {pk: sorted(task["created_at"] for task in each["tasks"]) for pk, each in self._by_id.items()}

    def place(self) -> AbstractContextManager[None]:
        return nullcontext()

    def send(
        self, method: str, path: str, *, key: str | None = None, query: Any = None, body: Any = None,
        idempotency_key: str = "", most_seconds: float | None = None,
    ) -> ApiResponse:  # fmt: skip
        found = PATH.fullmatch(path)
        workflow = self._by_id.get(int(found[1])) if found else None
        if found is None or workflow is None:
            raise NotFound(404, "not_found", "Workflow not found")
        if method == "POST":
            return ApiResponse(200, self._create(found[2]))
        if found[2] is None:
            return ApiResponse(200, workflow["workflow"])
        if found[2] == "/schema":
            return ApiResponse(200, workflow["schema"])
        if found[2] == "/tasks":
            return ApiResponse(200, self._list(workflow, query))
        raise NotFound(404, "not_found", "Not found")

    def _create(self, path: str) -> dict[str, Any]:
        if self.failure:
            raise self.failure
        if path.endswith("/upload"):
            return self.next_upload
        return {"success_count": len(self.next_ids), "error_count": 0, "errors": [], "task_ids": self.next_ids}

    def _list(self, workflow: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of the tasks that existed before now, newest first. A cursor is the place of its first task."""
        times = self._times[workflow["workflow"]["id"]]
        count = bisect_left(times, f"{self.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        tasks, start = workflow["tasks"][len(times) - count :], int(query.get("cursor") or 0)
        limit, status = query.get("limit") or PAGE, query.get("status")
        if status:
            tasks = [task for task in tasks if task["status"] == status]
        end = start + limit if start + limit < len(tasks) else None
        return {"tasks": tasks[start:end], "next_cursor": end and str(end), "has_more": end is not None}
