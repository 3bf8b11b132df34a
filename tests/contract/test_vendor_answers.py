"""Documented responses are read. Others are refused with a message that names what is missing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines_portal.api_client import (
    ApiError,
    Conflict,
    Field,
    InvalidRequest,
    PayloadTooLarge,
    PipelinesClient,
    PipelinesError,
    RetryPolicy,
    ServerError,
    Transport,
    Unauthorized,
    UnexpectedResponse,
    ValidationFailed,
)
from tests.client_calls import create_rows
from tests.fake_api import Answer, answer, error, fake_api
from tests.samples import task

KEY = "pk_live_" + "a" * 40
ONCE = RetryPolicy(longest_wait=0, budget=0)
UPLOAD = "6f2b7b8e-36a4-4b0e-8f5b-3f1c2f3f0a11"
TWO = [{"name": "text", "type": "long_text", "required": True}, {"name": "notes"}]
FLAGS = {"workflow_id": 42, "has_file_upload_fields": False, "has_only_file_upload_fields": False}
HTML = "<!doctype html><h1>Not Found</h1>"


def asked(fault: Answer, call: Callable[[PipelinesClient], Any]) -> Any:
    with fake_api(fault) as api:
        try:
            return call(PipelinesClient(Transport(api.url, timeout=5), KEY, ONCE))
        except PipelinesError as failure:
            return failure


def schema(body: Any) -> Any:
    return asked(answer(200, body), lambda client: client.schema(42))


def test_the_documented_schema_is_read() -> None:
    """S5, S111, S112, S113. Keys that the reference does not name may be missing, and others may be there."""
    hint = {"name": "language", "type": "select", "format_hint": "One of: French, German"}
    options = {"name": "tone", "type": "select", "options": ["warm", "cool"], "format_hint": None, "color": "red"}
    read = schema(FLAGS | {"fields": [*TWO, hint, options]})
    assert [(field.name, field.required, field.choices) for field in read.fields] == [
        ("text", True, []), ("notes", None, []), ("language", None, ["French", "German"]),
        ("tone", None, ["warm", "cool"]),
    ]  # fmt: skip
    assert all(field.label for field in read.fields)


@pytest.mark.parametrize("hint", ['["French", "German"]', "One of: French, German", "French,German, "])
def test_the_options_of_a_select_may_be_in_its_hint(hint: str) -> None:
    (field,) = schema({"fields": [{"name": "l", "type": "select", "format_hint": hint}]}).fields
    assert field.choices == ["French", "German"]


def test_file_fields_are_recognized_without_the_two_flags() -> None:
    """S121, S148."""
    scan, notes = {"name": "scan", "type": "file_upload"}, {"name": "notes"}
    for fields, expected in (([scan], (True, True)), ([scan, notes], (True, False)), ([notes], (False, False))):
        read = schema({"fields": fields})
        assert (read.has_file_upload_fields, read.has_only_file_upload_fields) == expected


def test_an_unknown_type_is_not_changed() -> None:
    (field,) = schema({"fields": [{"name": "place", "type": "geo_point"}]}).fields
    assert isinstance(field, Field)
    assert field.type == "geo_point"


@pytest.mark.parametrize("status", ["active", "Active", " ACTIVE "])
def test_the_status_of_a_workflow_is_read_in_any_case(status: str) -> None:
    """S4, S178. Its id may be missing."""
    read = asked(answer(200, {"name": "x", "status": status}), lambda client: client.workflow(42))
    assert (read.id, read.accepts_tasks) == (None, True)


TASKS = {
    "an unknown status": (task(7, "in_review"), {"status": "in_review", "is_open": True}),
    "a status in upper case": (task(7, "FINISHED"), {"status": "finished", "is_open": False}),
    "unknown buckets": (task(7, blocked=3), {}),
    "a time with another offset": (task(7) | {"created_at": "2026-03-30T14:00:00.5+02:00"}, {}),
}


@pytest.mark.parametrize(("body", "expected"), TASKS.values(), ids=TASKS.keys())
def test_tasks_are_read_alone_and_in_the_list(body: dict[str, Any], expected: dict[str, Any]) -> None:
    """S7, S8, S168."""
    alone = asked(answer(200, body), lambda client: client.task(42, 7))
    listed = asked(
        answer(200, {"tasks": [body], "next_cursor": None, "has_more": False}), lambda client: client.list_tasks(42)
    )
    assert listed.tasks == [alone]
    assert alone.id == 7
    assert {name: getattr(alone, name) for name in expected} == expected


@pytest.mark.parametrize("cursor", ["page=2&after=9", "1001", "ключ"])
def test_a_cursor_is_opaque(cursor: str) -> None:
    """S97, S104: it is not decoded, and returned unchanged."""
    page = asked(answer(200, {"tasks": [], "next_cursor": cursor}), lambda client: client.list_tasks(42))
    assert page.older_cursor == cursor


@pytest.mark.parametrize(
    ("end", "older"),
    [({"next_cursor": None, "has_more": False}, None), ({}, None), ({"next_cursor": "x", "has_more": False}, None)],
)
def test_the_last_page_is_recognized(end: dict[str, Any], older: str | None) -> None:
    assert asked(answer(200, {"tasks": []} | end), lambda client: client.list_tasks(42)).older_cursor is older


def test_an_upload_link_to_another_host_is_accepted() -> None:
    """S139: the portal decides which hosts are accepted."""
    url = "https://bucket.s3.eu-central-1.amazonaws.com:443/a%20b.zip?X-Amz-Signature=abc%2F&x=1"
    body = {"upload_id": UPLOAD.upper(), "upload_url": url, "expires_at": "2026-03-30T14:00:00+02:00"}
    started = asked(answer(200, body), lambda client: client.start_upload(42, file_size_bytes=5))
    assert started.upload_url == url
    assert started.expires_at == datetime(2026, 3, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize("fault", [answer(202, text=""), answer(204, text=""), answer(200, {"ok": True})])
def test_the_response_to_a_confirmation_needs_only_a_status(fault: Answer) -> None:
    """S10."""
    assert asked(fault, lambda client: client.confirm_upload(42, UPLOAD)) is None


@pytest.mark.parametrize("status", ["COMPLETED", "Completed"])
def test_the_status_of_an_upload_is_read_in_any_case(status: str) -> None:
    """S165."""
    body = {"status": status, "success_count": 1, "error_count": 0, "task_ids": [7]}
    assert asked(answer(200, body), lambda client: client.upload_status(42, UPLOAD)).is_over


def test_an_unknown_upload_status_is_not_final() -> None:
    read = asked(answer(200, {"status": "scanning"}), lambda client: client.upload_status(42, UPLOAD))
    assert (read.status, read.is_over) == ("scanning", False)


REFUSALS = {
    "as documented": (error(400, "invalid_request", "Bad filter"), InvalidRequest, "Bad filter"),
    "no reason at all": (answer(409, {}), Conflict, "gave no reason, only the status 409"),
    "another shape": (answer(401, {"detail": "Unauthorized"}), Unauthorized, "gave no reason, only the status 401"),
    "a bare text": (answer(422, "Wrong state"), ValidationFailed, "gave no reason, only the status 422"),
    "a gateway's page for too large a body": (answer(413, text="<h1>413</h1>"), PayloadTooLarge, "gateway"),
    "a gateway's page for an error": (answer(500, text="<h1>500</h1>"), ServerError, "gateway"),
}


@pytest.mark.parametrize(("fault", "kind", "reason"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal_is_recognized_by_its_status(fault: Answer, kind: type[ApiError], reason: str) -> None:
    """S72 to S74."""
    result = asked(fault, lambda client: client.workflow(42))
    assert isinstance(result, kind)
    assert reason in result.message


UNDOCUMENTED = {
    "fields under another key": (FLAGS | {"predefined_fields": TWO}, "fields is missing"),
    "fields as the whole answer": (TWO, "it cannot be read"),
    "fields as a mapping": ({"fields": {"text": {"type": "long_text"}}}, "fields cannot be read"),
    "a field as its name": ({"fields": ["notes"]}, "fields.0 cannot be read"),
    "options as objects": ({"fields": [{"name": "l", "options": [{"value": "fr"}]}]}, "fields.0.options.0 cannot be"),
    "yes and no as text": ({"fields": [{"name": "l", "required": "true"}]}, "fields.0.required cannot be read"),
}


@pytest.mark.parametrize(("body", "told"), UNDOCUMENTED.values(), ids=UNDOCUMENTED.keys())
def test_an_undocumented_schema_is_refused_with_the_name_of_the_field(body: Any, told: str) -> None:
    result = schema(body)
    assert isinstance(result, UnexpectedResponse)
    assert told in str(result)


UNREADABLE = {
    "no fields": ({"workflow_id": 42}, "fields is missing"),
    "a field without a name": ({"fields": [{"title": "Text"}]}, "fields.0.name is missing"),
    "fields that are numbers": ({"fields": [1, 2]}, "fields.0 cannot be read"),
    "a wrapped answer": ({"data": {"fields": TWO}}, "fields is missing"),
    "null": (None, "there is no body"),
}


@pytest.mark.parametrize(("body", "told"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_ambiguous_schema_is_refused_with_the_name_of_the_field(body: Any, told: str) -> None:
    result = schema(body)
    assert isinstance(result, UnexpectedResponse)
    assert told in str(result)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (task(7) | {"id": "7"}, "id is no whole number"),
        (task(7) | {"created_at": None, "node_summary": None}, "node_summary is missing; created_at is missing"),
        (task(7) | {"created_at": "2026-03-30 12:00:00"}, "created_at is no time with an offset"),
        (task(7) | {"created_at": "yesterday"}, "created_at is no time with an offset"),
        ({"id": 7, "status": "pending"}, "node_summary is missing; created_at is missing; updated_at is missing"),
        ({"task": task(7)}, "id is missing; status is missing; node_summary is missing, and 2 more"),
    ],
)
def test_an_incomplete_task_is_refused_with_the_missing_key(body: Any, told: str) -> None:
    assert told in str(asked(answer(200, body), lambda client: client.task(42, 7)))


def test_a_404_of_another_server_is_not_a_missing_task() -> None:
    """HTML with a 404 comes from a server that is not the API, and says nothing about the upload."""
    result = asked(answer(404, text=HTML), lambda client: client.upload_status(42, UPLOAD))
    assert isinstance(result, UnexpectedResponse)
    assert "PIPELINES_API_URL may be wrong" in str(result)
    created = asked(answer(404, text=HTML), lambda client: create_rows(client, 42, [{}]))
    assert not created.maybe_processed
