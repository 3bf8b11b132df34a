"""A client of the External API v1 with one method for each endpoint."""

import logging
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, ValidationError

from pipelines_portal.api_client import metrics
from pipelines_portal.api_client.errors import (
    ApiError,
    BeyondLimit,
    Conflict,
    ConnectionFailed,
    CreatorGone,
    NotSent,
    PipelinesError,
    UnexpectedResponse,
    ValidationFailed,
    describe_invalid,
    is_about_the_creator,
    own_limit,
)
from pipelines_portal.api_client.models import (
    CreatedTasks,
    Schema,
    StartedUpload,
    Task,
    TaskPage,
    UploadStatus,
    Workflow,
    validated,
    without_unreadable,
)
from pipelines_portal.api_client.openapi import declares_header
from pipelines_portal.api_client.rate_limiter import Call, NoRateLimiter, RateLimiter
from pipelines_portal.api_client.retries import IN_A_PAGE, Repeat, RetryPolicy, delay_before_retry
from pipelines_portal.api_client.transport import IDEMPOTENCY_KEY, Allowance, ApiResponse, Transport

Model = TypeVar("Model", bound=BaseModel)
Result = TypeVar("Result")
logger = logging.getLogger("pipelines_portal.api_client")
# For the document of the API, of which a page does not wait longer.
SIDE_SECONDS = 3.0
# The path by which the tasks of a workflow are created, as an OpenAPI document may write it.
TASKS_PATH = re.compile(r"(?:/[^{}]*)?/workflows/\{[^{}/]+\}/tasks/?", re.ASCII)
KEY_PATTERN = re.compile(r"pk_live_[0-9a-f]{40}", re.ASCII)


