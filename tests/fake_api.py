"""The External API v1 in memory, for tests of pages and models inside one process.

`with fake_api() as api:` answers every `requests` session of this process that calls `api.url`, through the whole API
client but without a socket. `tests/external_api/test_fake_api.py` holds it to the real External API: the same
calls give the same answers.

Three ways to plan its answers, in the order in which they are tried; otherwise it acts as the API does:
- `api.routes["POST /api/v1/workflows/42/tasks"] = answer(...)`: every request whose line holds the text.
- `api.fail("lost_answer", on="POST")`: the next request that matches meets one of FAULTS.
- `fake_api(answer(...), error(...))` or `api.script`: answers in order, the last one for ever.
"""

import base64
import binascii
import hashlib
import io
import itertools
import json
import re
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import requests
from pydantic_core import from_json
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, NewConnectionError

from pipelines_portal.core.zip_archives import is_junk, path_in_archive
from pipelines_portal.core.zip_rows import ZipRow
from pipelines_portal.external_api.http.middleware import honours_keys
from pipelines_portal.external_api.tasks.validation import Fields, RowProblems, check_row, is_blank
from pipelines_portal.external_api.uploads.zip_rows import NoRowsError, PathHints, problems_of_files, rows_of_files
from pipelines_portal.external_api.workflows.field_types import (
    describe,
    file_fields,
    has_file_fields,
    has_only_file_fields,
)

STATUSES = ("pending", "in_progress", "finished", "failed", "paused", "escalated", "quarantined")
OPEN_STATUSES = ("ACTIVE", "PAUSED")
CLOSED = "Workflow must be ACTIVE or PAUSED to create tasks"
# Of the links to the storage.
LARGEST_ARCHIVE = 5 * 1024**3
SIGNATURE = "signature=secret"
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
IN_PROGRESS = ("available", "claimed", "submitted", "escalated", "quarantined")
MAX_TASKS, MAX_BODY, MAX_LIMIT = 5_000, 33_554_432, 200
TOO_LARGE = f"The request body is larger than {MAX_BODY} bytes."
CODES = {
    400: "invalid_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 413: "payload_too_large",
    422: "validation_error", 429: "rate_limit_exceeded", 500: "internal_server_error", 503: "service_unavailable",
}  # fmt: skip
_hosts = itertools.count(1)


@dataclass(frozen=True)
class Request:
    """A request as the API received it. `target` is the path with the query."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.target} HTTP/1.1"

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Answer = Reply | Callable[[Request], Reply]


def answer(status: int, body: Any = None, *, text: str | None = None, **headers: str) -> Reply:
    """JSON of `body`, or `text` as it is. Underscores in the names of headers become hyphens."""
    payload = json.dumps(body) if text is None else text
    return Reply(status, payload.encode(), {name.replace("_", "-"): value for name, value in headers.items()})


def error(status: int, code: str, message: str, **more: Any) -> Reply:
    return answer(status, {"error": code, "message": message} | more)


def task_list(*tasks: dict[str, Any], next_cursor: str | None = None) -> Reply:
    """A page of the task list."""
    return answer(200, {"tasks": list(tasks), "next_cursor": next_cursor, "has_more": next_cursor is not None})


def refused(request: Request) -> Reply:
    """The connection is refused: nothing was sent."""
    reason = NewConnectionError(None, "Connection refused")  # type: ignore[arg-type]
    raise requests.ConnectionError(MaxRetryError(None, request.target, reason))  # type: ignore[arg-type]


def hang_up(request: Request) -> Reply:
    """The connection breaks after the request was sent, without an answer."""
    raise requests.ConnectionError("Connection reset")


def silence(request: Request) -> Reply:
    """No answer before the client's time-out, for which nobody waits here."""
    raise requests.ReadTimeout("Read timed out")


@dataclass(frozen=True)
class Fault:
    """If it `acts`, the API carries out the request first. A `reply` replaces its answer. With `rejects_every_second`
    it rejects every second row."""

    reply: Answer | None = None
    acts: bool = False
    rejects_every_second: bool = False


