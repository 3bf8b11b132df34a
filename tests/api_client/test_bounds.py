"""Values of responses are limited: a value that is too large is refused, and texts are cleaned."""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines_portal.api_client import (
    ApiError,
    BeyondLimit,
    Field,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    RetryPolicy,
    Task,
    Transport,
    UnexpectedResponse,
)
from tests.client_calls import create_rows
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
    "create": lambda client: create_rows(client, 42, [{"a": "b"}]),
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
    ("workflow", {"id": 42, "name": "x"}, "status is missing"),
    ("schema", {"fields": [{"name": "\ud800"}]}, "fields.0.name is too long, or holds characters"),
    ("schema", {"fields": [{"name": "n" * 201}]}, "fields.0.name is too long, or holds characters"),
    ("schema", {"fields": [{"name": "a"}, {"name": "a"}]}, "fields contains a value twice"),
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


OWN_LIMITS = {
    "fields": [{"name": f"f{n}"} for n in range(501)],
    "options": [{"name": "a", "options": list(map(str, range(5001)))}],
    "options in all": [{"name": name, "options": list(map(str, range(2600)))} for name in "ab"],
}


@pytest.mark.parametrize(("what", "fields"), OWN_LIMITS.items(), ids=OWN_LIMITS.keys())
def test_a_limit_of_the_portal_is_named_as_its_own(what: str, fields: list[Any]) -> None:
    result = result_of("schema", answer(200, {"fields": fields}))
    most = "500 fields" if what == "fields" else "5,000 options"
    assert isinstance(result, BeyondLimit)
    assert str(result) == f"This workflow has more than {most}, the most the portal shows."


HINTS: dict[str, tuple[Any, str | None, list[str]]] = {
    "texts": (["French", "German"], None, ["French", "German"]),
    "texts, some of which no form can send": (["French", "", "\ud800"], None, ["French"]),
    "numbers": ([1, 5], "[1, 5]", []),
    "an object": ({"low": 1}, '{"low": 1}', []),
    "a number": (5, "5", []),
    "nothing": ([], "[]", []),
    "bars": ("Must be one of: French | German", "Must be one of: French | German", ["French", "German"]),
    "semicolons": ("One of: Paris, TX; Rome", "One of: Paris, TX; Rome", ["Paris, TX", "Rome"]),
    "lines": ("ONE OF:\r\nFrench\n\nGerman\n", "ONE OF:\r\nFrench\n\nGerman\n", ["French", "German"]),
    "bars alone": ("French|German", "French|German", ["French", "German"]),
    "a sentence": ("Choose the language", "Choose the language", []),
}


@pytest.mark.parametrize(("hint", "text", "choices"), HINTS.values(), ids=HINTS.keys())
def test_a_hint_may_be_any_json(hint: Any, text: str | None, choices: list[str]) -> None:
    """The reference does not say that it is a text."""
    (field,) = result_of("schema", answer(200, {"fields": [{"name": "a", "format_hint": hint}]})).fields
    assert (field.format_hint, field.choices) == (text, choices)


def test_a_hint_does_not_replace_the_options() -> None:
    described = {"name": "a", "options": ["French"], "format_hint": ["German"]}
    assert result_of("schema", answer(200, {"fields": [described]})).fields[0].choices == ["French"]


NULLS = {
    "workflow": ({"id": None, "name": None, "status": "active"}, {"id": None, "name": "", "status": "ACTIVE"}),
    "schema": (
        {
            "fields": [{"name": "a", "title": None, "type": None, "format_hint": None, "required": None}],
            "has_file_upload_fields": None, "has_only_file_upload_fields": None,
        },
        {
            "fields": [Field(name="a").model_dump()],
            "has_file_upload_fields": False, "has_only_file_upload_fields": False,
        },
    ),
    "create": (
        {"success_count": 1, "error_count": 0, "errors": None, "task_ids": [7]},
        {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [7]},
    ),
    "list": (
        {"tasks": [task(7, finished=None)], "next_cursor": None, "has_more": None, "unreadable_ids": None},
        {"tasks": [Task.model_validate(task(7, finished=0)).model_dump()], "next_cursor": None},
    ),
    "last page": ({"tasks": [], "next_cursor": ""}, {"tasks": [], "next_cursor": None}),
}  # fmt: skip