class PipelinesClient:
    """Calls the API with one organization key. Methods raise `PipelinesError`. The key is never shown."""

    def __init__(
        self,
        transport: Transport,
        key: str,
        policy: RetryPolicy = IN_A_PAGE,
        rate_limiter: RateLimiter | None = None,
    ) -> None:
        self._transport = transport
        self._key = key
        self._policy = policy
        self._rate_limiter = rate_limiter or NoRateLimiter()
        # What the last response said of the requests that are left, if it said so.
        self.allowance: Allowance | None = None
        # The Idempotency-Key that the last response of the API repeated, "" if none, and None without a response.
        self.echoed_key: str | None = None

    def __repr__(self) -> str:
        return f"PipelinesClient(…{self._key[-4:]})"

    def workflow(self, workflow_id: int) -> Workflow:
        """Return a workflow (S4). Raise NotFound, also for a workflow of another organization (S179)."""
        return self._read(Workflow, f"/workflows/{workflow_id}")

    def schema(self, workflow_id: int) -> Schema:
        """Return the fields of a workflow (S5)."""
        return self._read(Schema, f"/workflows/{workflow_id}/schema")

    def list_tasks(
        self,
        workflow_id: int,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        status: str | None = None,
        skip_unreadable: bool = False,
    ) -> TaskPage:
        """Return a page of tasks, newest first (S7). Raise InvalidRequest for a bad cursor (S77).

        With `skip_unreadable`, entries that are no documented tasks are only named, if other entries are.
        """
        query = {"cursor": cursor or None, "limit": limit, "status": status or None}
        path = f"/workflows/{workflow_id}/tasks"
        parse = _parse_task_page if skip_unreadable else _parser(TaskPage)
        return self._call("GET", path, Repeat.READ, parse, query=query)

    def task(self, workflow_id: int, task_id: int) -> Task:
        """Return one task (S8)."""
        return self._read(Task, f"/workflows/{workflow_id}/tasks/{task_id}")

    def create_encoded(self, workflow_id: int, body: bytes, count: int, *, idempotency_key: str = "") -> CreatedTasks:
        """Create the tasks of `count` rows in an encoded body (S6). Raise ValidationFailed if every row failed (S134).

        An error with `maybe_processed` means that tasks may exist. Then only a person may decide to send them again.
        If the API honours Idempotency-Key, the same key and body again get the answer that the first request got.
        """

        def parse(answer: ApiResponse) -> CreatedTasks:
            created = _parse(CreatedTasks, answer)
            _check_counts(created, count, answer)
            return created

        path = f"/workflows/{workflow_id}/tasks"
        return self._call("POST", path, Repeat.CREATE, parse, body=body, idempotency_key=idempotency_key)

    def start_upload(
        self,
        workflow_id: int,
        *,
        file_size_bytes: int | None,
        rows: list[dict[str, Any]] | None = None,
        idempotency_key: str = "",
    ) -> StartedUpload:
        """Start an upload (S9). `rows` may be left out if all fields are file fields (S149).

        If the API honours Idempotency-Key, the same key and body again get the same upload while it is pending.
        """
        body: dict[str, Any] = {}
        if file_size_bytes is not None:
            body["file_size_bytes"] = file_size_bytes
        if rows is not None:
            body["tasks"] = [{"fields": row} for row in rows]
        path = f"/workflows/{workflow_id}/tasks/upload"
        parse = _parser(StartedUpload)
        return self._call("POST", path, Repeat.CREATE, parse, body=body, idempotency_key=idempotency_key)

    def confirm_upload(self, workflow_id: int, upload_id: UUID) -> None:
        """Confirm an upload (S10). Raise ValidationFailed if the archive is not stored yet (S158).

        Raise Conflict if the upload is not pending (S160), unless an earlier try of this call may have confirmed it.
        """
        path = f"/workflows/{workflow_id}/tasks/upload/{quote(str(upload_id))}/confirm"
        failures: list[PipelinesError] = []
        try:
            self._call("POST", path, Repeat.CONFIRM, lambda answer: None, failures=failures)
        except Conflict:
            if not any(failure.maybe_processed for failure in failures):
                raise

    def upload_status(self, workflow_id: int, upload_id: UUID) -> UploadStatus:
        """Return the status of an upload (S11)."""
        return self._read(UploadStatus, f"/workflows/{workflow_id}/tasks/upload/{quote(str(upload_id))}")

    def declares_idempotency_keys(self, idempotency_key: str = "") -> bool:
        """Return whether the API's OpenAPI document declares Idempotency-Key for creating tasks.

        With a key, `echoed_key` says afterwards whether the API repeated it. The document needs no key of an
        organization. It is read once and quickly, past the rate limiter: what happens to it says nothing of the key.
        """
        path = "/openapi.json"
        self.echoed_key = None
        try:
            with self._transport.place(), metrics.counted(metrics.kind_of("GET", path)):
                answer = self._transport.send("GET", path, idempotency_key=idempotency_key, most_seconds=SIDE_SECONDS)
        except PipelinesError as error:
            error.maybe_processed = False
            _log_error("GET", path, error)
            raise
        self.echoed_key = answer.echoed_key
        return declares_header(answer.data, "post", TASKS_PATH, IDEMPOTENCY_KEY)

    def _read(self, model: type[Model], path: str, query: dict[str, Any] | None = None) -> Model:
        return self._call("GET", path, Repeat.READ, _parser(model), query=query)

    def _call(
        self,
        method: str,
        path: str,
        repeat: Repeat,
        parse: Callable[[ApiResponse], Result],
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        idempotency_key: str = "",
        failures: list[PipelinesError] | None = None,
    ) -> Result:
        """Send a request, and repeat it as `retries` allows. `failures` collects the errors of earlier tries."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._transport.place())
            except NotSent as error:
                _log_error(method, path, error)
                raise

            def send() -> Result:
                self.echoed_key = None
                try:
                    answer = self._transport.send(
                        method,
                        path,
                        key=self._key,
                        query=query,
                        body=body,
                        idempotency_key=idempotency_key,
                    )
                except ApiError as error:
                    self.echoed_key = error.echoed_key
                    raise
                self.allowance, self.echoed_key = answer.allowance, answer.echoed_key
                return parse(answer)

            return self._send_with_retries(send, repeat, method, path, [] if failures is None else failures)

    def _send_with_retries(
        self, send: Callable[[], Result], repeat: Repeat, method: str, path: str, failures: list[PipelinesError]
    ) -> Result:
        started = time.monotonic()
        call = Call(is_upload="/tasks/upload" in path)
        kind = metrics.kind_of(method, path)
        while True:
            try:
                self._rate_limiter.admit(call, again=bool(failures))
                with metrics.counted(kind):
                    return self._send_and_note(call, send)
            except PipelinesError as error:
                if error.was_sent:
                    error.maybe_processed = error.maybe_processed and repeat is not Repeat.READ
                    _log_error(method, path, error)
                else:
                    metrics.count_wait(kind, error)
                    # An earlier try may have been processed.
                    error.maybe_processed = any(failure.maybe_processed for failure in failures)
                failures.append(error)
                delay = delay_before_retry(repeat, error, len(failures), self._policy)
                if delay is None or time.monotonic() + delay - started > self._policy.budget:
                    raise
            time.sleep(delay)

    def _send_and_note(self, call: Call, send: Callable[[], Result]) -> Result:
        try:
            result = send()
        except PipelinesError as error:
            error = _specific_error(call, error)
            self._rate_limiter.note(call, error)
            raise error from None
        self._rate_limiter.note(call, None)
        return result


def _specific_error(call: Call, error: PipelinesError) -> PipelinesError:
    """Return CreatorGone for a 422 of an upload that is about the creator of the key, else the error itself."""
    if not (call.is_upload and isinstance(error, ValidationFailed) and is_about_the_creator(error)):
        return error
    gone = CreatorGone(error.status, error.code, error.message)
    gone.request_id = error.request_id
    return gone


def _parser(model: type[Model]) -> Callable[[ApiResponse], Model]:
    return lambda answer: _parse(model, answer)


def _parse(model: type[Model], answer: ApiResponse) -> Model:
    try:
        return validated(model, answer.data)
    except ValidationError as error:
        if limit := own_limit(error):
            raise BeyondLimit(limit, status=answer.status) from None
        raise _unexpected(describe_invalid(error), answer) from None


def _parse_task_page(answer: ApiResponse) -> TaskPage:
    """Return a page of tasks without the entries that are no documented tasks, and log what is wrong with these."""
    try:
        return _parse(TaskPage, answer)
    except UnexpectedResponse as error:
        page = without_unreadable(answer.data)
        if page is None:
            raise
        logger.warning("Skipped tasks of a page (%d): %s", len(page.unreadable_ids), error.detail)
        return page


def _unexpected(detail: str, answer: ApiResponse) -> UnexpectedResponse:
    error = UnexpectedResponse(
        f"The response is not what the API documents: {detail}.", status=answer.status, detail=detail
    )
    error.request_id = answer.request_id
    return error


def _check_counts(created: CreatedTasks, sent: int, answer: ApiResponse) -> None:
    """Raise UnexpectedResponse if the counts do not add up: then it is unclear which tasks exist."""
    counted = created.success_count + created.error_count
    if counted != sent or len(created.task_ids) != created.success_count:
        raise _unexpected("its counts do not add up to the tasks sent", answer)


def _log_error(method: str, path: str, error: PipelinesError) -> None:
    """Log a failed call: a warning if the API failed, a notice if it refused the request."""
    ordinary = isinstance(error, ApiError) and error.status < 500
    details = [f"{name}={value}" for name, value in _details(error).items() if value]
    logger.log(logging.INFO if ordinary else logging.WARNING, " ".join([method, path, type(error).__name__, *details]))


def _details(error: PipelinesError) -> dict[str, object]:
    """Return what to log. The API's messages are left out, because they may quote what people typed."""
    reason = error.detail if isinstance(error, UnexpectedResponse) and error.detail else str(error)
    return {
        "status": error.status,
        "code": error.code if isinstance(error, ApiError) else "",
        "reason": "" if isinstance(error, ApiError) else repr(reason),
        "cause": repr(error.cause) if isinstance(error, ConnectionFailed) else "",
        "request_id": error.request_id,
    }
