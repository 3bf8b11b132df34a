"""POST tasks with `dry_run`: everything is checked, and nothing is created."""

import pytest
from requests import Response

from pipelines_portal.external_api.models import IdempotentRequest, Task, Workflow
from tests.external_api.answers import error_of
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.server import Api

GOOD = {"input_text": "Hello world", "target_language": "French"}
BAD = {"input_text": "Hello world"}


def post(server: Api, tenant: Tenant, workflow: Workflow, query: str, *rows: object, **headers: str) -> Response:
    body = {"tasks": [{"fields": row} for row in rows]}
    return server.post(f"/workflows/{workflow.pk}/tasks{query}", key=tenant.key, json=body, headers=headers)


def test_a_dry_run_counts_as_the_real_one_would(server: Api, tenant: Tenant) -> None:
    workflow = tenant.workflow()
    answers = [post(server, tenant, workflow, query, GOOD, BAD, GOOD) for query in ("?dry_run=true", "")]
    dry, real = (answer.json() for answer in answers)
    assert (dry.pop("task_ids"), len(real.pop("task_ids"))) == ([], 2)
    assert dry == real | {"dry_run": True}
    assert workflow.tasks.count() == 2


def test_errors_are_those_of_the_real_one(server: Api, tenant: Tenant) -> None:
    workflow, closed, files = tenant.workflow(), tenant.workflow(status="DRAFT"), tenant.workflow(fields=[FILE_FIELD])
    for where, rows in ((workflow, [BAD, {}]), (closed, [GOOD]), (files, [GOOD]), (workflow, [])):
        dry, real = (post(server, tenant, where, query, *rows) for query in ("?dry_run=true", "?dry_run=false"))
        assert (dry.status_code, dry.json()) == (422, real.json())
    assert not Task.objects.exists()


@pytest.mark.parametrize("query", ["dry_run=", "dry_run=1", "dry_run=True", "dry_run=true&dry_run=false"])
def test_other_values_are_refused(server: Api, tenant: Tenant, query: str) -> None:
    """A value that was meant as true must not create tasks."""
    answer = post(server, tenant, tenant.workflow(), f"?{query}", GOOD)
    assert error_of(answer) == (400, "invalid_request", "Invalid dry_run. Valid values: true, false")
    assert not Task.objects.exists()


def test_a_dry_run_stores_no_key(server: Api, tenant: Tenant) -> None:
    workflow, key = tenant.workflow(), {"Idempotency-Key": "k"}
    for _ in range(2):
        dry = post(server, tenant, workflow, "?dry_run=true", GOOD, **key)
        assert dry.status_code == 200
        assert not {"Idempotency-Key", "Idempotent-Replayed"} & dry.headers.keys()
    assert not IdempotentRequest.objects.exists()
    assert len(post(server, tenant, workflow, "?dry_run=false", GOOD, **key).json()["task_ids"]) == 1


def with_more(server: Api, tenant: Tenant, workflow: Workflow, query: str) -> Response:
    body = {"tasks": [{"fields": GOOD, "external_id": "A-1"}, {"fields": GOOD, "external_id": "A-2"}], "dryRun": True}
    return server.post(f"/workflows/{workflow.pk}/tasks{query}", key=tenant.key, json=body)


def test_unknown_parameters_are_refused(server: Api, tenant: Tenant) -> None:
    answer = with_more(server, tenant, tenant.workflow(), "?dry_run=true&Dry_Run=true")
    names = "query.Dry_Run, dryRun, tasks.external_id"
    assert error_of(answer) == (
        422,
        "validation_error",
        f"Unknown parameters: {names}. Leave them out, or correct their names.",
    )


def test_the_real_one_names_what_it_ignored(server: Api, tenant: Tenant) -> None:
    workflow = tenant.workflow()
    body = with_more(server, tenant, workflow, "?dryrun=true").json()
    assert (body["success_count"], body["ignored_parameters"]) == (2, ["query.dryrun", "dryRun", "tasks.external_id"])
    more = {f"{number:03}{'n' * 300}": 1 for number in range(50)}
    body = server.post(
        f"/workflows/{workflow.pk}/tasks", key=tenant.key, json={"tasks": [{"fields": GOOD}]} | more
    ).json()
    assert [len(name) for name in body["ignored_parameters"]] == [100] * 10


def test_an_upload_names_it_too(server: Api, tenant: Tenant) -> None:
    path = f"/workflows/{tenant.workflow(fields=[FILE_FIELD]).pk}/tasks/upload"
    body = server.post(f"{path}?dry_run=true", key=tenant.key, json={"file_size": 7}).json()
    assert body["ignored_parameters"] == ["query.dry_run", "file_size"]
