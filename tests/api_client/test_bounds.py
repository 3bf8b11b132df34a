"""Values of responses are limited: a value that is too large is refused, and texts are cleaned."""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines_portal.api_client import (
    ApiError,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    RetryPolicy,
    Transport,
    UnexpectedResponse,
)
from tests.faulty_api import Answer, answer, error, faulty_api
from tests.samples import task

KEY = "pk_live_" + "a" * 40
ONCE = RetryPolicy(longest_wait=0, budget=0)
UPLOAD = "6f2b7b8e-36a4-4b0e-8f5b-3f1c2f3f0a11"
CREATED = {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [7]}
STARTED = {"upload_id": UPLOAD, "upload_url": "https://b.example/a.zip?sig=x", "expires_at": "2026-03-30T12:00:00Z"}
COMPLETED = {"upload_id": UPLOAD, "status": "completed", "error_message": None} | CREATED

Call = Callable[[PipelinesClient], Any]
CALLS: dict[str, Call] = {
    "workflow": lambda client: client.workflow(42),
    "schema": lambda client: client.schema(42),
    "task": lambda client: client.task(42, 7),
    "list": lambda client: client.list_tasks(42),
    "create": lambda client: client.create_tasks(42, [{"a": "b"}]),
    "start": lambda client: client.start_upload(42, file_size_bytes=5),
    "status": lambda client: client.upload_status(42, UPLOAD),
}


def result_of(call: str, fault: Answer) -> Any:
    with faulty_api(fault) as api:
        try:
            return CALLS[call](PipelinesClient(Transport(api.url, timeout=5), KEY, ONCE))
        except PipelinesError as failure:
            return failure


