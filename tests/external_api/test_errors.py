"""One shape for every error, whoever raises it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.external_api.answers import error_of
from tests.external_api.conftest import RunServer
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.server import Server

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
    ('{"tasks": [{"fields": {}}, {"fields": null}]}', "tasks.1.fields: "),
]


@pytest.mark.parametrize("body", BAD_JSON)
def test_bad_json_is_422(server: Server, tenant: Tenant, body: bytes) -> None:
    """S72, S74, S83: never a 500, whatever the bytes."""
    workflow = tenant.workflow()
    answer = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, data=body)
    status, code, message = error_of(answer)
    assert (status, code) == (422, "validation_error")
    assert message.startswith("body: ")
    assert not workflow.tasks.exists()


@pytest.mark.parametrize(("body", "start"), BAD_SHAPES)
def test_a_wrong_shape_is_422_and_says_where(server: Server, tenant: Tenant, body: str, start: str) -> None:
    """S72, S83, S124: loc and text."""
    status, code, message = error_of(server.post(f"/workflows/{tenant.workflow().pk}/tasks", key=tenant.key, data=body))
    assert (status, code) == (422, "validation_error")
    assert message.startswith(start)


def test_several_problems_are_joined(server: Server, tenant: Tenant) -> None:
    """S83: with semicolons; a long list is cut after twenty."""
    path = f"/workflows/{tenant.workflow().pk}/tasks"
    message = error_of(server.post(path, key=tenant.key, json={"tasks": [{}, 5, {}]}))[2]
    first, second, third = message.split("; ")
    assert (first, third) == ("tasks.0.fields: field required", "tasks.2.fields: field required")
    assert second.startswith("tasks.1: ")
    message = error_of(server.post(path, key=tenant.key, json={"tasks": [{}] * 5000}))[2]
    assert message.count("field required") == 20
    assert message.endswith("; … and 4980 more")


def test_the_shape_is_looked_at_before_the_workflow(server: Server, tenant: Tenant) -> None:
    """S79, S83: order of the checks."""
    missing = "/workflows/999999999/tasks"
    assert error_of(server.post(missing, key=tenant.key, json={"tasks": []}))[0] == 422
    assert error_of(server.post(missing, key=tenant.key, json={"tasks": [{"fields": {}}]}))[0] == 404
    assert error_of(server.get(f"{missing}?limit=0", key=tenant.key))[0] == 422


def test_the_key_is_looked_at_before_the_shape(server: Server) -> None:
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
def test_no_route_is_404(server: Server, tenant: Tenant, path: str) -> None:
    """S72, S73: 404 not_found, with and without a key."""
    for key in (None, tenant.key):
        assert error_of(server.get(path, key=key)) == (404, "not_found", "Not found")


@pytest.mark.parametrize("path", ["/api", "/nothing", "/favicon.ico", "/static/nothing.js"])
def test_no_route_elsewhere_is_404(server: Server, path: str) -> None:
    """S72: outside the API too."""
    answer = server.session.get(f"{server.url}{path}", headers={"Accept": "application/json"}, timeout=10)
    assert error_of(answer)[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", "GET"),
        ("DELETE", "/workflows/1", "GET"),
        ("PUT", "/workflows/1/schema", "GET"),
        ("PATCH", "/workflows/1/tasks", "GET, POST"),
        ("DELETE", "/workflows/1/tasks/1", "GET"),
        ("PUT", "/workflows/1/tasks/1", "GET"),
        ("POST", "/workflows/1/tasks/1", "GET"),
        ("OPTIONS", "/workflows/1/tasks", "GET, POST"),
        ("TRACE", "/workflows/1", "GET"),
        ("GET", f"/workflows/1/tasks/upload/{UPLOAD}/confirm", "POST"),
        ("DELETE", f"/workflows/1/tasks/upload/{UPLOAD}", "GET"),
    ],
)
def test_a_wrong_method_is_405(server: Server, method: str, path: str, allowed: str) -> None:
    """S12, S14, S72, S73: 405 api_error; nothing is edited or deleted."""
    answer = server.call(method, path)
    assert error_of(answer) == (405, "api_error", "Method Not Allowed")
    assert answer.headers["Allow"] == allowed


def test_head_has_no_body(server: Server) -> None:
    """S73: 405, and the connection stays in step."""
    assert server.call("HEAD", "/health").status_code == 405
    assert server.get("/health").json() == {"status": "ok"}


@pytest.fixture(scope="module")
def broken(run_server: RunServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose database has no tables."""
    empty: Path = tmp_path_factory.mktemp("database") / "empty.sqlite3"
    with run_server(EXTERNAL_API_DATABASE_URL=f"sqlite:///{empty}") as running:
        yield running


def test_a_failure_of_the_server_is_500(broken: Server, tenant: Tenant) -> None:
    """S73, S85: internal_server_error; the log has the reason, and not the key."""
    answer = broken.post("/workflows/1/tasks", key=tenant.key, data=json.dumps({"tasks": []}))
    assert error_of(answer) == (500, "internal_server_error", "Something went wrong on the server.")
    assert "no such table" in broken.output()
    assert tenant.key not in broken.output()


def test_health_needs_no_database(broken: Server) -> None:
    """S3: it is the program that is asked."""
    assert broken.get("/health").status_code == 200


def test_a_wrong_host_is_refused_in_the_same_shape(run_server: RunServer, tenant: Tenant) -> None:
    """S72: where the host matters, a foreign one is 400."""
    path = f"/workflows/{tenant.workflow(fields=[FILE_FIELD]).pk}"
    with run_server() as server:
        answer = server.post(f"{path}/tasks/upload", key=tenant.key, headers={"Host": "evil.example"})
    assert error_of(answer)[:2] == (400, "invalid_request")
