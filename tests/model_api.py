"""The External API as its contract has it, in memory and in the transport's place: for orders of events that no real
API can be brought to. What happens during a call, before or after it takes effect, is the test's to say.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from pipelines_portal.api_client import ConnectionFailed, UnexpectedResponse
from pipelines_portal.api_client.errors import error_class
from pipelines_portal.api_client.transport import Answer

BAD = "bad"
Happening = Callable[[], None]


@dataclass
class Plan:
    """How the next POST goes. `fault`: none, or refused, busy, lost (none of them acts), unheard, garbage (both do)."""

    fault: str = ""
    before: Happening | None = None
    after: Happening | None = None


@dataclass
class ModelUpload:
    rows: list[str]
    status: str = "pending"
    is_stored: bool = False
    result: dict[str, Any] = field(default_factory=dict)


@dataclass
class ModelApi:
    """`tasks` are (id, value of the row it came of); rows whose value holds "bad" are rejected."""

    tasks: list[tuple[int, str]] = field(default_factory=list)
    uploads: dict[UUID, ModelUpload] = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)
    tells_counts_on_failed: bool = True
    newest: int = 100
    # Faults before anything is done.
    no_action: tuple[str, ...] = ("refused", "busy", "lost")

    def place(self) -> AbstractContextManager[None]:
        return nullcontext()

    def send(self, method: str, path: str, *, key: str, query: Any = None, body: Any = None) -> Answer:
        """In place of Transport.send."""
        plan = self.plans.pop(0) if self.plans and self._is_planned(method, path) else Plan()
        if plan.before:
            plan.before()
        if plan.fault in self.no_action:
            raise self._fault(plan.fault)
        answer = self._act(method, path.strip("/").split("/"), body)
        if plan.after:
            plan.after()
        if plan.fault:
            raise self._fault(plan.fault)
        return answer

    def _is_planned(self, method: str, path: str) -> bool:
        """Reads of the task list go well: what matters happens while something is changed, or a status is asked."""
        return method == "POST" or "/upload/" in path

    def make(self, value: str) -> int:
        self.newest += 1
        self.tasks.append((self.newest, value))
        return self.newest

    def store(self, upload_id: UUID) -> bool:
        """The PUT. Refused once the upload was confirmed."""
        upload = self.uploads.get(upload_id)
        if upload is None or upload.status != "pending":
            return False
        upload.is_stored = True
        return True

    def process(self, upload_id: UUID, stops_after: int | None = None) -> None:
        """The API's worker: all rows, or `failed` after some of them."""
        upload = self.uploads[upload_id]
        if upload.status != "processing":
            return
        done = upload.rows if stops_after is None else upload.rows[:stops_after]
        result = self._created(done) | {"error_message": None if stops_after is None else "The archive is damaged"}
        upload.status = "completed" if stops_after is None else "failed"
        upload.result = result if stops_after is None or self.tells_counts_on_failed else {"error_message": "Damaged"}

    def _act(self, method: str, parts: list[str], body: Any) -> Answer:
        match method, parts[2:]:
            case "GET", ["tasks"]:
                return self._newest_task()
            case "POST", ["tasks"]:
                return self._post([self._value(row) for row in json.loads(body)["tasks"]])
            case "POST", ["tasks", "upload"]:
                return self._start(body)
            case "POST", ["tasks", "upload", upload_id, "confirm"]:
                return self._confirm(self.uploads[UUID(upload_id)], upload_id)
            case "GET", ["tasks", "upload", upload_id]:
                upload = self.uploads[UUID(upload_id)]
                return Answer(200, {"upload_id": upload_id, "status": upload.status} | upload.result)
        raise AssertionError(f"No such call: {method} {parts}")

    def _newest_task(self) -> Answer:
        shown = [self._task(task_id) for task_id, _ in reversed(self.tasks)]
        return Answer(200, {"tasks": shown, "next_cursor": None, "has_more": False})

    def _task(self, task_id: int) -> dict[str, Any]:
        nodes = {"total": 1, "finished": 0, "in_progress": 0, "pending": 1}
        at = "2026-03-30T12:00:00Z"
        return {"id": task_id, "status": "pending", "node_summary": nodes, "created_at": at, "updated_at": at}

    def _created(self, values: list[str]) -> dict[str, Any]:
        bad = [index for index, value in enumerate(values) if BAD in value]
        errors = [{"index": index, "field_name": "scan", "message": "Not a scan"} for index in bad]
        ids = [self.make(value) for value in values if BAD not in value]
        return {"success_count": len(ids), "error_count": len(bad), "errors": errors, "task_ids": ids}

    def _post(self, values: list[str]) -> Answer:
        if all(BAD in value for value in values):
            named = "; ".join(f"tasks.{index}: Not a scan" for index in range(len(values)))
            raise error_class(422)(422, "validation_error", f"All {len(values)} tasks failed: {named}")
        return Answer(200, self._created(values))

    def _value(self, row: dict[str, Any]) -> str:
        return str(row["fields"]["scan"])

    def _start(self, body: dict[str, Any]) -> Answer:
        upload_id = uuid4()
        self.uploads[upload_id] = ModelUpload([self._value(row) for row in body.get("tasks", [])])
        expires = (timezone.now() + timedelta(hours=1)).isoformat()
        url = f"http://127.0.0.1:9/put/{upload_id}"
        return Answer(202, {"upload_id": str(upload_id), "upload_url": url, "expires_at": expires})

    def _confirm(self, upload: ModelUpload, upload_id: str) -> Answer:
        if upload.status != "pending":
            raise error_class(409)(409, "api_error", "Upload has already been confirmed or is no longer pending")
        if not upload.is_stored:
            raise error_class(422)(422, "validation_error", "ZIP archive has not been uploaded yet")
        upload.status = "processing"
        return Answer(202, {"upload_id": upload_id, "status": "processing"})

    def _fault(self, fault: str) -> Exception:
        if fault == "refused":
            return ConnectionFailed("The API cannot be reached.", maybe_processed=False)
        if fault == "busy":
            return error_class(429)(429, "rate_limit_exceeded", "Slow down", 60)
        if fault == "garbage":
            return UnexpectedResponse("The answer is not JSON.", status=200)
        return ConnectionFailed("The connection broke before the answer was complete.", maybe_processed=True)