MISFITS = [
    ("workflow", {"id": 0, "name": "x", "status": "ACTIVE"}, "id is too small a number"),
    ("workflow", {"id": 10**30, "name": "x", "status": "ACTIVE"}, "id is too large a number"),
    ("workflow", {"id": True, "name": "x", "status": "ACTIVE"}, "id is no whole number"),
    ("workflow", {"id": 42, "name": "x", "status": ""}, "status is empty"),
    ("workflow", {"id": 42, "status": "ACTIVE"}, "name is missing"),
    ("schema", {"fields": [{"name": "\ud800"}]}, "fields.0.name is too long, or holds characters"),
    ("schema", {"fields": [{"name": "n" * 201}]}, "fields.0.name is too long, or holds characters"),
    ("schema", {"fields": [{"name": "a"}, {"name": "a"}]}, "fields contains a value twice"),
    ("schema", {"fields": [{"name": f"f{n}"} for n in range(501)]}, "fields is too long"),
    ("schema", {"fields": [{"name": "a", "options": list(map(str, range(5001)))}]}, "fields.0.options is too long"),
    ("schema", {"fields": [{"name": "a", "options": ["b", "c\x00"]}]}, "fields.0.options.1 is too long, or holds"),
    ("task", task(2**63), "id is too large a number"),
    ("task", task(7) | {"created_at": "9999-12-31T23:59:59-14:00"}, "created_at is a time out of range"),
    ("task", task(7) | {"created_at": "1969-01-01T00:00:00+14:00"}, "created_at is a time out of range"),
    ("task", task(7) | {"updated_at": "9999-06-01T00:00:00Z"}, "updated_at is a time out of range"),
    ("task", task(7, total=-1), "node_summary.total is too small a number"),
    ("task", task(7, total=2**40), "node_summary.total is too large a number"),
    ("list", {"tasks": [task(7), task(10**30)]}, "tasks.1.id is too large a number"),
    ("list", {"tasks": [], "next_cursor": "x" * 3000}, "next_cursor is too long"),
    ("create", CREATED | {"task_ids": [10**30]}, "task_ids.0 is too large a number"),
    ("create", CREATED | {"success_count": -1}, "success_count is too small a number"),
    ("create", CREATED | {"success_count": 2, "task_ids": [7, 7]}, "task_ids contains a value twice"),
    ("create", CREATED | {"task_ids": list(range(1, 5002))}, "task_ids is too long"),
    ("create", CREATED | {"errors": [{"index": -1, "message": "x"}]}, "errors.0.index is too small a number"),
    ("create", CREATED | {"success_count": 2}, "counts do not add up"),
    ("start", STARTED | {"upload_url": "javascript:alert(1)"}, "upload_url is no http"),
    ("start", STARTED | {"upload_url": "https://b.example/\ud800"}, "upload_url is too long, or holds characters"),
    ("start", STARTED | {"upload_url": "https:///nowhere"}, "upload_url is no http"),
    ("start", STARTED | {"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at is a time out of range"),
    ("start", STARTED | {"upload_id": "five"}, "upload_id cannot be read"),
    ("status", COMPLETED | {"success_count": 2**40}, "success_count is too large a number"),
    ("status", COMPLETED | {"error_count": -3}, "error_count is too small a number"),
    ("status", {"status": "completed", "task_ids": [7]}, "of the completed upload is missing"),
]


@pytest.mark.parametrize(("call", "body", "told"), MISFITS)
def test_a_value_that_is_too_large_is_refused_by_name(call: str, body: Any, told: str) -> None:
    """The error names the field and contains no values. After a POST tasks may exist (S85), after a read never."""
    result = result_of(call, answer(200, body))
    assert isinstance(result, UnexpectedResponse), result
    assert told in str(result)
    assert result.maybe_processed is (call in ("create", "start"))


def test_a_refused_link_is_not_in_the_error() -> None:
    """Anybody with the link can write the archive."""
    result = result_of(
        "start", answer(200, STARTED | {"upload_url": "ftp://b.example/?sig=s3cr3t", "expires_at": "s3"})
    )
    assert "upload_url" in str(result)
    assert "s3" not in str(result)


def test_invalid_characters_are_removed_from_texts() -> None:
    """A lone surrogate or a NUL can be neither stored nor sent to a browser. A name is cut to its column."""
    workflow = result_of("workflow", answer(200, {"id": 42, "name": "a\ud800b\x00c" + "d" * 400, "status": "active"}))
    assert workflow.name.startswith("a\ufffdb\ufffdc")
    assert len(workflow.name) == 300
    schema = result_of("schema", answer(200, {"fields": [{"name": "a", "title": "\udfff!", "format_hint": "\x00"}]}))
    assert (schema.fields[0].title, schema.fields[0].format_hint) == ("\ufffd!", "\ufffd")
    body = {"success_count": 0, "error_count": 1, "errors": [{"index": 0, "message": "\ud800" + "x" * 9999}]}
    created = result_of("create", answer(200, body | {"task_ids": []}))
    assert created.errors[0].message.startswith("\ufffdxx")
    assert len(created.errors[0].message) == 2000


def test_characters_beyond_the_basic_plane_stay() -> None:
    """JSON writes them as two surrogates."""
    assert result_of("workflow", answer(200, {"id": 1, "name": "Bees 🐝", "status": "ACTIVE"})).name == "Bees 🐝"


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500])
def test_an_error_message_is_cleaned_and_truncated(status: int) -> None:
    result = result_of("create", error(status, "x\ud800", "No\ud800\x00" + "!" * 30_000, errors=[{"index": "\ud800"}]))
    assert isinstance(result, ApiError)
    assert result.message.startswith("No\ufffd\ufffd!!")
    assert len(result.message) == 20_000
    assert result.code == "api_error"
    str(result).encode()


def test_rows_of_a_refusal_are_limited() -> None:
    rows = [{"index": 10**30, "message": "x"}, {"index": 1, "field_name": "\x00", "message": "\ud800"}, 5, None]
    result = result_of("create", error(422, "validation_error", "All failed", errors=rows))
    assert result.errors == [{"index": 1, "field_name": "\ufffd", "message": "\ufffd"}]


@pytest.mark.parametrize(
    ("told", "header", "expected"),
    [
        (17, None, 17), (10**18, None, 600), (-5, None, 1), (0, None, 1), ("30", None, 30),
        (True, None, None), ("soon", None, None), ([], "9", 9), (None, "99999999999", 600),
        (None, "Wed, 21 Oct 2015 07:28:00 GMT", None), (None, "-3", 1), (None, "٣", None), (2.5, "4", 4),
    ],
)  # fmt: skip
def test_the_wait_of_a_response_is_limited(told: Any, header: str | None, expected: int | None) -> None:
    """S62, S63: the wait is between 1 s and ten minutes. Without Retry-After the page decides."""
    headers = {} if header is None else {"Retry_After": header.encode().decode("latin-1")}
    body = {"error": "rate_limit_exceeded", "message": "Slow down"} | ({} if told is None else {"retry_after": told})
    result = result_of("create", answer(429, body, **headers))
    assert isinstance(result, RateLimited)
    assert result.retry_after == expected


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_json_that_only_python_accepts_is_refused(constant: str) -> None:
    text = f'{{"id": {constant}, "name": "x", "status": "ACTIVE"}}'
    assert "not JSON" in str(result_of("workflow", answer(200, text=text)))
