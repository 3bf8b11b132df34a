"""POST tasks."""

from typing import Any

import pytest
from requests import Response

from pipelines_portal.external_api.models import Membership, NodeInstance, Task, Workflow
from pipelines_portal.external_api.tasks.validation import LONGEST_MESSAGE
from tests.external_api.answers import error_of
from tests.external_api.factories import FILE_FIELD, TEXT_FIELD, Tenant
from tests.external_api.server import Api
from tests.samples import field

GOOD = {"input_text": "Hello world", "target_language": "French"}
NO_LANGUAGE = {"input_text": "Hello world"}


def create(server: Api, tenant: Tenant, workflow: Workflow, *rows: Any, query: str = "") -> Response:
    body = {"tasks": [{"fields": row} for row in rows]}
    return server.post(f"/workflows/{workflow.pk}/tasks{query}", key=tenant.key, json=body)


def test_a_task_is_created_with_its_nodes(server: Api, tenant: Tenant) -> None:
    """S6, S89, S124, S181, S182: the task can be read immediately."""
    workflow = tenant.workflow()
    answer = create(server, tenant, workflow, GOOD)
    (task_id,) = answer.json()["task_ids"]
    assert answer.status_code == 200
    assert answer.json() == {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [task_id]}
    read = server.get(f"/workflows/{workflow.pk}/tasks/{task_id}", key=tenant.key).json()
    assert read["status"] == "pending"
    assert read["node_summary"] == {"total": 2, "finished": 0, "in_progress": 1, "pending": 1}
    assert Task.objects.get(pk=task_id).fields == GOOD
    nodes = NodeInstance.objects.filter(task_id=task_id).order_by("position")
    assert list(nodes.values_list("name", "status")) == [("Translate", "available"), ("Review", "pending")]


def test_good_tasks_of_a_mixed_batch_are_created(server: Api, tenant: Tenant) -> None:
    """S125, S127, S128, S129, S130, S133: 200, with one entry for each problem."""
    workflow = tenant.workflow()
    answer = create(server, tenant, workflow, GOOD, NO_LANGUAGE, GOOD)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["success_count"], body["error_count"], len(body["task_ids"])) == (2, 1, 2)
    message = "Missing required columns: target_language"
    assert body["errors"] == [{"index": 1, "field_name": "target_language", "message": message}]
    assert list(workflow.tasks.order_by("pk").values_list("pk", flat=True)) == body["task_ids"]


def test_counts_add_up_and_a_task_can_have_several_errors(server: Api, tenant: Tenant) -> None:
    """S129, S131, S132: errors are sorted by the index of the task."""
    bad = {"Text": "Hello", "More": 1, "target_language": "Klingon"}
    body = create(server, tenant, tenant.workflow(), GOOD, bad, {}).json()
    assert (body["success_count"], body["error_count"]) == (1, 2)
    assert body["errors"] == [
        {"index": 1, "field_name": "Text", "message": "Unknown field: Text"},
        {"index": 1, "field_name": "More", "message": "Unknown field: More"},
        {"index": 1, "field_name": "input_text", "message": "Missing required columns: input_text"},
        {
            "index": 1,
            "field_name": "target_language",
            "message": "Invalid value for target_language: must be one of French, German, Spanish",
        },
        {"index": 2, "field_name": "input_text", "message": "Missing required columns: input_text, target_language"},
    ]


def test_a_row_with_countless_problems_names_the_first_ten(server: Api, tenant: Tenant) -> None:
    """S128, S131: the size of the response is limited."""
    bad = {f"unknown_{number}": 1 for number in range(300)}
    body = create(server, tenant, tenant.workflow(), GOOD, *[bad] * 50).json()
    assert (body["success_count"], body["error_count"], len(body["errors"])) == (1, 50, 50 * 11)
    rest = {"index": 1, "field_name": "", "message": "… and 291 more problems"}
    assert body["errors"][10] == rest


