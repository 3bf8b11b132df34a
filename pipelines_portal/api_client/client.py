"""The External API v1, a method an endpoint."""

import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, ValidationError

from pipelines_portal.api_client import figures
from pipelines_portal.api_client.errors import (
    Conflict,
    CreatorGone,
    NotAsked,
    PipelinesError,
    UnexpectedResponse,
    ValidationFailed,
)
from pipelines_portal.api_client.failures import log_failure, misfit
from pipelines_portal.api_client.gate import Call, Gate, OpenGate
from pipelines_portal.api_client.models import (
    CreatedTasks,
    Schema,
    StartedUpload,
    Task,
    TaskPage,
    UploadStatus,
    Workflow,
)
from pipelines_portal.api_client.refusals import tells_that_the_creator_is_gone
from pipelines_portal.api_client.retries import IN_A_PAGE, Repeat, RetryPolicy, delay_before_retry
from pipelines_portal.api_client.transport import Answer, Transport

Model = TypeVar("Model", bound=BaseModel)
Result = TypeVar("Result")
KEY_PATTERN = re.compile(r"pk_live_[0-9a-f]{40}", re.ASCII)


class PipelinesClient:
    """Calls with one organization key. Every method raises a `PipelinesError`; none ever shows the key."""

    def __init__(
        self,
        transport: Transport,
        key: str,
        policy: RetryPolicy = IN_A_PAGE,
        gate: Gate | None = None,
    ) -> None:
        self._transport = transport
        self._key = key
        self._policy = policy
        self._gate = gate or OpenGate()

    def __repr__(self) -> str:
        return f"PipelinesClient(…{self._key[-4:]})"

    def workflow(self, workflow_id: int) -> Workflow:
        """S4. Raises NotFound for an unknown id as for another organization's (S179)."""
        return self._read(Workflow, f"/workflows/{workflow_id}")

    def schema(self, workflow_id: int) -> Schema:
        """S5."""
        return self._read(Schema, f"/workflows/{workflow_id}/schema")

    def list_tasks(
        self, workflow_id: int, *, cursor: str | None = None, limit: int | None = None, status: str | None = None
    ) -> TaskPage:
        """S7. A page of tasks, newest first. Raises InvalidRequest for a bad cursor (S77)."""
        query = {"cursor": cursor or None, "limit": limit, "status": status or None}
        return self._read(TaskPage, f"/workflows/{workflow_id}/tasks", query=query)

    def task(self, workflow_id: int, task_id: int) -> Task:
        """S8."""
        return self._read(Task, f"/workflows/{workflow_id}/tasks/{task_id}")

    def create_tasks(self, workflow_id: int, rows: list[dict[str, Any]]) -> CreatedTasks:
        """S6. One task a row of field values. Raises ValidationFailed when every row failed (S134).

        An error with `maybe_processed` means that tasks may exist: never call again with the same rows by itself.
        """
        body = json.dumps({"tasks": [{"fields": row} for row in rows]}).encode()
        return self.create_encoded(workflow_id, body, len(rows))

    def create_encoded(self, workflow_id: int, body: bytes, count: int) -> CreatedTasks:
        """As `create_tasks`, of `count` rows in a body that is written already."""

        def parse(answer: Answer) -> CreatedTasks:
            created = _parse(CreatedTasks, answer)
            _check_counts(created, count, answer)
            return created

        return self._call("POST", f"/workflows/{workflow_id}/tasks", Repeat.CREATE, parse, body=body)

    def start_upload(
        self, workflow_id: int, *, file_size_bytes: int | None, rows: list[dict[str, Any]] | None = None
    ) -> StartedUpload:
        """S9. `rows` may be left out when all fields are file fields (S149)."""
        body: dict[str, Any] = {}
        if file_size_bytes is not None:
            body["file_size_bytes"] = file_size_bytes
        if rows is not None:
            body["tasks"] = [{"fields": row} for row in rows]
        path = f"/workflows/{workflow_id}/tasks/upload"
        return self._call("POST", path, Repeat.CREATE, _parser(StartedUpload), body=body)

    def confirm_upload(self, workflow_id: int, upload_id: UUID) -> None:
        """S10. Raises ValidationFailed when the archive is not stored yet (S158), Conflict when not pending (S160).

        A conflict that follows a try of our own without an answer means that try went through.
        """
        path = f"/workflows/{workflow_id}/tasks/upload/{quote(str(upload_id))}/confirm"
        failures: list[PipelinesError] = []
        try:
            self._call("POST", path, Repeat.CONFIRM, lambda answer: None, failures=failures)
        except Conflict:
            if not any(failure.maybe_processed for failure in failures):
                raise

    def upload_status(self, workflow_id: int, upload_id: UUID) -> UploadStatus:
        """S11."""
        return self._read(UploadStatus, f"/workflows/{workflow_id}/tasks/upload/{quote(str(upload_id))}")

    def _read(self, model: type[Model], path: str, query: dict[str, Any] | None = None) -> Model:
        return self._call("GET", path, Repeat.READ, _parser(model), query=query)

    def _call(
        self,
        method: str,
        path: str,
        repeat: Repeat,
        parse: Callable[[Answer], Result],
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        failures: list[PipelinesError] | None = None,
    ) -> Result:
        """Send, and again as `retries` allows. `failures` collects what the earlier tries met."""
        with ExitStack() as held:
            try:
                held.enter_context(self._transport.place())
            except NotAsked as error:
                log_failure(method, path, error)
                raise
            send = partial(self._transport.send, method, path, key=self._key, query=query, body=body)
            return self._tries(lambda: parse(send()), repeat, method, path, [] if failures is None else failures)

    def _tries(
        self, send: Callable[[], Result], repeat: Repeat, method: str, path: str, failures: list[PipelinesError]
    ) -> Result:
        started = time.monotonic()
        call = Call(is_upload="/tasks/upload" in path)
        kind = figures.kind_of(method, path)
        while True:
            try:
                self._gate.admit(call, again=bool(failures))
                with figures.counted(kind):
                    return self._noted(call, send)
            except PipelinesError as error:
                if error.was_asked:
                    error.maybe_processed = error.maybe_processed and repeat is not Repeat.READ
                    log_failure(method, path, error)
                else:
                    figures.count_hold(kind, error)
                    # What an earlier try may have done stands.
                    error.maybe_processed = any(failure.maybe_processed for failure in failures)
                failures.append(error)
                delay = delay_before_retry(repeat, error, len(failures), self._policy)
                if delay is None or time.monotonic() + delay - started > self._policy.budget:
                    raise
            time.sleep(delay)

    def _noted(self, call: Call, send: Callable[[], Result]) -> Result:
        try:
            result = send()
        except PipelinesError as error:
            told = _told_apart(call, error)
            self._gate.note(call, told)
            raise told from None
        self._gate.note(call, None)
        return result


def _told_apart(call: Call, error: PipelinesError) -> PipelinesError:
    """A 422 about an archive may be about who made the key, which no other archive makes good."""
    if not (call.is_upload and isinstance(error, ValidationFailed) and tells_that_the_creator_is_gone(error)):
        return error
    gone = CreatorGone(error.status, error.code, error.message)
    gone.request_id = error.request_id
    return gone


def _parser(model: type[Model]) -> Callable[[Answer], Model]:
    return lambda answer: _parse(model, answer)


def _parse(model: type[Model], answer: Answer) -> Model:
    try:
        return model.model_validate(answer.data)
    except ValidationError as error:
        raise _unexpected(misfit(error), answer) from None


def _unexpected(detail: str, answer: Answer) -> UnexpectedResponse:
    error = UnexpectedResponse(
        f"The answer is not what the API documents: {detail}.", status=answer.status, detail=detail
    )
    error.request_id = answer.request_id
    return error


def _check_counts(created: CreatedTasks, sent: int, answer: Answer) -> None:
    """Counts that do not add up to what was sent leave open which tasks exist."""
    counted = created.success_count + created.error_count
    if counted != sent or len(created.task_ids) != created.success_count:
        raise _unexpected("its counts do not add up to the tasks sent", answer)