FAULTS = {
    "": Fault(acts=True),
    "refused": Fault(refused),
    "lost_request": Fault(hang_up),
    "lost_answer": Fault(hang_up, acts=True),
    "slow": Fault(silence, acts=True),
    "garbage": Fault(answer(200, text="<html>Captive portal</html>"), acts=True),
    "partial": Fault(acts=True, rejects_every_second=True),
    "nonsense": Fault(answer(200, {"tasks": "none", "unheard": "of"}), acts=True),
    "miscounted": Fault(
        answer(200, {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [7, 8]}), acts=True
    ),
    "gateway": Fault(answer(502, text="<html>Bad Gateway</html>"), acts=True),
    "gateway_timeout": Fault(answer(504, text="<html>Gateway Time-out</html>"), acts=True),
    "gateway_error": Fault(error(502, "api_error", "Bad gateway"), acts=True),
    "redirect": Fault(answer(302, text="", Location="https://elsewhere.example/")),
    "server_error": Fault(error(500, "internal_server_error", "Something went wrong on the server.")),
    "unavailable": Fault(error(503, "service_unavailable", "Down for maintenance.")),
    "proxy_unavailable": Fault(error(503, "upstream_unavailable", "No healthy upstream"), acts=True),
    "closed_by_proxy": Fault(error(499, "client_closed_request", "Client closed request"), acts=True),
    "rate_limited": Fault(
        answer(
            429,
            {
                "error": "rate_limit_exceeded",
                "message": "Too many requests. Try again in 60 seconds.",
                "retry_after": 60,
            },
            Retry_After="60",
        )
    ),
    "rejected_key": Fault(error(401, "invalid_api_key", "The API key is not valid.")),
    "missing_key": Fault(error(401, "missing_api_key", "No API key")),
    "forbidden": Fault(error(403, "forbidden", "Forbidden")),
    "not_found": Fault(error(404, "not_found", "Workflow not found")),
    "not_routed": Fault(answer(404, text="<h1>nginx</h1>")),
    "bad_request": Fault(error(400, "invalid_request", "Bad request")),
    "teapot": Fault(error(418, "api_error", "I am a teapot")),
    "too_large": Fault(error(413, "payload_too_large", TOO_LARGE)),
    "key_in_use": Fault(
        answer(
            409,
            {
                "error": "api_error",
                "reason": "idempotency_key_in_use",
                "message": "The first request with this Idempotency-Key is still running. Try again in a moment.",
            },
            Retry_After="1",
        )
    ),
    "closed": Fault(error(422, "validation_error", CLOSED)),
}


@dataclass
class Plan:
    """What happens with the next request whose line matches the pattern `on`: a fault, and what other people do
    before the API acts on it or before its answer arrives."""

    fault: str = ""
    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None
    on: str = ""


@dataclass
class Workflow:
    organization: str
    id: int
    name: str
    status: str
    fields: list[dict[str, Any]]
    nodes: list[dict[str, Any]]


@dataclass
class Task:
    id: int
    workflow_id: int
    status: str
    fields: dict[str, Any]
    node_summary: dict[str, int]
    created_at: datetime
    updated_at: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status,
            "node_summary": self.node_summary,
            "created_at": _time_text(self.created_at),
            "updated_at": _time_text(self.updated_at),
        }


@dataclass
class Upload:
    """`rows` were sent with the request, or come from the archive. If it was stored without the bytes of an archive,
    every file counts as present."""

    workflow_id: int
    rows: list[dict[str, Any]] | None = None
    status: str = "pending"
    is_stored: bool = False
    archive: bytes | None = None
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredAnswer:
    """The answer to the first request with an Idempotency-Key. A started upload is answered with a new link."""

    request: tuple[str, str, str]
    reply: Reply
    upload_id: UUID | None = None


class ApiError(Exception):
    def __init__(self, status: int, message: str, *, code: str = "", **more: Any) -> None:
        super().__init__(message)
        self.reply = error(status, code or CODES.get(status, "api_error"), message, **more)
        if status == 503:
            self.reply.headers["Retry-After"] = "5"