@pytest.mark.parametrize("element", [{}, 5, None, [], "x", {"fields": None}, {"fields": []}], ids=str)
def test_a_malformed_element_fails_the_request(server: Api, tenant: Tenant, element: Any) -> None:
    """S83, S133: the body is not the schema's, so nothing is created."""
    workflow = tenant.workflow()
    answer = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, json={"tasks": [{"fields": GOOD}, element]})
    status, code, message = error_of(answer)
    assert (status, code, message.partition(":")[0].startswith("tasks.1")) == (422, "validation_error", True)
    assert not workflow.tasks.exists()


def test_all_failed_is_422_and_names_the_rows(server: Api, tenant: Tenant) -> None:
    """S134, S135: the title of a field is not its name."""
    answer = create(server, tenant, tenant.workflow(), GOOD | {"Text to translate": "Hello"}, NO_LANGUAGE)
    assert error_of(answer) == (
        422,
        "validation_error",
        "All 2 tasks failed: tasks.0: Unknown field: Text to translate; "
        "tasks.1: Missing required columns: target_language",
    )
    assert answer.json()["errors"] == [
        {"index": 0, "field_name": "Text to translate", "message": "Unknown field: Text to translate"},
        {"index": 1, "field_name": "target_language", "message": "Missing required columns: target_language"},
    ]


def test_only_the_first_twenty_rows_are_named(server: Api, tenant: Tenant) -> None:
    """S134: the others are counted."""
    _, _, message = error_of(create(server, tenant, tenant.workflow(), *[NO_LANGUAGE] * 25))
    assert message.startswith("All 25 tasks failed: tasks.0: Missing")
    assert message.count("tasks.") == 20
    assert message.endswith("; … and 5 more")


@pytest.mark.parametrize(("status", "initial"), [("ACTIVE", "pending"), ("PAUSED", "paused")])
def test_open_workflows_accept_tasks(server: Api, tenant: Tenant, status: str, initial: str) -> None:
    """S114, S115: tasks of a PAUSED workflow are paused."""
    workflow = tenant.workflow(status=status)
    (task_id,) = create(server, tenant, workflow, GOOD).json()["task_ids"]
    assert server.get(f"/workflows/{workflow.pk}/tasks/{task_id}", key=tenant.key).json()["status"] == initial


@pytest.mark.parametrize("status", ["DRAFT", "COMPLETED", "ARCHIVED", "PENDING_ACTIVATION"])
def test_other_workflows_refuse_tasks(server: Api, tenant: Tenant, status: str) -> None:
    """S84, S116, S117, S118, S119, S120: 422 with the message of the reference."""
    answer = create(server, tenant, tenant.workflow(status=status), GOOD)
    assert error_of(answer) == (422, "validation_error", "Workflow must be ACTIVE or PAUSED to create tasks")


@pytest.mark.parametrize("fields", [[FILE_FIELD], [TEXT_FIELD, FILE_FIELD]])
def test_workflows_with_files_refuse_tasks(server: Api, tenant: Tenant, fields: list[dict[str, Any]]) -> None:
    """S122, S137: the message names the ZIP flow."""
    workflow = tenant.workflow(fields=fields)
    path = f"/workflows/{workflow.pk}/tasks/upload"
    expected = (422, "validation_error", f"Workflow has file_upload fields; create tasks with POST {path}")
    assert error_of(create(server, tenant, workflow, {"input_text": "Hello"})) == expected


def test_the_status_is_checked_before_files_and_rows(server: Api, tenant: Tenant) -> None:
    """S84, S120: order of the checks."""
    workflow = tenant.workflow(status="DRAFT", fields=[FILE_FIELD])
    assert error_of(create(server, tenant, workflow, {}))[2] == "Workflow must be ACTIVE or PAUSED to create tasks"


def test_a_workflow_without_fields_accepts_empty_tasks(server: Api, tenant: Tenant) -> None:
    """S124: no field is required."""
    assert create(server, tenant, tenant.workflow(fields=[], nodes=[]), {}, {}).json()["success_count"] == 2


