"""POST upload: its request, its response, and how long its URL is valid."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines_portal.external_api.models import Membership, SentRows
from pipelines_portal.external_api.organizations.keys import create_key
from tests.each_case import each_case
from tests.external_api.factories import FILE_FIELD, TEXT_FIELD, Tenant, make_person, make_tenant
from tests.external_api.server import Api
from tests.external_api.uploads import CAPTIONED_FIELDS, Stack

MIB = 1024 * 1024
CLOCK = timedelta(seconds=30)


def upload_path(workflow: Any) -> str:
    return f"/workflows/{workflow.pk}/tasks/upload"


def lifetime(server: Api, tenant: Tenant, **body: Any) -> timedelta:
    """Return the time from the request to expires_at, which is rounded by a second at most."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    asked = datetime.now(UTC)
    answer = server.post(upload_path(workflow), key=tenant.key, json=body)
    assert answer.status_code == 202, answer.text
    return datetime.fromisoformat(answer.json()["expires_at"]) - asked


def test_the_answer_has_id_url_and_expiry(stack: Stack, tenant: Tenant) -> None:
    """S9, S90, S140, S141, S142: the response has these three keys."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    started = stack.start(tenant, workflow)
    assert set(started) == {"upload_id", "upload_url", "expires_at"}
    assert str(uuid.UUID(started["upload_id"])) == started["upload_id"]
    assert started["upload_url"].startswith(f"{stack.server.url}/storage/") and "/api/v1" not in started["upload_url"]
    assert datetime.strptime(started["expires_at"], "%Y-%m-%dT%H:%M:%SZ")
    assert stack.status(tenant, workflow, started) == {
        "upload_id": started["upload_id"], "status": "pending", "success_count": None, "error_count": None,
        "errors": None, "task_ids": None, "error_message": None, "ignored_count": None, "ignored_files": None,
    }  # fmt: skip


@pytest.mark.parametrize("body", [None, b"", b"{}", b"null", b'{"tasks": null, "file_size_bytes": null}'])
def test_with_only_file_fields_the_body_can_be_empty(server: Api, tenant: Tenant, body: bytes | None) -> None:
    """S138, S139, S149: tasks, size and the body itself are optional."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    answer = server.post(upload_path(workflow), key=tenant.key, data=body)
    assert answer.status_code == 202, answer.text
    assert not SentRows.objects.filter(pk=answer.json()["upload_id"]).exists()


def test_tasks_are_required_beside_other_fields(server: Api, tenant: Tenant) -> None:
    """S154: the message gives the reason."""
    workflow = tenant.workflow(fields=CAPTIONED_FIELDS)
    answer = server.post(upload_path(workflow), key=tenant.key, json={"file_size_bytes": 5})
    assert (answer.status_code, answer.json()) == (
        422,
        {
            "error": "validation_error",
            "message": "tasks: field required (the workflow has fields other than file uploads)",
        },
    )


@each_case(
    ("body", "message"),
    [
        ({"tasks": []}, "tasks: ensure this value has at least 1 items"),
        ({"tasks": [{"fields": {}}] * 5001}, "tasks: ensure this value has at most 5000 items"),
        ({"tasks": [{"fields": []}]}, "tasks.0.fields: "),
        ({"tasks": [{}]}, "tasks.0.fields: field required"),
        ({"tasks": "all"}, "tasks: "),
        ({"file_size_bytes": 0}, "file_size_bytes: "),
        ({"file_size_bytes": -1}, "file_size_bytes: "),
        ({"file_size_bytes": "many"}, "file_size_bytes: "),
        ({"file_size_bytes": 1.5}, "file_size_bytes: "),
        ({"file_size_bytes": True}, "file_size_bytes: "),
        ([], "body: "),
    ],
)
def test_the_shape_is_checked(server: Api, tenant: Tenant, body: Any, message: str) -> None:
    """S83, S138, S139: there are 1 to 5,000 tasks, and the size is at least 1."""
    workflow = tenant.workflow(fields=CAPTIONED_FIELDS)
    answer = server.post(upload_path(workflow), key=tenant.key, json=body)
    assert (answer.status_code, answer.json()["error"]) == (422, "validation_error")
    assert answer.json()["message"].startswith(message), answer.text


def test_values_are_not_checked_yet(server: Api, tenant: Tenant) -> None:
    """S138: the status endpoint reports problems of the rows."""
    workflow = tenant.workflow(fields=CAPTIONED_FIELDS)
    answer = server.post(upload_path(workflow), key=tenant.key, json={"tasks": [{"fields": {"no": "such"}}] * 5000})
    assert answer.status_code == 202


@pytest.mark.parametrize("size", [None, 1, 10 * MIB, 3600 * MIB])
def test_the_shortest_lifetime_is_an_hour(server: Api, tenant: Tenant, size: int | None) -> None:
    """S143, S145: it applies without a size and to small sizes."""
    lasts = lifetime(server, tenant, **({} if size is None else {"file_size_bytes": size}))
    assert timedelta(hours=1) - timedelta(seconds=1) <= lasts <= timedelta(hours=1) + CLOCK


@pytest.mark.parametrize("size", [12 * 3600 * MIB, 10**15])
def test_the_longest_lifetime_is_twelve_hours(server: Api, tenant: Tenant, settings: Any, size: int) -> None:
    """S146: it applies to any larger size."""
    settings.MAX_ARCHIVE_BYTES = settings.ORGANIZATION_STORAGE_BYTES = 10**15
    began = datetime.now(UTC)
    lasts = lifetime(server, tenant, file_size_bytes=size)
    assert timedelta(hours=12) - CLOCK <= lasts <= timedelta(hours=12) + (datetime.now(UTC) - began)


