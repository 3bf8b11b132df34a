"""The shape of errors, whichever part of the server raises them."""

import json

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest

from pipelines_portal.external_api import idempotency
from pipelines_portal.external_api.http.errors import note_commit
from pipelines_portal.external_api.models import OrganizationKey
from tests.each_case import each_case
from tests.external_api.answers import error_of
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.server import Api
from tests.statements import before_statement

UPLOAD = "4d9a56ab-6bb7-4ffc-a6ac-6f7bb3a1e1c2"
BAD_JSON = [
    b"{",
    b"",
    b'{"tasks": [NaN]}',
    b'{"tasks": [Infinity]}',
    b'{"tasks": "\xff"}',
    b'{"tasks": [{"fields": {"input_text": "\\ud800"}}]}',
    b'{"tasks": [{"fields": {"input_text": "\\u0000"}}]}',
    b'{"tasks": [{"fields": {"input_text": 1e999}}]}',
    b'{"tasks": [{"fields": {"\\u0000": ["\\u0000"]}}]}',
    b'{"tasks": [{"fields": {"input_text": ' + b"9" * 5000 + b"}}]}",
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"tasks=1",
    "\ufeff{}".encode("utf-16"),
]
BAD_SHAPES = [
    ("null", "body: "),
    ("[]", "body: "),
    ("5", "body: "),
    ("{}", "tasks: field required"),
    ('{"tasks": null}', "tasks: "),
    ('{"tasks": {}}', "tasks: "),
    ('{"tasks": [5]}', "tasks.0: "),
    ('{"tasks": [{}]}', "tasks.0.fields: field required"),
    ('{"tasks": [{"fields": []}]}', "tasks.0.fields: "),
    ('{"tasks": [{"fields": []}, {"fields": null}]}', "tasks.0.fields: Input should be an object; tasks.1.fields: "),
]


@each_case("body", BAD_JSON)
def test_bad_json_is_422(server: Api, tenant: Tenant, body: bytes) -> None:
    """S72, S74, S83: the message is about the body."""
    workflow = tenant.workflow()
    answer = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, data=body)
    status, code, message = error_of(answer)
    assert (status, code) == (422, "validation_error")
    assert message.startswith("body: ")
    assert not workflow.tasks.exists()


@each_case(
    ("body", "reason"),
    [
        (b'{"tasks": [\n  {"fields": {"a": 1,}}\n]}', "trailing comma at line 2 column 22"),
        (b"{'tasks': []}", "key must be a string at line 1 column 2"),
        (b'{"tasks": [', "EOF while parsing a list at line 1 column 11"),
        (b"[" * 1000, "recursion limit exceeded at line 1 column 202"),
        (b'{"tasks": "\xe9"}', "invalid unicode code point at line 1 column 12"),
    ],
)
def test_invalid_json_is_told_where_and_why(server: Api, tenant: Tenant, body: bytes, reason: str) -> None:
    """S74, S83: a person can find the place in the body."""
    answer = server.post(f"/workflows/{tenant.workflow().pk}/tasks", key=tenant.key, data=body)
    message = error_of(answer)[2]
    assert message.startswith("body: the request body is not valid JSON: ")
    assert reason in message


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "multipart/form-data; boundary=x"}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}],
    ids=str,
)
def test_forms_with_files_and_compressed_bodies_are_415(server: Api, tenant: Tenant, headers: dict[str, str]) -> None:
    """S73: with the code of errors that have none of their own."""
    path = f"/workflows/{tenant.workflow().pk}/tasks"
    assert error_of(server.post(path, key=tenant.key, data=b"{}", headers=headers))[:2] == (415, "api_error")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "text/json; charset=x", ""]
)
def test_json_under_another_content_type_is_read(server: Api, tenant: Tenant, content_type: str) -> None:
    """S124: the reference requires no Content-Type."""
    body = json.dumps({"tasks": [{"fields": {"input_text": "a", "target_language": "French"}}]})
    headers = {"Content-Type": content_type, "Content-Encoding": "identity"}
    path = f"/workflows/{tenant.workflow().pk}/tasks"
    assert server.post(path, key=tenant.key, data=body, headers=headers).status_code == 200


