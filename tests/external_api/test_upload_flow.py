"""The ZIP flow from the start of an upload to its last status."""

import pytest

from pipelines_portal.external_api.models import SentRows, Task
from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.uploads import BACK_FIELD, CAPTIONED_FIELDS, FRONT_FIELD, Stack

pytestmark = pytest.mark.usefixtures("worker")
MISSING_DOG = {"index": 2, "field_name": "photo", "message": "File not found in ZIP: images/dog.jpg"}


def test_each_top_level_file_becomes_a_task(stack: Stack, tenant: Tenant) -> None:
    """S9, S10, S11, S91, S149, S150, S151, S157, S165, S167: with one file field and no rows."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    state = stack.process(tenant, workflow, archives.flat_files())
    assert (state["status"], state["success_count"], state["error_count"]) == ("completed", 3, 0)
    assert (state["errors"], state["error_message"]) == ([], None)
    paths = [Task.objects.get(pk=pk).fields["photo"]["path"] for pk in state["task_ids"]]
    assert paths == ["bird.png", "cat.png", "dog.png"]
    listed = stack.server.get(f"/workflows/{workflow.pk}/tasks", key=tenant.key).json()["tasks"]
    assert [task["id"] for task in listed] == state["task_ids"][::-1]


def test_each_top_level_folder_becomes_a_task(stack: Stack, tenant: Tenant) -> None:
    """S152, S153: with several file fields, the name of a file decides its field."""
    workflow = tenant.workflow(fields=[FRONT_FIELD, BACK_FIELD])
    state = stack.process(tenant, workflow, archives.one_folder_a_task())
    assert (state["status"], state["success_count"]) == ("completed", 2)
    fields = [Task.objects.get(pk=pk).fields for pk in state["task_ids"]]
    assert [{name: value["path"] for name, value in values.items()} for values in fields] == [
        {"front": "a/front.png", "back": "a/back.png"},
        {"front": "b/front.jpg", "back": "b/back.jpg"},
    ]


def test_rows_name_their_files(stack: Stack, tenant: Tenant) -> None:
    """S138, S165, S167: good rows make tasks, the others make errors with their index."""
    workflow = tenant.workflow(fields=CAPTIONED_FIELDS)
    rows = [
        {"photo": "images/cat.png", "target_language": "French"},
        {"photo": "./images/dog.png", "target_language": "Klingon"},
        {"photo": "images/dog.jpg", "target_language": "German"},
        {"photo": "images", "target_language": "German", "colour": "red"},
        {"photo": "images/dog.png", "target_language": "Spanish"},
    ]
    state = stack.process(tenant, workflow, archives.mixed_folders(), tasks=[{"fields": row} for row in rows])
    assert (state["status"], state["success_count"], state["error_count"]) == ("completed", 2, 3)
    assert MISSING_DOG in state["errors"]
    assert [(error["index"], error["message"].split(":")[0]) for error in state["errors"]] == [
        (1, "Invalid value for target_language"),
        (2, "File not found in ZIP"),
        (3, "Unknown field"),
        (3, "File not found in ZIP"),
    ]
    tasks = [Task.objects.get(pk=pk).fields for pk in state["task_ids"]]
    assert [task["target_language"] for task in tasks] == ["French", "Spanish"]
    assert not SentRows.objects.filter(pk=state["upload_id"]).exists(), "they are not needed any more"


def test_completed_without_a_single_success(stack: Stack, tenant: Tenant) -> None:
    """S167: completed means that the rows were processed, not that tasks were created."""
    workflow = tenant.workflow(fields=CAPTIONED_FIELDS)
    rows = [{"fields": {"photo": "nowhere.png", "target_language": "French"}}]
    state = stack.process(tenant, workflow, archives.flat_files(), tasks=rows)
    assert (state["status"], state["success_count"], state["error_count"]) == ("completed", 0, 1)
    assert state["task_ids"] == []


def test_a_row_with_countless_problems_names_the_first_ten(stack: Stack, tenant: Tenant) -> None:
    """S167: the size of the response is limited."""
    workflow = tenant.workflow(fields=CAPTIONED_FIELDS)
    row = {"fields": {f"unknown_{number}": 1 for number in range(300)}}
    state = stack.process(tenant, workflow, archives.flat_files(), tasks=[row] * 200)
    assert (state["status"], state["error_count"], len(state["errors"])) == ("completed", 200, 200 * 11)
    assert state["errors"][0]["message"] == "Unknown field: unknown_0"
    assert state["errors"][10]["message"] == "… and 291 more problems"


def test_tasks_of_a_paused_workflow_are_paused(stack: Stack, tenant: Tenant) -> None:
    """S115: a PAUSED workflow accepts archives too."""
    workflow = tenant.workflow(fields=[FILE_FIELD], status="PAUSED")
    state = stack.process(tenant, workflow, archives.flat_files())
    task = stack.server.get(f"/workflows/{workflow.pk}/tasks/{state['task_ids'][0]}", key=tenant.key).json()
    assert task["status"] == "paused"
    assert task["node_summary"]["total"] == 2


def test_an_archive_without_files_fails(stack: Stack, tenant: Tenant) -> None:
    """S150, S165: the list of tasks stays empty."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    state = stack.process(tenant, workflow, archives.only_junk())
    assert (state["status"], state["success_count"], state["errors"]) == ("failed", 0, [])
    assert state["error_message"] == "The archive holds no files to make tasks of."
    assert stack.server.get(f"/workflows/{workflow.pk}/tasks", key=tenant.key).json()["tasks"] == []


def test_more_than_five_thousand_files_fail(stack: Stack, tenant: Tenant) -> None:
    """S150: the limit of rows is also a limit of files."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    state = stack.process(tenant, workflow, archives.five_thousand_and_one_files())
    assert state["error_message"] == "The archive makes 5,001 tasks; at most 5,000 are allowed."


def test_files_that_no_row_names_are_listed(stack: Stack, tenant: Tenant) -> None:
    """S167: up to a hundred, without system files."""
    workflow = tenant.workflow(fields=CAPTIONED_FIELDS)
    names = ["cat.png", "b/dog.png", "bird.png", ".DS_Store", "desktop.ini", *(f"{n:03}.png" for n in range(150))]
    tasks = [{"fields": {"photo": path, "target_language": "French"}} for path in ("cat.png", "B/dog.png")]
    state = stack.process(tenant, workflow, archives.files(*names), tasks=tasks)
    assert (state["success_count"], state["ignored_count"]) == (1, 152)
    assert state["ignored_files"] == [f"{n:03}.png" for n in range(100)]
    assert state["errors"] == [
        {"index": 1, "field_name": "photo", "message": "File not found in ZIP: B/dog.png"},
        {"index": 1, "field_name": "photo", "message": "A file in the ZIP differs only in case or slashes: b/dog.png"},
    ]


def test_a_white_picture_is_no_bomb(stack: Stack, tenant: Tenant) -> None:
    """S165: 25 MB out of 25 kB are fine, as long as all files together are not large."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    state = stack.process(tenant, workflow, archives.archive([("white.bmp", b"BM" + b"\xff" * 25_000_000)]))
    assert (state["status"], state["success_count"]) == ("completed", 1)