def test_five_thousand_tasks_are_the_maximum(server: Api, tenant: Tenant) -> None:
    """S6, S67, S76, S83: one more is 422."""
    workflow = tenant.workflow()
    over = create(server, tenant, workflow, *[GOOD] * 5001)
    assert error_of(over) == (422, "validation_error", "tasks: ensure this value has at most 5000 items")
    assert not workflow.tasks.exists()
    answer = create(server, tenant, workflow, *[GOOD] * 5000)
    assert answer.json()["success_count"] == 5000
    assert len(set(answer.json()["task_ids"])) == workflow.tasks.count() == 5000
    assert NodeInstance.objects.filter(task__workflow=workflow).count() == 10_000


def test_an_empty_batch_is_refused(server: Api, tenant: Tenant) -> None:
    """S136: 422 with the minimum."""
    answer = create(server, tenant, tenant.workflow())
    assert error_of(answer) == (422, "validation_error", "tasks: ensure this value has at least 1 items")


def test_ids_follow_the_order_of_the_tasks_that_succeeded(server: Api, tenant: Tenant) -> None:
    """S133: task_ids has an entry for each good row."""
    rows = [{"input_text": str(n), "target_language": "French" if n % 3 else "?"} for n in range(30)]
    ids = create(server, tenant, tenant.workflow(), *rows).json()["task_ids"]
    texts = [Task.objects.get(pk=pk).fields["input_text"] for pk in ids]
    assert texts == [str(n) for n in range(30) if n % 3]


def test_the_creator_of_the_key_is_not_needed(server: Api, tenant: Tenant) -> None:
    """S50, S55, S56: creating tasks from JSON and reading them still works."""
    workflow = tenant.workflow()
    Membership.objects.filter(person=tenant.admin).delete()
    tenant.admin.delete()
    (task_id,) = create(server, tenant, workflow, GOOD).json()["task_ids"]
    for path in ("", f"/{task_id}"):
        assert server.get(f"/workflows/{workflow.pk}/tasks{path}", key=tenant.key).status_code == 200


@pytest.mark.parametrize("kind", ["select", "ranking"])
def test_an_answer_does_not_grow_with_the_options(server: Api, tenant: Tenant, kind: str) -> None:
    """Ten options are named, and every row is, but for texts beyond 2 MB."""
    options = [f"{number:04} {'option' * 30}" for number in range(1_000)]
    fields = [field(f"f{number}", kind, options=options) for number in range(12)]
    workflow = tenant.workflow(fields=fields)
    rows = [dict.fromkeys([one["name"] for one in fields], "x")] * 2_500
    answer = create(server, tenant, workflow, *rows, query="?dry_run=true")
    errors = answer.json()["errors"]
    assert answer.status_code == 422 and len(answer.content) < 2_500_000
    assert [error["index"] for error in errors] == sorted(error["index"] for error in errors)
    assert {error["index"] for error in errors} == set(range(2_500))
    assert {len(error["message"]) <= LONGEST_MESSAGE for error in errors} == {True}
    assert "0009 option" not in errors[0]["message"] and errors[0]["message"].endswith("…"), "500 signs"
    assert errors[-1]["message"] == "12 problems. Send fewer tasks at once to read about them."


def test_an_error_names_ten_options_and_columns(server: Api, tenant: Tenant) -> None:
    names = [f"n{number}" for number in range(13)]
    workflow = tenant.workflow(
        fields=[field("letter", "select", options=names), *(field(name, required=True) for name in names)]
    )
    [missing, wrong] = create(server, tenant, workflow, {"letter": "x"}).json()["errors"]
    assert missing["message"] == f"Missing required columns: {', '.join(names[:10])}, … and 3 more"
    assert wrong["message"] == f"Invalid value for letter: must be one of {', '.join(names[:10])}, … and 3 more"