def test_no_answer_may_be_stored_by_a_cache(server: Api, tenant: Tenant) -> None:
    """A cache that does not know X-API-Key could give it to another caller."""
    answers = [server.get("/health"), server.get(f"/workflows/{tenant.workflow().pk}", key=tenant.key)]
    answers += [server.get("/workflows/1"), server.get("/nothing"), server.post("/health")]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


@pytest.mark.parametrize(("body", "start"), BAD_SHAPES)
def test_a_wrong_shape_is_422_and_says_where(server: Api, tenant: Tenant, body: str, start: str) -> None:
    """S72, S83, S124: the message begins with the place."""
    status, code, message = error_of(server.post(f"/workflows/{tenant.workflow().pk}/tasks", key=tenant.key, data=body))
    assert (status, code) == (422, "validation_error")
    assert message.startswith(start)


def test_a_lost_database_is_503_until_the_commit(server: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """S83: 500 says that it is not certain whether the tasks were created."""
    workflow = tenant.workflow()

    def lose(*given: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    def lose_while_committing(request: HttpRequest) -> None:
        note_commit(request)
        lose()

    def create() -> tuple[int, str, str]:
        body = {"tasks": [{"fields": {"input_text": "a", "target_language": "French"}}]}
        return error_of(server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, json=body))

    for statement in ("SELECT", "INSERT"):
        with before_statement(statement, lose):
            assert create()[:2] == (503, "service_unavailable")
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "note_commit", lose_while_committing)
        status, code, message = create()
    assert (status, code) == (500, "internal_server_error")
    assert "not certain" in message
    assert not workflow.tasks.exists()


def test_several_problems_are_joined(server: Api, tenant: Tenant) -> None:
    """S83: with semicolons. A long list is cut after twenty."""
    path = f"/workflows/{tenant.workflow().pk}/tasks"
    message = error_of(server.post(path, key=tenant.key, json={"tasks": [{}, 5, {}]}))[2]
    first, second, third = message.split("; ")
    assert (first, third) == ("tasks.0.fields: field required", "tasks.2.fields: field required")
    assert second.startswith("tasks.1: ")
    message = error_of(server.post(path, key=tenant.key, json={"tasks": [{}] * 5000}))[2]
    assert message.count("field required") == 20
    assert message.endswith("; … and 4980 more")


def test_the_shape_is_checked_before_the_workflow(server: Api, tenant: Tenant) -> None:
    """S79, S83: order of the checks."""
    missing = "/workflows/999999999/tasks"
    assert error_of(server.post(missing, key=tenant.key, json={"tasks": []}))[0] == 422
    assert error_of(server.post(missing, key=tenant.key, json={"tasks": [{"fields": {}}]}))[0] == 404
    assert error_of(server.get(f"{missing}?limit=0", key=tenant.key))[0] == 422


def test_the_key_is_checked_before_the_shape(server: Api) -> None:
    """S18, S83: order of the checks."""
    assert error_of(server.post("/workflows/1/tasks", data=b"{"))[0] == 401
    assert error_of(server.get("/workflows/x"))[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/nothing",
        "/health/",
        "/workflows",
        "/workflows/",
        "/workflows/1/",
        "/workflows/1/tasks/1/nodes",
        "/a%00",
    ],
)
def test_an_unknown_path_is_404(server: Api, tenant: Tenant, path: str) -> None:
    """S72, S73: 404 not_found, with and without a key."""
    for key in (None, tenant.key):
        assert error_of(server.get(path, key=key)) == (404, "not_found", "Not found")