@pytest.mark.parametrize("size", [5 * 1024**3 + 1, 10**30])
def test_an_announced_size_above_the_limit_is_refused(server: Api, tenant: Tenant, size: int) -> None:
    """S139: before the archive is sent."""
    answer = server.post(
        upload_path(tenant.workflow(fields=[FILE_FIELD])), key=tenant.key, json={"file_size_bytes": size}
    )
    assert (answer.status_code, answer.json()["error"]) == (422, "validation_error")
    assert answer.json()["message"] == "file_size_bytes: an archive may have at most 5368709120 bytes"


def test_larger_archives_have_more_time(server: Api, tenant: Tenant, settings: Any) -> None:
    """S144: one second for each MiB."""
    settings.MAX_ARCHIVE_BYTES = settings.ORGANIZATION_STORAGE_BYTES = 10**15
    hours = [1, 2, 3, 6, 11, 12, 13]
    lasts = [lifetime(server, tenant, file_size_bytes=hour * 3600 * MIB) for hour in hours]
    assert all(later >= sooner - CLOCK for sooner, later in zip(lasts, lasts[1:], strict=False))
    assert abs(lasts[2] - timedelta(hours=3)) < CLOCK


def test_a_workflow_without_file_fields_refuses_uploads(server: Api, tenant: Tenant) -> None:
    """S137: the message names the other endpoint, and so does that of the other endpoint."""
    workflow = tenant.workflow()
    answer = server.post(upload_path(workflow), key=tenant.key, json={"tasks": [{"fields": {}}]})
    expected = f"Workflow has no file_upload fields; create tasks with POST /workflows/{workflow.pk}/tasks"
    assert (answer.status_code, answer.json()["message"]) == (422, expected)
    files = tenant.workflow(fields=[FILE_FIELD])
    answer = server.post(f"/workflows/{files.pk}/tasks", key=tenant.key, json={"tasks": [{"fields": {}}]})
    assert (answer.status_code, "/tasks/upload" in answer.json()["message"]) == (422, True)


@pytest.mark.parametrize("status", ["DRAFT", "PENDING_ACTIVATION", "COMPLETED", "ARCHIVED"])
def test_the_workflow_must_be_open(server: Api, tenant: Tenant, status: str) -> None:
    """S84, S120: this is checked before the fields of the workflow."""
    workflow = tenant.workflow(status=status, fields=[TEXT_FIELD])
    answer = server.post(upload_path(workflow), key=tenant.key)
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "Workflow must be ACTIVE or PAUSED to create tasks",
    )


def test_the_key_of_a_removed_creator_is_refused(stack: Stack, tenant: Tenant) -> None:
    """S51, S52, S53, S54, S56: for uploads, before the status of the workflow is checked. A new key helps."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    started = stack.start(tenant, workflow)
    Membership.objects.filter(person=tenant.admin).delete()
    server = stack.server
    answers = [
        server.post(stack.path(workflow), key=tenant.key),
        server.post(stack.path(workflow, started["upload_id"], "/confirm"), key=tenant.key),
        server.get(stack.path(workflow, started["upload_id"]), key=tenant.key),
        server.post(stack.path(tenant.workflow(status="DRAFT")), key=tenant.key),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert {answer.json()["message"] for answer in answers} == {
        "The user who created this API key is no longer a member of the organization"
    }
    assert server.get(f"/workflows/{workflow.pk}/tasks", key=tenant.key).status_code == 200
    new_key = make_key_of_new_admin(tenant)
    assert server.get(stack.path(workflow, started["upload_id"]), key=new_key).json()["status"] == "pending"
    assert server.post(stack.path(workflow), key=new_key).status_code == 202


def make_key_of_new_admin(tenant: Tenant) -> str:
    return create_key(tenant.organization, "new", "none", make_person("admin", tenant.organization))[1]


def test_a_deactivated_or_deleted_creator_counts_as_removed(server: Api, tenant: Tenant) -> None:
    """S51: 422 in both cases."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    tenant.admin.is_active = False
    tenant.admin.save()
    assert server.post(upload_path(workflow), key=tenant.key).status_code == 422
    tenant.admin.delete()
    assert server.post(upload_path(workflow), key=tenant.key).status_code == 422


def test_other_uploads_are_404(stack: Stack, tenant: Tenant) -> None:
    """S81, S20: those of other organizations and workflows, and unknown and malformed ids."""
    workflow, sibling = (tenant.workflow(fields=[FILE_FIELD]) for _ in range(2))
    stranger = make_tenant()
    foreign_workflow = stranger.workflow(fields=[FILE_FIELD])
    started = stack.start(tenant, workflow)
    known = started["upload_id"]
    attempts = [
        (tenant.key, stack.path(sibling, known)),
        (stranger.key, stack.path(foreign_workflow, known)),
        (stranger.key, stack.path(workflow, known)),
        (tenant.key, stack.path(workflow, str(uuid.uuid4()))),
        *((tenant.key, stack.path(workflow, bad)) for bad in ("7", "not-a-uuid", known[:-1], known + "0", "%00")),
    ]
    for key, path in attempts:
        for answer in (stack.server.get(path, key=key), stack.server.post(path + "/confirm", key=key)):
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found"), path
