"""Answers of a vendor that read the reference otherwise where it leaves things open, over real HTTP.

Each is read where its meaning is plain, and otherwise refused with a sentence that names what is missing.
"""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines_portal.api_client import (
    ApiError,
    Conflict,
    Field,
    InvalidRequest,
    NotFound,
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
from pipelines_portal.submissions.outcomes import named_rows
from tests.fake_api import Answer, answer, fake_api
from tests.samples import task

KEY = "pk_live_" + "a" * 40
ONCE = RetryPolicy(longest_wait=0, budget=0)
UPLOAD = "6f2b7b8e-36a4-4b0e-8f5b-3f1c2f3f0a11"
TWO = [{"name": "text", "type": "long_text", "required": True}, {"name": "notes"}]
FLAGS = {"workflow_id": 42, "has_file_upload_fields": False, "has_only_file_upload_fields": False}
LANGUAGES = [("fr", "French"), ("de", "German")]
HTML = "<!doctype html><h1>Not Found</h1>"


def asked(fault: Answer, call: Callable[[PipelinesClient], Any]) -> Any:
    with fake_api(fault) as api:
        try:
            return call(PipelinesClient(Transport(api.url, timeout=5), KEY, ONCE))
        except PipelinesError as failure:
            return failure


def schema(body: Any) -> Any:
    return asked(answer(200, body), lambda client: client.schema(42))


SCHEMAS = {
    "fields under another key": FLAGS | {"predefined_fields": TWO},
    "fields within a schema": FLAGS | {"schema": {"fields": TWO}},
    "fields as the whole answer": TWO,
    "fields as a mapping by name": {"fields": {"text": {"type": "long_text", "required": True}, "notes": {}}},
    "fields as a mapping to types": {"fields": {"text": "long_text", "notes": None}, "required": ["text"]},
    "fields as a JSON schema": {
        "type": "object",
        "properties": {"text": {"type": "long_text"}, "notes": {"type": "string"}},
        "required": ["text"],
    },
    "other names for name and title": {"fields": [{"key": "text", "label": "Text", "required": "true"}, "notes"]},
    "null where nothing is said": {"fields": [TWO[0], TWO[1] | {"title": None, "type": None, "required": None}]},
}


@pytest.mark.parametrize("body", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_fields_in_another_form_are_read(body: Any) -> None:
    """S5, S111, S112: the two fields, the first of them required."""
    fields = schema(body).fields
    assert [(field.name, field.required) for field in fields] == [("text", True), ("notes", False)]
    assert all(field.label for field in fields)


SELECTS = {
    "label and value": [{"label": "French", "value": "fr"}, {"label": "German", "value": "de"}],
    "value, id and name": [{"id": 1, "value": "fr", "name": "French"}, {"id": 2, "value": "de", "name": "German"}],
    "a mapping": {"fr": "French", "de": "German"},
}


@pytest.mark.parametrize("options", SELECTS.values(), ids=SELECTS.keys())
def test_options_that_are_objects_send_the_value_and_show_the_label(options: Any) -> None:
    """S113."""
    for key in ("options", "choices", "enum", "format_hint"):
        (field,) = schema({"fields": [{"name": "language", key: options}]}).fields
        assert field.type == "select"
        assert [(choice, field.choice_label(choice)) for choice in field.choices] == LANGUAGES


def test_options_that_are_numbers_are_sent_as_text() -> None:
    (field,) = schema({"fields": [{"name": "size", "type": "dropdown", "options": [1, 2.5, True]}]}).fields
    assert (field.type, field.choices) == ("select", ["1", "2.5", "true"])


def test_options_of_which_nobody_says_what_to_send_are_typed_by_hand() -> None:
    """An id beside a name: either may be meant."""
    (field,) = schema({"fields": [{"name": "l", "type": "select", "options": [{"id": 1, "name": "French"}]}]}).fields
    assert (field.type, field.choices) == ("select", [])


@pytest.mark.parametrize("hint", ['["French", "German"]', "One of: French, German"])
def test_a_select_without_a_type_is_known_by_its_hint(hint: str) -> None:
    (field,) = schema({"fields": [{"name": "l", "format_hint": hint}]}).fields
    assert (field.type, field.choices) == ("select", ["French", "German"])


@pytest.mark.parametrize("spelling", ["file_upload", "FILE_UPLOAD", "File Upload", "file-upload", "FileUpload", "file"])
def test_file_fields_are_known_in_any_spelling(spelling: str) -> None:
    """S121, S148: also where the two flags are left out."""
    read = schema({"fields": [{"name": "scan", "type": spelling}]})
    assert (read.has_file_upload_fields, read.has_only_file_upload_fields) == (True, True)
    mixed = schema({"fields": [{"name": "scan", "type": spelling}, {"name": "notes"}]})
    assert (mixed.has_file_upload_fields, mixed.has_only_file_upload_fields) == (True, False)


def test_an_unknown_type_stays_what_it_is() -> None:
    (field,) = schema({"fields": [{"name": "place", "type": "geo_point"}]}).fields
    assert isinstance(field, Field)
    assert field.type == "geo_point"


@pytest.mark.parametrize("status", ["active", "Active", " ACTIVE "])
def test_workflow_status_in_lower_case_and_ids_as_text(status: str) -> None:
    """S4, S178."""
    read = asked(answer(200, {"id": "42", "name": "x", "status": status}), lambda client: client.workflow(42))
    assert (read.id, read.accepts_tasks) == (42, True)


TASKS = {
    "an id as text": (task(7) | {"id": "7"}, {}),
    "an unknown status": (task(7, "in_review"), {"status": "in_review", "is_over": False}),
    "a status in upper case": (task(7, "FINISHED"), {"status": "finished", "is_over": True}),
    "null times": (task(7) | {"created_at": None, "updated_at": None}, {"created_at": None, "updated_at": None}),
    "unknown buckets": (task(7, blocked=3), {}),
    "no node summary yet": (task(7) | {"node_summary": None}, {}),
    "seconds since 1970": (task(7) | {"created_at": 1774872000}, {}),
    "a time without an offset": (task(7) | {"created_at": "2026-03-30 12:00:00.123"}, {}),
}


@pytest.mark.parametrize(("body", "expected"), TASKS.values(), ids=TASKS.keys())
def test_tasks_are_read_alone_and_in_the_list(body: dict[str, Any], expected: dict[str, Any]) -> None:
    """S7, S8, S168."""
    alone = asked(answer(200, body), lambda client: client.task(42, 7))
    listed = asked(answer(200, {"tasks": [body], "has_more": None}), lambda client: client.list_tasks(42))
    assert listed.tasks == [alone]
    assert alone.id == 7
    assert {name: getattr(alone, name) for name in expected} == expected


@pytest.mark.parametrize("cursor", ["page=2&after=9", "1001", 1001, "ключ"])
def test_a_cursor_is_whatever_the_api_says(cursor: Any) -> None:
    """S97, S104: opaque, no base64, and handed back as it came."""
    page = asked(answer(200, {"tasks": [], "next_cursor": cursor}), lambda client: client.list_tasks(42))
    assert page.older_cursor == str(cursor)


@pytest.mark.parametrize(
    ("end", "older"),
    [({"next_cursor": ""}, None), ({}, None), ({"next_cursor": "x", "has_more": False}, None)],
)
def test_the_last_page_is_known(end: dict[str, Any], older: str | None) -> None:
    assert asked(answer(200, {"tasks": []} | end), lambda client: client.list_tasks(42)).older_cursor is older


def test_created_tasks_with_ids_and_indexes_as_text() -> None:
    """S126, S129."""
    errors = [{"index": "1", "field_name": None, "detail": "Bad"}]
    body = {"success_count": "1", "error_count": "1", "errors": errors, "task_ids": ["7"]}
    read = asked(answer(200, body), lambda client: client.create_tasks(42, [{}, {}]))
    assert (read.task_ids, read.errors[0].index, read.errors[0].message) == ([7], 1, "Bad")


def test_created_tasks_with_null_for_no_errors() -> None:
    body = {"success_count": 1, "error_count": 0, "errors": None, "task_ids": [7]}
    assert asked(answer(201, body), lambda client: client.create_tasks(42, [{}])).errors == []


def test_an_upload_link_on_a_third_host_is_handed_on() -> None:
    """S139: which hosts are accepted is a setting of the portal's, not the client's."""
    url = "https://bucket.s3.eu-central-1.amazonaws.com:443/a%20b.zip?X-Amz-Signature=abc%2F&x=1"
    body = {"upload_id": UPLOAD.upper(), "upload_url": url, "expires_at": "2026-03-30T14:00:00+02:00"}
    started = asked(answer(200, body), lambda client: client.start_upload(42, file_size_bytes=5))
    assert started.upload_url == url
    assert started.expires_at.hour == 12


@pytest.mark.parametrize("fault", [answer(202, text=""), answer(204, text=""), answer(200, {"ok": True})])
def test_a_confirm_needs_no_more_than_its_status(fault: Answer) -> None:
    """S10."""
    assert asked(fault, lambda client: client.confirm_upload(42, UPLOAD)) is None


@pytest.mark.parametrize("status", ["COMPLETED", "Completed"])
def test_an_upload_status_in_any_case(status: str) -> None:
    """S165."""
    body = {"status": status, "success_count": 1, "error_count": 0, "task_ids": [7]}
    assert asked(answer(200, body), lambda client: client.upload_status(42, UPLOAD)).is_over


def test_an_unknown_upload_status_is_not_the_end() -> None:
    read = asked(answer(200, {"status": "scanning"}), lambda client: client.upload_status(42, UPLOAD))
    assert (read.status, read.is_over) == ("scanning", False)


REFUSALS = {
    "detail": (answer(400, {"detail": "Bad filter"}), InvalidRequest, "Bad filter"),
    "detail of an authentication": (answer(401, {"detail": "Unauthorized"}), Unauthorized, "Unauthorized"),
    "error as an object": (answer(404, {"error": {"code": 1, "message": "Gone"}}), NotFound, "Gone"),
    "error as the only text": (answer(409, {"error": "Already confirmed"}), Conflict, "Already confirmed"),
    "no reason at all": (answer(409, {}), Conflict, "gave no reason, only the status 409"),
    "a reason as a bare text": (answer(422, "Wrong state"), ValidationFailed, "Wrong state"),
    "a gateway's page for too large a body": (answer(413, text="<h1>413</h1>"), PayloadTooLarge, "gateway"),
    "a gateway's page for an error": (answer(500, text="<h1>500</h1>"), ServerError, "gateway"),
}


@pytest.mark.parametrize(("fault", "kind", "reason"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusals_in_another_form_are_read(fault: Answer, kind: type[ApiError], reason: str) -> None:
    """S72 to S74."""
    result = asked(fault, lambda client: client.workflow(42))
    assert isinstance(result, kind)
    assert reason in result.message


def test_a_list_of_details_still_names_its_rows() -> None:
    """S134: as frameworks write a body that failed their own checks."""
    detail = [{"type": "missing", "loc": ["body", "tasks", 1, "fields"], "msg": "Field required"}]
    refused = asked(answer(422, {"detail": detail}), lambda client: client.create_tasks(42, [{}, {}]))
    assert refused.message == "tasks.1.fields: Field required"
    assert named_rows(refused) == [(1, "", "Field required")]


UNREADABLE = {
    "no fields": ({"workflow_id": 42}, "fields is missing"),
    "a field without a name": ({"fields": [{"title": "Text"}]}, "fields.0.name is missing"),
    "fields that are numbers": ({"fields": [1, 2]}, "fields.0 cannot be read"),
    "a wrapped answer": ({"data": {"fields": TWO}}, "fields is missing"),
    "null": (None, "there is no body"),
}


@pytest.mark.parametrize(("body", "told"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_has_no_plain_meaning_is_refused_by_name(body: Any, told: str) -> None:
    result = schema(body)
    assert isinstance(result, UnexpectedResponse)
    assert told in str(result)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (task(7) | {"id": "task_7"}, "id is no whole number"),
        ({"id": 7, "status": "pending"}, "node_summary is missing; created_at is missing; updated_at is missing"),
        ({"task": task(7)}, "id is missing; status is missing; node_summary is missing, and 2 more"),
    ],
)
def test_a_task_that_cannot_be_read_says_what_is_missing(body: Any, told: str) -> None:
    assert told in str(asked(answer(200, body), lambda client: client.task(42, 7)))


def test_an_address_that_is_not_routed_is_no_missing_task() -> None:
    """HTML with a 404 comes from a server that does not know the API: nothing is said about the upload."""
    result = asked(answer(404, text=HTML), lambda client: client.upload_status(42, UPLOAD))
    assert isinstance(result, UnexpectedResponse)
    assert "PIPELINES_API_URL may be wrong" in str(result)
    created = asked(answer(404, text=HTML), lambda client: client.create_tasks(42, [{}]))
    assert not created.maybe_processed