@pytest.mark.parametrize("path", ["/api", "/nothing", "/favicon.ico", "/static/nothing.js"])
def test_an_unknown_path_outside_the_api_is_404(server: Api, path: str) -> None:
    """S72: these errors have the same shape."""
    answer = server.session.get(f"{server.url}{path}", headers={"Accept": "application/json"}, timeout=10)
    assert error_of(answer)[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", "GET, HEAD"),
        ("DELETE", "/workflows/1", "GET, HEAD"),
        ("PUT", "/workflows/1/schema", "GET, HEAD"),
        ("PATCH", "/workflows/1/tasks", "GET, HEAD, POST"),
        ("DELETE", "/workflows/1/tasks/1", "GET, HEAD"),
        ("PUT", "/workflows/1/tasks/1", "GET, HEAD"),
        ("POST", "/workflows/1/tasks/1", "GET, HEAD"),
        ("OPTIONS", "/workflows/1/tasks", "GET, HEAD, POST"),
        ("TRACE", "/workflows/1", "GET, HEAD"),
        ("GET", f"/workflows/1/tasks/upload/{UPLOAD}/confirm", "POST"),
        ("PUT", f"/workflows/1/tasks/upload/{UPLOAD}", "DELETE, GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405(server: Api, method: str, path: str, allowed: str) -> None:
    """S12, S14, S72, S73: 405 api_error. Nothing can be edited or deleted."""
    answer = server.call(method, path)
    assert error_of(answer) == (405, "api_error", "Method Not Allowed")
    assert answer.headers["Allow"] == allowed


def test_head_answers_as_get_without_a_body(server: Api, tenant: Tenant) -> None:
    """S73: where GET is allowed. Programs that watch a service often send HEAD."""
    paths = ("/health", f"/workflows/{tenant.workflow().pk}", "/workflows/0")
    answers = [server.call("HEAD", path, key=tenant.key) for path in paths] + [server.call("HEAD", "/workflows/1")]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 401]
    assert {answer.content for answer in answers} == {b""}
    assert server.call("HEAD", f"/workflows/1/tasks/upload/{UPLOAD}/confirm").status_code == 405


@pytest.fixture
def broken(server: Api) -> Api:
    """The API over a database without the table of keys."""
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{OrganizationKey._meta.db_table}" RENAME TO "missing"')
    return server


def test_a_failure_of_the_server_is_500(tenant: Tenant, broken: Api, caplog: pytest.LogCaptureFixture) -> None:
    """S73, S85: internal_server_error. The log contains the reason, but not the key."""
    answer = broken.post("/workflows/1/tasks", key=tenant.key, data=json.dumps({"tasks": []}))
    assert error_of(answer) == (500, "internal_server_error", "Something went wrong on the server.")
    assert OrganizationKey._meta.db_table in caplog.text
    assert tenant.key not in caplog.text


def test_a_path_with_a_line_end_stays_on_its_line_of_the_log(
    server: Api, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    """S85: a caller cannot write a line of the log that looks like one of ours."""

    def fail() -> None:
        raise RuntimeError

    with before_statement("UPDATE external_api_organizationkey", fail):
        answer = server.get("/workflows/1%0AINFO+forged", key=tenant.key)
    assert error_of(answer)[0] == 500
    [line] = [one.getMessage() for one in caplog.records if one.name.startswith("pipelines_portal.external_api")]
    assert line == "Unexpected error in GET /api/v1/workflows/1%0AINFO+forged"


def test_health_needs_no_database(broken: Api) -> None:
    """S3: the health check is about the process alone."""
    assert broken.get("/health").status_code == 200


def test_a_wrong_host_is_refused_in_the_same_shape(server: Api, tenant: Tenant) -> None:
    """S72: 400 where the response would contain the host."""
    path = f"/workflows/{tenant.workflow(fields=[FILE_FIELD]).pk}"
    answer = server.post(f"{path}/tasks/upload", key=tenant.key, headers={"Host": "evil.example"})
    message = "This host name is not served: add it to ALLOWED_HOSTS"
    assert error_of(answer) == (400, "invalid_request", message)