@pytest.mark.parametrize(("call", "body", "expected"), [(call, *both) for call, both in NULLS.items()])
def test_null_is_as_good_as_missing(call: str, body: Any, expected: dict[str, Any]) -> None:
    result = result_of("list" if call == "last page" else call, answer(200, body))
    assert not isinstance(result, PipelinesError), result
    assert expected.items() <= result.model_dump().items()


def test_the_case_of_a_type_is_ignored() -> None:
    (field,) = result_of("schema", answer(200, {"fields": [{"name": "a", "type": " SELECT "}]})).fields
    assert field.type == "select"


UNREADABLE = {
    "without a node summary": ({"node_summary": None}, 8),
    "without a time": ({"updated_at": None}, 8),
    "a time without an offset": ({"created_at": "2026-03-30T12:00:00"}, 8),
    "an ID that is no number": ({"id": "eight"}, None),
}


@pytest.mark.parametrize(("values", "named"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_task_does_not_take_the_page_away(values: dict[str, Any], named: int | None) -> None:
    body = {"tasks": [task(9), task(8) | values, task(7)], "next_cursor": "abc", "has_more": True}
    with faulty_api(answer(200, body)) as api:
        client = PipelinesClient(Transport(api.url, timeout=5), KEY, ONCE)
        page = client.list_tasks(42, skip_unreadable=True)
        with pytest.raises(UnexpectedResponse, match=r"tasks\.1"):
            client.list_tasks(42)
    assert ([one.id for one in page.tasks], page.unreadable_ids, page.count) == ([9, 7], [named], 3)
    assert page.older_cursor == "abc"


def test_a_page_of_unreadable_tasks_is_refused() -> None:
    with faulty_api(answer(200, {"tasks": [{"id": 8}, {"id": 7}]})) as api, pytest.raises(UnexpectedResponse):
        PipelinesClient(Transport(api.url, timeout=5), KEY, ONCE).list_tasks(42, skip_unreadable=True)


TARGETS = {
    "https://api.example.com/v1/workflows?key=s3cret#part": "https://api.example.com/v1/workflows",
    "/sign-in/?next=s3cret": "http://127.0.0.1:PORT/sign-in/",
    "https://me:s3cret@api.example.com/": "an unreadable address",
    "https://[": "an unreadable address",
    "javascript:s3cret": "an unreadable address",
    "": "http://127.0.0.1:PORT/api/v1/workflows/42",
    "https://api.example.com/" + "x" * 500: "https://api.example.com/" + "x" * 176,
    "https://api.example.com/a\u00e4\tb": "https://api.example.com/a??b",
}


@pytest.mark.parametrize(("location", "target"), TARGETS.items(), ids=range(len(TARGETS)))
def test_a_redirect_names_its_target(location: str, target: str, caplog: pytest.LogCaptureFixture) -> None:
    with faulty_api(answer(301, text="", Location=location)) as api, pytest.raises(UnexpectedResponse) as failure:
        PipelinesClient(Transport(api.url, timeout=5), KEY, ONCE).workflow(42)
    assert str(failure.value) == "Pipelines answered with a redirect."
    target = target.replace("PORT", api.url.split(":")[2].split("/")[0])
    assert failure.value.detail == f"Pipelines redirects to {target}."
    assert failure.value.detail in caplog.text and "s3cret" not in caplog.text


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_of_a_firewall_is_named_with_its_status(status: int) -> None:
    assert f"(status {status})" in str(result_of("workflow", answer(status, text="<h1>Blocked</h1>")))