class FakeApi(BaseAdapter):
    """`requests` holds what it was asked, in order. `rejects`: a row with a value that holds this text is rejected.

    With `is_idempotent` it takes the header Idempotency-Key, echoes it, and declares it in its OpenAPI document;
    without, it knows nothing of it. `api.fail("key_in_use")`: the first request with the key still runs.
    """

    def __init__(self, *script: Answer, is_idempotent: bool = False) -> None:
        super().__init__()
        self.origin = f"http://api-{next(_hosts)}.test"
        self.url = f"{self.origin}/api/v1"
        self.script = list(script)
        self.routes: dict[str, Answer] = {}
        self.plans: list[Plan] = []
        self.requests: list[Request] = []
        self.keys: dict[str, str] = {}
        self.keys_without_creator: set[str] = set()
        self.workflows: dict[int, Workflow] = {}
        self.tasks: dict[int, Task] = {}
        self.uploads: dict[UUID, Upload] = {}
        self.newest_task_id = 0
        self.rejects = ""
        self.is_idempotent = is_idempotent
        # By organization and key.
        self.stored_answers: dict[tuple[str, str], StoredAnswer] = {}
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.has_worker = True
        # A failed upload may say what it created before it failed, or not.
        self.reports_counts_of_failed = True

    # --- what an organization's people do on the API's own pages -----------------------------------------------------

    def load(self, *organizations: dict[str, Any]) -> None:
        """Organizations as the command `load_organizations` takes them."""
        for organization in organizations:
            for given in organization["workflows"]:
                values = {name: given.get(name, []) for name in ("fields", "nodes")}
                values |= {name: given[name] for name in ("id", "name", "status")}
                self.workflows[given["id"]] = Workflow(organization["name"], **values)

    def new_key(self, organization: str, key: str = "") -> str:
        key = key or f"pk_live_{secrets.token_hex(20)}"
        self.keys[key] = organization
        return key

    def revoke(self, key: str) -> None:
        del self.keys[key]

    # --- what others do with tasks -----------------------------------------------------------------------------------

    def create(self, count: int = 1, workflow_id: int = 42, **fields: Any) -> list[int]:
        """Tasks that another program created; their ids, oldest first."""
        given = fields or {"input_text": "Hello", "target_language": "French"}
        return [self._add_task(self.workflows[workflow_id], dict(given)) for _ in range(count)]

    def set_status(self, task_ids: list[int], status: str, hours_ago: float = 0) -> None:
        for task_id in task_ids:
            self.tasks[task_id].status = status
            self.tasks[task_id].updated_at = self.now() - timedelta(hours=hours_ago)

    def move(self, task_ids: list[int], status: str, finished: int | None = None) -> None:
        """As a node of the workflow would, an hour after the task was created. `finished`: so many nodes are."""
        for task_id in task_ids:
            task = self.tasks[task_id]
            task.status, task.updated_at = status, task.created_at + timedelta(hours=1)
            if finished is not None:
                left = task.node_summary["total"] - finished
                counts = {"finished": finished, "in_progress": min(left, 1), "pending": max(left - 1, 0)}
                task.node_summary = task.node_summary | counts

    def remove(self, task_ids: list[int]) -> None:
        for task_id in task_ids:
            del self.tasks[task_id]

    def store(self, upload_id: UUID, archive: bytes | None = None) -> bool:
        """The PUT of an archive. False once the upload was confirmed."""
        upload = self.uploads.get(upload_id)
        if upload is None or upload.status != "pending":
            return False
        upload.is_stored, upload.archive = True, archive
        return True

    def process(self, upload_id: UUID, stops_after: int | None = None) -> None:
        """What the API's worker does with a confirmed upload; with `stops_after` it fails after so many rows."""
        upload = self.uploads[upload_id]
        if upload.status != "processing":
            return
        try:
            if self.workflows[upload.workflow_id].status not in OPEN_STATUSES:
                raise NoRowsError(CLOSED)
            rows, problems, ignored = self._rows_of(upload)
        except NoRowsError as unusable:
            upload.status = "failed"
            upload.result = self._created([], [], []) | {"error_message": str(unusable)}
            upload.result |= {"ignored_count": 0, "ignored_files": []}
            return
        outcome = self._create_rows(self.workflows[upload.workflow_id], rows[:stops_after], problems[:stops_after])
        outcome |= {"ignored_count": len(ignored), "ignored_files": ignored[:100]}
        if stops_after is None:
            upload.status, upload.result = "completed", outcome | {"error_message": None}
        else:
            upload.status = "failed"
            upload.result = outcome if self.reports_counts_of_failed else {}
            upload.result |= {"error_message": "The archive is damaged"}

    def forget(self) -> None:
        """Forget all tasks, uploads and requests, and what was planned."""
        self.tasks, self.uploads, self.requests, self.plans, self.stored_answers = {}, {}, [], [], {}

    # --- how tests plan its answers ----------------------------------------------------------------------------------

    def fail(self, fault: str, *, on: str = "", times: int = 1) -> None:
        """The next requests whose line matches the pattern `on` meet this one of FAULTS."""
        self.plans += [Plan(fault, on=on) for _ in range(times)]

    def calls(self, method: str = "", text: str = "") -> list[Request]:
        """Return the requests with this method and this text in the path or query."""
        return [one for one in self.requests if one.method.startswith(method) and text in one.target]

    def call(self, method: str, path: str, *, key: str | None = None, **options: Any) -> requests.Response:
        """A request of a program that is not the portal; `path` is below /api/v1. It is not in `requests`."""
        headers = options.pop("headers", {}) | ({"Authorization": f"Bearer {key}"} if key else {})
        prepared = requests.Request(method, self.url + path, headers=headers, **options).prepare()
        received = _received(prepared)
        return _response(prepared, self._echo_key(received, self._act(received, Fault(acts=True))))

    # --- HTTP --------------------------------------------------------------------------------------------------------

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Called by a session of `requests` in place of opening a connection."""
        received = _received(request)
        self.requests.append(received)
        return _response(request, self._echo_key(received, self._reply(received)))

    def close(self) -> None:
        pass

    def _echo_key(self, request: Request, reply: Reply) -> Reply:
        """Only JSON is an answer of the API itself: other bodies come from what stands before it."""
        key = request.headers.get("idempotency-key", "")
        url = urlsplit(request.target)
        is_dry_run = dict(parse_qsl(url.query)).get("dry_run", "")
        is_honoured = self.is_idempotent and honours_keys(request.method, url.path, is_dry_run)
        is_echoed = is_honoured and IDEMPOTENCY_KEY.fullmatch(key) and reply.body.startswith(b"{")
        return replace(reply, headers=reply.headers | {"Idempotency-Key": key}) if is_echoed else reply

    def _reply(self, request: Request) -> Reply:
        routed = next((answer for text, answer in self.routes.items() if text in request.line), None)
        if routed is None and request.target.endswith("/openapi.json") and not self._has_plan_for_document():
            return self._act(request, Fault(acts=True))
        if routed is None and (plan := self._next_plan(request)):
            return self._follow(plan, request)
        if routed is None and self.script:
            routed = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if routed is None:
            return self._follow(Plan(), request)
        return _given(routed, request)

    def _has_plan_for_document(self) -> bool:
        """The portal reads the document when it likes, so other plans and the script are not used up by that."""
        return any("openapi" in plan.on for plan in self.plans)

    def _next_plan(self, request: Request) -> Plan | None:
        plan = next((plan for plan in self.plans if re.search(plan.on, request.line)), None)
        if plan:
            self.plans.remove(plan)
        return plan

    def _follow(self, plan: Plan, request: Request) -> Reply:
        fault = FAULTS[plan.fault]
        if plan.before:
            plan.before()
        reply = self._act(request, fault) if fault.acts else None
        if plan.after:
            plan.after()
        return _given(fault.reply, request) if fault.reply else reply or Reply(500)

    def _act(self, request: Request, fault: Fault) -> Reply:
        try:
            return self._route(request, fault)
        except ApiError as refusal:
            reply = refusal.reply
            if reply.status == 401:
                reply.headers["WWW-Authenticate"] = "Bearer"
            return reply

    def _route(self, request: Request, fault: Fault) -> Reply:
        url = urlsplit(request.target)
        if url.path.startswith("/storage/"):
            return self._storage(request, url.path)
        parts = url.path.removeprefix("/api/v1/").split("/")
        if parts == ["health"]:
            return answer(200, {"status": "ok"})
        if parts == ["openapi.json"]:
            return answer(200, _document(self.is_idempotent))
        if len(request.body) > MAX_BODY:
            raise ApiError(413, TOO_LARGE)
        if parts[0] != "workflows" or len(parts) < 2 or "" in parts:
            raise ApiError(404, "Not found")
        endpoint = self._endpoint(request.method, parts[2:])
        key = self._authenticate(request)
        number = _integer(parts[1], "path.workflow_id")
        return endpoint(request, fault, key, number, parts[2:])

    def _endpoint(self, method: str, parts: list[str]) -> Callable[..., Reply]:
        endpoints: dict[str, dict[str, Callable[..., Reply]]] = {
            "": {"GET": self._workflow},
            "schema": {"GET": self._schema},
            "tasks": {"GET": self._list, "POST": self._create},
            "tasks/upload": {"POST": self._start_upload},
            "tasks/upload/[^/]+": {"GET": self._upload_status, "DELETE": self._cancel},
            "tasks/upload/[^/]+/confirm": {"POST": self._confirm},
            "tasks/[^/]+": {"GET": self._task},
        }
        found = next((of for path, of in endpoints.items() if re.fullmatch(path, "/".join(parts))), None)
        if found is None:
            raise ApiError(404, "Not found")
        if method not in found:
            raise ApiError(405, "Method Not Allowed")
        return found[method]

    def _authenticate(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        presented = [token.strip()] if scheme.lower() == "bearer" else []
        presented = [one for one in [*presented, request.headers.get("x-api-key", "").strip()] if one]
        if not presented:
            message = "No API key. Send one as Authorization: Bearer <key> or X-API-Key: <key>."
            raise ApiError(401, message, code="missing_api_key")
        live = next((one for one in presented if one in self.keys), None)
        if live is None:
            raise ApiError(401, "The API key is not valid.", code="invalid_api_key")
        return live

    def _once(self, request: Request, key: str, act: Callable[[], tuple[Reply, UUID | None]]) -> Reply:
        """Act, or give the stored answer to the first request with the same Idempotency-Key."""
        name = request.headers.get("idempotency-key")
        if name is None or not self.is_idempotent:
            return act()[0]
        self._require_well_formed(name)
        sent = (request.method, urlsplit(request.target).path, hashlib.sha256(request.body).hexdigest())
        stored = self.stored_answers.get((self.keys[key], name))
        if stored is None:
            reply, upload_id = act()
            self.stored_answers[self.keys[key], name] = StoredAnswer(sent, reply, upload_id)
            return reply
        if stored.request != sent:
            what = "body" if stored.request[:2] == sent[:2] else "path"
            message = f"This Idempotency-Key was used for another {what}. Use a new key for each request."
            raise ApiError(422, message, reason="idempotency_key_reused")
        if stored.upload_id:
            self._require_creator(key)
        reply = self._link(stored.upload_id, _size(request)) if stored.upload_id else stored.reply
        return replace(reply, headers=reply.headers | {"Idempotent-Replayed": "true"})

    def _require_well_formed(self, name: str | None) -> None:
        if self.is_idempotent and name is not None and not IDEMPOTENCY_KEY.fullmatch(name):
            raise ApiError(400, "Idempotency-Key must have 1 to 255 visible ASCII characters, without spaces.")

    def _find(self, key: str, workflow_id: int) -> Workflow:
        workflow = self.workflows.get(workflow_id)
        if workflow is None or workflow.organization != self.keys[key]:
            raise ApiError(404, "Workflow not found")
        return workflow

    # --- endpoints ---------------------------------------------------------------------------------------------------

    def _workflow(self, request: Request, fault: Fault, key: str, workflow_id: int, parts: list[str]) -> Reply:
        workflow = self._find(key, workflow_id)
        return answer(200, {"id": workflow.id, "name": workflow.name, "status": workflow.status})

    def _schema(self, request: Request, fault: Fault, key: str, workflow_id: int, parts: list[str]) -> Reply:
        fields = self._find(key, workflow_id).fields
        body = {"workflow_id": workflow_id, "fields": [describe(one) for one in fields]}
        flags = {
            "has_file_upload_fields": has_file_fields(fields),
            "has_only_file_upload_fields": has_only_file_fields(fields),
        }
        return answer(200, body | flags)

    def _list(self, request: Request, fault: Fault, key: str, workflow_id: int, parts: list[str]) -> Reply:
        query = dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
        limit = _integer(query.get("limit", "50"), "query.limit")
        if not 1 <= limit <= MAX_LIMIT:
            bound = "greater than or equal to 1" if limit < 1 else f"less than or equal to {MAX_LIMIT}"
            raise ApiError(422, f"query.limit: Input should be {bound}")
        self._find(key, workflow_id)
        status = query.get("status")
        if status is not None and status not in STATUSES:
            raise ApiError(400, f"Invalid status. Valid values: {', '.join(STATUSES)}")
        below = _last_id(query["cursor"]) if query.get("cursor") else None
        found = [
            task
            for task in reversed(self.tasks.values())
            if task.workflow_id == workflow_id
            and (status is None or task.status == status)
            and (below is None or task.id < below)
        ]
        page, has_more = found[:limit], len(found) > limit
        cursor = base64.b64encode(json.dumps({"last_id": page[-1].id}).encode()).decode() if has_more else None
        return answer(200, {"tasks": [one.as_json() for one in page], "next_cursor": cursor, "has_more": has_more})

    def _task(self, request: Request, fault: Fault, key: str, workflow_id: int, parts: list[str]) -> Reply:
        task_id = _integer(parts[1], "path.task_id")
        self._find(key, workflow_id)
        task = self.tasks.get(task_id)
        if task is None or task.workflow_id != workflow_id:
            raise ApiError(404, "Task not found")
        return answer(200, task.as_json())

    def _create(self, request: Request, fault: Fault, key: str, workflow_id: int, parts: list[str]) -> Reply:
        rows = _rows(_json(request).get("tasks", _MISSING))
        query = parse_qsl(urlsplit(request.target).query, keep_blank_values=True)
        dry_run = [value for name, value in query if name == "dry_run"]
        if dry_run not in ([], ["true"], ["false"]):
            raise ApiError(400, "Invalid dry_run. Valid values: true, false")
        if dry_run == ["true"]:
            self._require_well_formed(request.headers.get("idempotency-key"))
            return self._create_valid(fault, key, workflow_id, rows, is_dry_run=True)
        return self._once(request, key, lambda: (self._create_valid(fault, key, workflow_id, rows), None))

    def _create_valid(
        self, fault: Fault, key: str, workflow_id: int, rows: list[dict[str, Any]], *, is_dry_run: bool = False
    ) -> Reply:
        workflow = self._find_open(key, workflow_id)
        if has_file_fields(workflow.fields):
            path = f"/workflows/{workflow_id}/tasks/upload"
            raise ApiError(422, f"Workflow has file_upload fields; create tasks with POST {path}")
        problems = [check_row(Fields(workflow.fields), index, row) for index, row in enumerate(rows)]
        if fault.rejects_every_second:
            for rejected in problems[1::2]:
                rejected.add(workflow.fields[0]["name"], f"Invalid value for {workflow.fields[0]['name']}")
        before = self.newest_task_id
        outcome = self._create_rows(workflow, rows, problems)
        if not outcome["task_ids"]:
            raise ApiError(422, _all_failed(len(rows), outcome["errors"]), errors=outcome["errors"])
        if is_dry_run:
            self.remove(outcome["task_ids"])
            self.newest_task_id = before
            outcome |= {"task_ids": [], "dry_run": True}
        return answer(200, outcome)

    def _start_upload(self, request: Request, fault: Fault, key: str, workflow_id: int, parts: list[str]) -> Reply:
        body = _json(request) if request.body else {}
        rows = None if body.get("tasks") is None else _rows(body["tasks"])
        size = _size(request)
        return self._once(request, key, lambda: self._start(key, workflow_id, rows, size))

    def _start(self, key: str, workflow_id: int, rows: list[dict[str, Any]] | None, size: int) -> tuple[Reply, UUID]:
        fields = self._find(key, workflow_id).fields
        self._require_creator(key)
        self._find_open(key, workflow_id)
        if not has_file_fields(fields):
            path = f"/workflows/{workflow_id}/tasks"
            raise ApiError(422, f"Workflow has no file_upload fields; create tasks with POST {path}")
        if size > LARGEST_ARCHIVE:
            raise ApiError(422, f"file_size_bytes: an archive may have at most {LARGEST_ARCHIVE} bytes")
        if rows is None and not has_only_file_fields(fields):
            raise ApiError(422, "tasks: field required (the workflow has fields other than file uploads)")
        upload_id = uuid4()
        self.uploads[upload_id] = Upload(workflow_id, rows)
        return self._link(upload_id, size), upload_id

    def _link(self, upload_id: UUID, size: int) -> Reply:
        if self.uploads[upload_id].status != "pending":
            message = "Upload has already been confirmed or is no longer pending"
            raise ApiError(409, message, upload_id=str(upload_id))
        seconds = min(max(size // 2**20, 3600), 12 * 3600)
        expires = _time_text(self.now() + timedelta(seconds=seconds))
        url = f"{self.origin}/storage/{upload_id}?{SIGNATURE}"
        return answer(202, {"upload_id": str(upload_id), "upload_url": url, "expires_at": expires})

    def _storage(self, request: Request, path: str) -> Reply:
        if request.method == "OPTIONS":
            allowed = {"Origin": "*", "Methods": "PUT", "Headers": "content-type"}
            return Reply(204, b"", {f"Access-Control-Allow-{name}": value for name, value in allowed.items()})
        if request.method != "PUT":
            return answer(405, text="")
        upload_id = UUID(path.removeprefix("/storage/"))
        is_zip = request.headers.get("content-type") == "application/zip"
        is_signed = urlsplit(request.target).query == SIGNATURE
        return answer(200 if is_zip and is_signed and self.store(upload_id, request.body) else 403, text="")

    def _confirm(self, request: Request, fault: Fault, key: str, workflow_id: int, parts: list[str]) -> Reply:
        return self._once(request, key, lambda: (self._confirm_once(key, workflow_id, parts), None))

    def _confirm_once(self, key: str, workflow_id: int, parts: list[str]) -> Reply:
        self._find(key, workflow_id)
        upload = self._find_upload(workflow_id, parts[2])
        self._require_creator(key)
        if upload.status != "pending":
            raise ApiError(409, "Upload has already been confirmed or is no longer pending")
        self._find_open(key, workflow_id)
        if not upload.is_stored:
            raise ApiError(422, "ZIP archive has not been uploaded yet")
        if not self.has_worker:
            message = "The background worker is unavailable. The upload is still pending; try again later."
            raise ApiError(503, message)
        upload.status = "processing"
        return answer(202, {"upload_id": str(UUID(parts[2])), "status": "processing"})

    def _cancel(self, request: Request, fault: Fault, key: str, workflow_id: int, parts: list[str]) -> Reply:
        self._find(key, workflow_id)
        upload = self._find_upload(workflow_id, parts[2])
        self._require_creator(key)
        if upload.status not in ("pending", "cancelled"):
            raise ApiError(409, "Upload has already been confirmed or is no longer pending")
        nothing = {"ignored_count": 0, "ignored_files": [], "error_message": None}
        upload.status, upload.result = "cancelled", self._created([], [], []) | nothing
        return answer(200, {"upload_id": str(UUID(parts[2])), "status": "cancelled"})

    def _upload_status(self, request: Request, fault: Fault, key: str, workflow_id: int, parts: list[str]) -> Reply:
        self._find(key, workflow_id)
        upload = self._find_upload(workflow_id, parts[2])
        self._require_creator(key)
        keys = ("success_count", "error_count", "errors", "task_ids", "ignored_count", "ignored_files", "error_message")
        nothing = dict.fromkeys(keys)
        return answer(200, {"upload_id": str(UUID(parts[2])), "status": upload.status} | nothing | upload.result)

    # --- rows and tasks ----------------------------------------------------------------------------------------------

    def _find_open(self, key: str, workflow_id: int) -> Workflow:
        workflow = self._find(key, workflow_id)
        if workflow.status not in OPEN_STATUSES:
            raise ApiError(422, CLOSED)
        return workflow

    def _require_creator(self, key: str) -> None:
        if key in self.keys_without_creator:
            raise ApiError(422, "The user who created this API key is no longer a member of the organization")

    def _find_upload(self, workflow_id: int, text: str) -> Upload:
        try:
            upload = self.uploads.get(UUID(text))
        except ValueError:
            upload = None
        if upload is None or upload.workflow_id != workflow_id:
            raise ApiError(404, "Upload not found")
        return upload

    def _rows_of(self, upload: Upload) -> tuple[list[dict[str, Any]], list[RowProblems], list[str]]:
        """The rows of an upload, what is wrong with each, and the files that no row names. Raises NoRowsError."""
        fields = self.workflows[upload.workflow_id].fields
        names = file_fields(fields)
        packed = _names_in(upload.archive)
        paths = {path for path in packed if not path.endswith("/")}
        if upload.rows is None:
            derived = rows_of_files(paths, {path for path in packed if path.endswith("/")}, names)
        else:
            derived = [ZipRow("", row) for row in upload.rows]
        rows = [dict(row.files) for row in derived]
        problems = [check_row(Fields(fields), index, row) for index, row in enumerate(rows)]
        hints, named = PathHints(paths), set[str]()
        of_files = problems_of_files(derived, names)
        for row, found, sent, wrong in zip(rows, problems, derived, of_files, strict=True):
            for name, message in wrong:
                found.add(name, message)
            found.add_all(sent.unknown_files, lambda path: (names[0], f"Unknown file: {path}"))
            for name in names if upload.archive else []:
                if isinstance(row.get(name), str) and not is_blank(row[name]):
                    path = path_in_archive(row[name])
                    named.add(path)
                    if path not in paths or is_junk(path):
                        found.add(name, f"File not found in ZIP: {row[name]}")
                        if hint := hints.hint(row[name]):
                            found.add(name, hint)
        ignored = sorted(path for path in paths - named if not is_junk(path)) if upload.rows is not None else []
        return rows, problems, ignored

    def _create_rows(
        self, workflow: Workflow, rows: list[dict[str, Any]], problems: list[RowProblems]
    ) -> dict[str, Any]:
        for row, found in zip(rows, problems, strict=True):
            if self.rejects and any(self.rejects in str(value) for value in row.values()):
                name = next(name for name, value in row.items() if self.rejects in str(value))
                found.add(name, f"Invalid value for {name}: must not hold {self.rejects}")
        task_ids = [self._add_task(workflow, row) for row, found in zip(rows, problems, strict=True) if not found]
        return self._created(rows, problems, task_ids)

    def _created(self, rows: list[dict[str, Any]], problems: list[RowProblems], task_ids: list[int]) -> dict[str, Any]:
        errors = [one.as_dict() for found in problems if found for one in found.errors()]
        failed = len(rows) - len(task_ids)
        return {"success_count": len(task_ids), "error_count": failed, "errors": errors, "task_ids": task_ids}

    def _add_task(self, workflow: Workflow, fields: dict[str, Any]) -> int:
        self.newest_task_id += 1
        status = "paused" if workflow.status == "PAUSED" else "pending"
        now, nodes = self.now(), _summary(workflow.nodes)
        self.tasks[self.newest_task_id] = Task(
            self.newest_task_id, workflow.id, status, fields, nodes, created_at=now, updated_at=now
        )
        return self.newest_task_id


@contextmanager
def fake_api(*script: Answer, is_idempotent: bool = False) -> Iterator[FakeApi]:
    """A new API, which sessions of `requests` reach at its `url` until the block ends."""
    api = FakeApi(*script, is_idempotent=is_idempotent)
    plain = requests.Session.get_adapter

    def get_adapter(session: requests.Session, url: str) -> BaseAdapter:
        return api if url.startswith(f"{api.origin}/") else plain(session, url)

    with patch.object(requests.Session, "get_adapter", get_adapter):
        yield api


_MISSING = object()
_adapter = HTTPAdapter()


def _given(planned: Answer, request: Request) -> Reply:
    return planned if isinstance(planned, Reply) else planned(request)


def _received(request: requests.PreparedRequest) -> Request:
    body = request.body or b""
    if not isinstance(body, str | bytes):
        body = b"".join(body)
    headers = {
        name.lower(): value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    return Request(request.method or "", request.path_url, headers, body.encode() if isinstance(body, str) else body)


def _response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    headers = {"Content-Type": "application/json", "Date": formatdate(usegmt=True), "X-Request-Id": uuid4().hex}
    headers |= reply.headers
    raw = HTTPResponse(io.BytesIO(reply.body), headers=headers, status=reply.status, preload_content=False)
    return _adapter.build_response(request, raw)


def _integer(text: str, where: str) -> int:
    if not text.removeprefix("-").isdecimal():
        raise ApiError(422, f"{where}: Input should be a valid integer")
    return int(text)


def _json(request: Request) -> dict[str, Any]:
    if not request.body:
        raise ApiError(422, "body: field required")
    try:
        body = from_json(request.body, allow_inf_nan=False)
    except ValueError as invalid:
        raise ApiError(422, f"body: the request body is not valid JSON: {invalid}") from None
    if b"\\u0000" in request.body and _holds_nul(body):
        raise ApiError(422, "body: NUL characters and numbers beyond double precision are not accepted")
    if not isinstance(body, dict):
        raise ApiError(422, "body: Input should be an object")
    return body


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return any(map(_holds_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


def _rows(tasks: Any) -> list[dict[str, Any]]:
    """The rows of a request body, or 422 for the whole request."""
    if tasks is _MISSING:
        raise ApiError(422, "tasks: field required")
    if not isinstance(tasks, list):
        raise ApiError(422, "tasks: Input should be a valid list")
    if not 1 <= len(tasks) <= MAX_TASKS:
        bound = f"most {MAX_TASKS}" if tasks else "least 1"
        raise ApiError(422, f"tasks: ensure this value has at {bound} items")
    problems = {index: problem for index, row in enumerate(tasks) if (problem := _shape_problem(row))}
    if problems:
        raise ApiError(422, _join([f"tasks.{index}{problem}" for index, problem in problems.items()]))
    return [row["fields"] for row in tasks]


def _shape_problem(row: Any) -> str:
    if not isinstance(row, dict):
        return ": Input should be an object"
    if "fields" not in row:
        return ".fields: field required"
    return "" if isinstance(row["fields"], dict) else ".fields: Input should be an object"


def _document(is_idempotent: bool) -> dict[str, Any]:
    """The part of the OpenAPI document that clients look at before they send an Idempotency-Key."""
    paths = {}
    for path, status, name in (
        ("tasks", "200", "create_tasks"),
        ("tasks/upload", "202", "start_upload"),
        ("tasks/upload/{upload_id}/confirm", "202", "confirm_upload"),
    ):
        operation: dict[str, Any] = {
            "operationId": name,
            "parameters": [
                {"in": "path", "name": "workflow_id", "required": True, "schema": {"type": "integer", "minimum": 1}}
            ],
            "responses": {status: {"description": "OK"}},
        }
        if is_idempotent:
            operation["parameters"].append(
                {"in": "header", "name": "Idempotency-Key", "required": False, "schema": {"type": "string"}}
            )
            headers = {name: {"schema": {"type": "string"}} for name in ("Idempotency-Key", "Idempotent-Replayed")}
            operation["responses"][status]["headers"] = headers
            operation["responses"]["409"] = {"description": "Conflict"}
        paths[f"/api/v1/workflows/{{workflow_id}}/{path}"] = {"post": operation}
    info = {"title": "Pipelines External API", "version": "v1"}
    return {"openapi": "3.1.0", "info": info, "servers": [{"url": "/"}], "paths": paths}


def _size(request: Request) -> int:
    """The size of an archive that a request announces; 0 for none."""
    given = _json(request).get("file_size_bytes") if request.body else None
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if given is not None and type(given) is not int:
        raise ApiError(422, "file_size_bytes: Input should be a valid integer")
    if given is not None and given < 1:
        raise ApiError(422, "file_size_bytes: Input should be greater than or equal to 1")
    return given or 0


def _all_failed(count: int, errors: list[dict[str, Any]]) -> str:
    title = "The task failed" if count == 1 else f"All {count} tasks failed"
    return f"{title}: " + _join([f"tasks.{one['index']}: {one['message']}" for one in errors])


def _join(messages: list[str]) -> str:
    more = [f"… and {len(messages) - 20} more"] if len(messages) > 20 else []
    return "; ".join([*messages[:20], *more])


def _names_in(archive: bytes | None) -> list[str]:
    """The names in an archive; none if it was stored without bytes."""
    if archive is None:
        return []
    try:
        return zipfile.ZipFile(io.BytesIO(archive)).namelist()
    except zipfile.BadZipFile:
        raise NoRowsError("The file is not a ZIP archive, or it is damaged.") from None


def _last_id(cursor: str) -> int:
    try:
        last_id = json.loads(base64.b64decode(cursor, validate=True))["last_id"]
    except (binascii.Error, ValueError, KeyError, TypeError, IndexError):
        raise ApiError(400, "Invalid cursor") from None
    if type(last_id) is not int or last_id < 1:
        raise ApiError(400, "Invalid cursor")
    return last_id


def _summary(nodes: list[dict[str, Any]]) -> dict[str, int]:
    statuses = [node["status"] for node in nodes if node["status"] != "na"]
    finished, active = statuses.count("finished"), sum(status in IN_PROGRESS for status in statuses)
    total = len(statuses)
    return {"total": total, "finished": finished, "in_progress": active, "pending": total - finished - active}


def _time_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
