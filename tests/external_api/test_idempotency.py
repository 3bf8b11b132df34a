"""Requests with an Idempotency-Key: carried out once, and answered again."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from requests import Response

from pipelines_portal.external_api import idempotency
from pipelines_portal.external_api.models import IdempotentRequest, Membership, Task, Upload, Workflow
from pipelines_portal.external_api.tasks import create, validation
from pipelines_portal.external_api.uploads import endpoints
from tests import archives
from tests.external_api.answers import error_of
from tests.external_api.factories import FILE_FIELD, Tenant, make_tenant
from tests.external_api.server import Api
from tests.external_api.threads import in_threads
from tests.external_api.uploads import Stack, change

GOOD = {"input_text": "Hello world", "target_language": "French"}
BAD = {"input_text": "Hello world"}


def post(
    server: Api, tenant: Tenant, workflow: Workflow, *rows: Any, key: str = "k-1", path: str = "/tasks"
) -> Response:
    body = {"tasks": [{"fields": row} for row in rows or [GOOD]]}
    headers = {"Idempotency-Key": key}
    return server.post(f"/workflows/{workflow.pk}{path}", key=tenant.key, json=body, headers=headers)


def start(stack: Stack, tenant: Tenant, workflow: Workflow, key: str = "k-1", **body: Any) -> Response:
    return stack.server.post(stack.path(workflow), key=tenant.key, json=body, headers={"Idempotency-Key": key})


def is_replayed(answer: Response) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


def test_the_second_request_gets_the_first_answer(server: Api, tenant: Tenant) -> None:
    """Partial success is kept, whatever happened to the workflow since."""
    workflow = tenant.workflow()
    first = post(server, tenant, workflow, GOOD, BAD, GOOD)
    assert (first.status_code, first.json()["success_count"], is_replayed(first)) == (200, 2, False)
    Workflow.objects.filter(pk=workflow.pk).update(status="ARCHIVED", fields=[])
    second = post(server, tenant, workflow, GOOD, BAD, GOOD)
    assert (second.status_code, second.content, is_replayed(second)) == (200, first.content, True)
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert workflow.tasks.count() == 2


def test_another_request_with_the_key_is_refused(server: Api, tenant: Tenant) -> None:
    workflow, other = tenant.workflow(), tenant.workflow()
    post(server, tenant, workflow)
    refused = [post(server, tenant, workflow, GOOD, GOOD), post(server, tenant, other)]
    refused.append(post(server, tenant, workflow, path="/tasks/upload"))
    told = {(answer.status_code, answer.json()["error"], answer.json()["reason"]) for answer in refused}
    assert told == {(422, "validation_error", "idempotency_key_reused")}
    words = [error_of(answer)[2].partition("another ")[2] for answer in refused]
    assert [each.partition(".")[0] for each in words] == ["body", "path", "path"]
    assert Task.objects.count() == 1


def test_bodies_are_compared_byte_by_byte(server: Api, tenant: Tenant) -> None:
    path = f"/workflows/{tenant.workflow(fields=[]).pk}/tasks"
    headers = {"Idempotency-Key": "k"}
    bodies = (b'{"tasks": [{"fields": {}}]}', b'{"tasks":[{"fields":{}}]}')
    assert [server.post(path, key=tenant.key, data=body, headers=headers).status_code for body in bodies] == [200, 422]


def test_organizations_do_not_share_keys(server: Api, tenant: Tenant) -> None:
    other = make_tenant()
    answers = [post(server, one, one.workflow()) for one in (tenant, other)]
    assert [(answer.status_code, is_replayed(answer)) for answer in answers] == [(200, False)] * 2


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "ключ".encode(), "tab\there"])
def test_a_malformed_key_is_refused(server: Api, tenant: Tenant, key: Any) -> None:
    workflow = tenant.workflow()
    for path in ("/tasks", "/tasks?dry_run=true"):
        answer = post(server, tenant, workflow, key=key, path=path)
        assert error_of(answer) == (
            400,
            "invalid_request",
            "Idempotency-Key must have 1 to 255 visible ASCII characters, without spaces.",
        )
        assert "Idempotency-Key" not in answer.headers
    assert not Task.objects.exists()
    assert post(server, tenant, workflow, key="~" * 255).status_code == 200


def test_errors_are_not_kept(server: Api, tenant: Tenant) -> None:
    """The same request may succeed later."""
    workflow = tenant.workflow(status="DRAFT")
    assert post(server, tenant, workflow).status_code == 422
    Workflow.objects.filter(pk=workflow.pk).update(status="ACTIVE")
    assert post(server, tenant, workflow, BAD).status_code == 422
    missing = server.post(
        "/workflows/99999999/tasks",
        key=tenant.key,
        json={"tasks": [{"fields": {}}]},
        headers={"Idempotency-Key": "k-1"},
    )
    assert (missing.status_code, IdempotentRequest.objects.count()) == (404, 0)
    answer = post(server, tenant, workflow)
    assert (answer.status_code, is_replayed(answer)) == (200, False)


def test_what_breaks_off_keeps_neither_tasks_nor_key(
    server: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = tenant.workflow()

    def fail(*args: Any, **more: Any) -> None:
        assert Task.objects.count() == IdempotentRequest.objects.count() == 1
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(idempotency.Claim, "store", fail)
        assert post(server, tenant, workflow).status_code == 500
    assert not Task.objects.exists() and not IdempotentRequest.objects.exists()
    assert not is_replayed(post(server, tenant, workflow))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/openapi.json", 200), ("POST", "/workflows/1/tasks", 401), ("POST", "/workflows/1/tasks/upload", 401),
        ("POST", "/workflows/1/tasks/upload/x/confirm", 401),
    ],
)  # fmt: skip
def test_answers_echo_the_key_where_it_is_honoured(server: Api, method: str, path: str, status: int) -> None:
    answer = server.call(method, path, headers={"Idempotency-Key": "a!~"})
    assert (answer.status_code, answer.headers["Idempotency-Key"]) == (status, "a!~")
    assert "Idempotency-Key" not in server.call(method, path).headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200), ("GET", "/nowhere", 404), ("DELETE", "/health", 405), ("GET", "/workflows/1", 401),
        ("GET", "/workflows/1/tasks", 401), ("DELETE", "/workflows/1/tasks/upload/x", 401),
        ("POST", "/workflows/1/tasks?dry_run=true", 401),
    ],
)  # fmt: skip
def test_no_other_answer_echoes_it(server: Api, method: str, path: str, status: int) -> None:
    answer = server.call(method, path, headers={"Idempotency-Key": "a!~"})
    assert answer.status_code == status and "Idempotency-Key" not in answer.headers


def test_without_a_key_nothing_is_stored(server: Api, tenant: Tenant) -> None:
    workflow = tenant.workflow()
    body = {"tasks": [{"fields": GOOD}]}
    path = f"/workflows/{workflow.pk}/tasks"
    with CaptureQueriesContext(connection) as queries:
        assert server.post(path, key=tenant.key, json=body).status_code == 200
    assert not [query["sql"] for query in queries if "idempotent" in query["sql"]]


def test_answers_are_kept_for_seven_days(server: Api, tenant: Tenant) -> None:
    for number, days in enumerate((6, 8)):
        post(server, tenant, tenant.workflow(), key=f"k-{number}")
        IdempotentRequest.objects.filter(key=f"k-{number}").update(created_at=timezone.now() - timedelta(days=days))
    assert idempotency.delete_old_answers() == 1
    assert IdempotentRequest.objects.get().key == "k-0"


def test_an_upload_gets_a_new_link_while_it_is_pending(stack: Stack, tenant: Tenant) -> None:
    workflow = tenant.workflow(fields=[FILE_FIELD])
    first = start(stack, tenant, workflow, file_size_bytes=1000)
    change(first.json(), expires_at=timezone.now() - timedelta(minutes=1))
    Workflow.objects.filter(pk=workflow.pk).update(status="ARCHIVED")
    second = start(stack, tenant, workflow, file_size_bytes=1000)
    assert (second.status_code, is_replayed(first), is_replayed(second)) == (202, False, True)
    assert second.json()["upload_id"] == first.json()["upload_id"]
    assert Upload.objects.get().expires_at > timezone.now() + timedelta(minutes=59)
    assert stack.put(second.json(), archives.flat_files()).status_code == 200
    assert start(stack, tenant, workflow).json()["reason"] == "idempotency_key_reused"
    Membership.objects.filter(person=tenant.admin).delete()
    assert error_of(start(stack, tenant, workflow, file_size_bytes=1000))[0] == 422


@pytest.mark.parametrize("status", ["processing", "completed", "cancelled"])
def test_an_upload_that_went_on_has_no_new_link(stack: Stack, tenant: Tenant, status: str) -> None:
    workflow = tenant.workflow(fields=[FILE_FIELD])
    started = start(stack, tenant, workflow).json()
    change(started, status=status)
    answer = start(stack, tenant, workflow)
    assert error_of(answer) == (409, "api_error", "Upload has already been confirmed or is no longer pending")
    assert "Retry-After" not in answer.headers
    assert answer.json()["upload_id"] == started["upload_id"], "the first answer may have been lost"


def test_a_confirm_is_answered_again(stack: Stack, tenant: Tenant, worker: None) -> None:
    workflow = tenant.workflow(fields=[FILE_FIELD])
    started = start(stack, tenant, workflow).json()
    stack.put(started, archives.flat_files())
    path = f"{stack.path(workflow)}/{started['upload_id']}/confirm"
    headers = {"Idempotency-Key": "confirm-1"}
    first = stack.server.post(path, key=tenant.key, headers=headers)
    Workflow.objects.filter(pk=workflow.pk).update(status="ARCHIVED")
    second = stack.server.post(path, key=tenant.key, headers=headers)
    assert (first.status_code, second.status_code, second.content) == (202, 202, first.content)
    assert (is_replayed(first), is_replayed(second)) == (False, True)
    assert stack.server.post(path, key=tenant.key).status_code == 409


def test_a_confirm_that_came_between_is_answered_again(
    stack: Stack, tenant: Tenant, worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one ends after the second has looked for its key, and before it looks at the upload."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    started = start(stack, tenant, workflow).json()
    stack.put(started, archives.flat_files())
    path, headers = f"{stack.path(workflow)}/{started['upload_id']}/confirm", {"Idempotency-Key": "confirm-1"}
    first = stack.server.post(path, key=tenant.key, headers=headers)
    looked: list[Any] = []

    def look(request: Any) -> Any:
        looked.append(request)
        return None if len(looked) == 1 else idempotency.first_request(request)

    monkeypatch.setattr(endpoints, "first_request", look)
    second = stack.server.post(path, key=tenant.key, headers=headers)
    assert (second.status_code, second.content, is_replayed(second)) == (202, first.content, True)


def test_nothing_is_written_before_the_last_task_was_checked(
    server: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else SQLite's only writer would wait for the checks of 5,000 tasks."""
    workflow, done = tenant.workflow(), list[str]()
    check = validation.check_row

    def checked(*given: Any) -> Any:
        done.append("check")
        return check(*given)

    monkeypatch.setattr(create, "check_row", checked)

    def note(run: Any, sql: str, *more: Any) -> Any:
        if not sql.startswith("SELECT"):
            done.append(sql.split()[0])
        return run(sql, *more)

    with connection.execute_wrapper(note):
        assert post(server, tenant, workflow, GOOD, BAD, GOOD).status_code == 200
    written = done[: done.index("check")]
    assert done.count("check") == 3 and not {"INSERT", "BEGIN", "SAVEPOINT"} & {*written}
    assert "INSERT" in done and done.index("INSERT") > len(done) - 1 - done[::-1].index("check")


def test_a_refused_start_keeps_no_key(stack: Stack, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines_portal.external_api.uploads.links.MOST_OPEN_UPLOADS", 1)
    workflow = tenant.workflow(fields=[FILE_FIELD])
    first = start(stack, tenant, workflow, "a").json()
    assert start(stack, tenant, workflow, "b").status_code == 429
    change(first, status="cancelled")
    answer = start(stack, tenant, workflow, "b")
    assert (answer.status_code, is_replayed(answer)) == (202, False)


@pytest.fixture
def slow_insert(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """An event that the first insert of tasks waits for."""
    go, insert, waited = threading.Event(), create._insert, []

    def wait(*args: Any) -> None:
        if not waited:
            waited.append(True)
            assert go.wait(20)
        insert(*args)

    monkeypatch.setattr(create, "_insert", wait)
    return go


@pytest.mark.django_db(transaction=True)
def test_a_request_waits_for_the_first_one(server: Api, slow_insert: threading.Event) -> None:
    tenant = make_tenant()
    workflow = tenant.workflow()

    def release() -> None:
        time.sleep(1)
        slow_insert.set()

    *answers, _ = in_threads(*[lambda: post(server, tenant, workflow)] * 4, release)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(map(is_replayed, answers)) == [False, True, True, True]
    assert workflow.tasks.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_request_does_not_wait_for_ever(
    server: Api, slow_insert: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 1)
    tenant = make_tenant()
    workflow = tenant.workflow()

    def second() -> Response:
        time.sleep(0.5)
        try:
            return post(server, tenant, workflow)
        finally:
            slow_insert.set()

    first, refused = in_threads(lambda: post(server, tenant, workflow), second)
    assert (error_of(refused)[:2], refused.json()["reason"]) == ((409, "api_error"), "idempotency_key_in_use")
    assert (refused.headers["Retry-After"], refused.headers["Idempotency-Key"]) == ("1", "k-1")
    again = post(server, tenant, workflow)
    assert (again.content, is_replayed(again)) == (first.content, True)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_request_that_waited_acts_if_the_first_one_failed(
    server: Api, slow_insert: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant()
    workflow = tenant.workflow()
    store, stored = idempotency.Claim.store, []

    def fail_once(*args: Any, **more: Any) -> None:
        stored.append(True)
        if len(stored) == 1:
            raise RuntimeError("killed")
        store(*args, **more)

    monkeypatch.setattr(idempotency.Claim, "store", fail_once)

    def second() -> Response:
        time.sleep(0.5)
        threading.Timer(0.5, slow_insert.set).start()
        return post(server, tenant, workflow)

    first, acted = in_threads(lambda: post(server, tenant, workflow), second)
    assert (first.status_code, acted.status_code, is_replayed(acted)) == (500, 200, False)
    assert workflow.tasks.count() == 1
