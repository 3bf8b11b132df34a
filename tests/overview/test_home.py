"""Home shows decisions, then counts, then workflows, and the first steps to a person without a workflow."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.overview.models import HomeVisit
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import WATCHED_FOR, WorkflowIndex
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import make_colleague, make_index, make_person, make_stranger, make_task, open_workflow, share_key
from tests.pages import queries_of, shown_time, text_of


def test_a_person_without_a_key_sees_the_first_steps(page: Any, settings: Any) -> None:
    settings.API_KEYS_URL = "https://keys.example/here"
    assert 'href="https://keys.example/here"' in page.get("/").content.decode()
    words = text_of(page.get("/"))
    assert "Welcome" in words and 'href="/keys/"' in words and "Open a workflow" in words


def test_the_next_step_with_a_key_is_to_open_a_workflow(page: Any, saved_key: Any) -> None:
    words = text_of(page.get("/"))
    assert "You may use “Acme”." in words and f'href="/keys/{saved_key.pk}/workflows/"' in words


def test_a_viewer_is_not_asked_to_add_a_key(client: Any, person: Any, static_root: None) -> None:
    person.role = "viewer"
    person.save()
    client.force_login(person)
    assert "must share it with you" in text_of(client.get("/"))


def test_opening_home_starts_the_scans_of_all_workflows(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    words = text_of(page.get("/"))
    assert "Counting the open tasks" in words and "not counted yet" in words and "Failed" not in words
    WorkflowIndex.objects.update(seen_at=timezone.now() - WATCHED_FOR)
    page.get("/")
    assert WorkflowIndex.objects.get(workflow=workflow).seen_at > timezone.now() - timedelta(minutes=1)


def test_each_number_has_the_time_at_which_it_was_read(page: Any, saved_key: SavedKey) -> None:
    """A sum has the earliest time of its parts, and a list that was cut shows a plus."""
    now = timezone.now()
    early, late = now - timedelta(minutes=15), now - timedelta(minutes=3)
    make_index(open_workflow(saved_key, 42), [make_task(1, "failed", now)], open_as_of=early, newest_as_of=late)
    index = make_index(open_workflow(saved_key, 43), [make_task(2, "failed", now)], open_as_of=late)
    index.status_counts.filter(status="failed").update(listed=1000, is_cut=True)
    words = re.sub(r"<[^>]+>", "", text_of(page.get("/")))
    assert re.search(rf"1,001\+\s+Failed\s+Updated {shown_time(early)}", words) and "As of" not in words
    lines = words.split("Not finished Today")[1]
    assert lines.count(f"Updated {shown_time(early)}") == 1 and lines.count(f"Updated {shown_time(late)}") == 2
    assert f"Updated {shown_time(late)}, finished {shown_time(early)}" in lines
    assert "1+ finished" not in lines and "old" not in words.split("Not finished Today")[0].split("Needs attention")[1]


def test_old_numbers_are_marked_as_old(page: Any, saved_key: SavedKey) -> None:
    """The progress of the late count is shown as well."""
    then = timezone.now() - timedelta(minutes=25)
    index = make_index(open_workflow(saved_key, name="Invoices"), [make_task(1, "pending", then)], open_as_of=then)
    words = re.sub(r"<[^>]+>", "", text_of(page.get("/")))
    assert "Some numbers are old" in words and f"Invoices: updated {shown_time(then)}" in words
    WorkflowIndex.objects.filter(pk=index.pk).update(open_counted=11_449)
    assert "Counting tasks: 11,449 so far" in text_of(page.get("/"))


def test_a_first_count_shows_its_progress(page: Any, saved_key: SavedKey) -> None:
    now = timezone.now()
    make_index(open_workflow(saved_key), [make_task(1, "pending", now), make_task(2, "failed", now)], open_as_of=None)
    words = text_of(page.get("/"))
    assert "Counting tasks: 2 so far" in words and "1 failed" not in words


def test_workflows_of_a_rejected_key_do_not_promise_updates(page: Any, client: Any, saved_key: SavedKey) -> None:
    """The sums leave out its numbers, because they are not updated."""
    workflow = open_workflow(saved_key)
    make_index(workflow, [make_task(1, "failed", timezone.now())])
    SavedKey.objects.update(rejected_at=timezone.now() - timedelta(seconds=9))
    share_key(saved_key, colleague := make_colleague())
    for user in (saved_key.owner, colleague):
        client.force_login(user)
        words = text_of(client.get("/"))
        assert f'href="/keys/{saved_key.pk}/">API key rejected</a>' in words and "s ago</time>" in words
        assert "Counting" not in words and "show=failed" not in words


def test_workflows_with_trouble_come_first(page: Any, saved_key: SavedKey) -> None:
    now = timezone.now()
    make_index(open_workflow(saved_key, 42, name="A quiet one"), [make_task(1, "pending", now)])
    make_index(
        open_workflow(saved_key, 43, name="Loud"),
        [make_task(2, "failed", now), make_task(3, "in_progress", now - timedelta(days=2))],
    )
    words = text_of(page.get("/")).split('id="workflows"')[1]
    assert words.index("Loud") < words.index("A quiet one")
    assert "Loud: 1 in progress, 1 failed" in words and "1 not moved for long" in words and "#stuck" in words


def test_tasks_that_changed_since_the_last_visit_are_new(page: Any, person: Any, saved_key: SavedKey) -> None:
    now = timezone.now()
    make_index(
        open_workflow(saved_key),
        [make_task(1, "failed", now - timedelta(hours=5)), make_task(2, "escalated", now - timedelta(hours=1))],
    )
    assert "<title>Home" in text_of(page.get("/")).replace("<title> ", "<title>")
    HomeVisit.objects.update(seen_at=now - timedelta(hours=2))
    for _ in range(2):
        words = text_of(page.get("/"))
        assert "1 new: Home" in words and "1 new, last" in words and "none new" in words
    assert words.count("new-mark") == 1
    HomeVisit.objects.update(seen_at=now)
    assert HomeVisit.objects.get(user=person).left_at is not None


def test_an_unconfirmed_submission_comes_first(page: Any, client: Any, person: Any, saved_key: SavedKey) -> None:
    """Only its sender and the owner of the key see it."""
    colleague = make_colleague()
    workflow = open_workflow(saved_key)
    share_key(workflow.key, colleague)
    sent = {"key": workflow.key, "workflow_id": 42, "workflow_name": "Invoices", "row_count": 38}
    Submission.objects.create(owner=colleague, status="unconfirmed", sent_at=timezone.now(), **sent)
    for user in (person, colleague):
        client.force_login(user)
        words = text_of(client.get("/"))
        assert "A submission waits for a decision" in words and "38 rows for Invoices" in words
        assert words.index("waits for a decision") < words.index('id="workflows"')
    other = make_person("third@acme.example")
    share_key(workflow.key, other)
    client.force_login(other)
    words = text_of(client.get("/"))
    assert "waits for a decision" not in words and "Counting the open tasks" in words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rejected_at": timezone.now()}, "Acme: rejected"),
        ({"expires_at": timezone.now() + timedelta(days=1, hours=12)}, "Acme: expires"),
        ({"encrypted_key": b"nonsense"}, "Acme: cannot be opened"),
    ],
)
def test_only_the_owner_of_a_key_is_asked_to_replace_it(
    page: Any, client: Any, person: Any, saved_key: SavedKey, values: dict[str, Any], words: str
) -> None:
    colleague = make_colleague()
    share_key(open_workflow(saved_key).key, colleague)
    SavedKey.objects.update(**values)
    assert words in text_of(page.get("/"))
    client.force_login(colleague)
    assert words not in text_of(client.get("/"))


def test_imports_that_wait_for_a_decision_are_listed(page: Any, saved_key: Any) -> None:

    open_workflow(saved_key)
    values = {
        "owner": saved_key.owner,
        "key": saved_key,
        "workflow_id": 42,
        "workflow_name": "Invoices",
        "size_bytes": 1,
    }
    ImportJob.objects.create(file_name="lost.csv", status=ImportJob.Status.UNCONFIRMED, **values)
    ImportJob.objects.create(file_name="begun.csv", status=ImportJob.Status.MATCHING, **values)
    ImportJob.objects.create(file_name="done.csv", status=ImportJob.Status.CHECKED, **values)
    words = text_of(page.get("/"))
    assert "The import lost.csv for Invoices stopped" in words and "The import begun.csv for Invoices waits" in words
    assert words.index("lost.csv") < words.index("begun.csv") and "done.csv" not in words


def test_a_stranger_sees_no_workflow(client: Any, saved_key: SavedKey) -> None:
    stranger = make_stranger()
    make_index(open_workflow(saved_key), [make_task(1, "failed", timezone.now())])
    client.force_login(stranger)
    words = text_of(client.get("/"))
    assert "Welcome" in words and "Workflow 42" not in words


def test_hidden_workflows_are_left_out(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key, 42, name="Hidden one")
    open_workflow(saved_key, 43, name="Shown one")
    page.post(f"/keys/{workflow.key_id}/workflows/42/mark/", {"mark": "hide"})
    words = text_of(page.get("/")).split('id="main"')[1]
    assert "Shown one" in words and "Hidden one" not in words


def test_the_number_of_queries_does_not_grow_with_workflows(page: Any, saved_key: SavedKey) -> None:
    make_index(open_workflow(saved_key, 1), [make_task(1, "failed", timezone.now())])
    few = queries_of(page, "/")
    for number in range(2, 15):
        make_index(open_workflow(saved_key, number), [make_task(number, "failed", timezone.now())])
    assert queries_of(page, "/") <= few + 1
    assert OpenedWorkflow.objects.count() == 14


def test_times_are_in_the_time_zone_of_the_person(page: Any, saved_key: SavedKey) -> None:
    make_index(open_workflow(saved_key), [make_task(1, "pending", timezone.now())])
    page.cookies["zone"] = "Asia/Kathmandu"
    there = timezone.now() + timedelta(hours=5, minutes=45)
    assert f"{there:%A} {there.day} {there:%B}" in text_of(page.get("/"))


def test_a_submission_of_many_rows_is_named_by_its_file(page: Any, person: Any, saved_key: SavedKey) -> None:
    of = {
        "owner": person,
        "key": open_workflow(saved_key).key,
        "workflow_id": 42,
        "workflow_name": "French translations",
    }
    sent = [Submission.objects.create(kind="zip", status="created", row_count=rows, **of) for rows in (3, 7)]
    ZipUpload.objects.create(submission=sent[0], file_name="photos.zip", size_bytes=1, task_count=3)
    words = text_of(page.get("/")).split('id="mine"')[1]
    assert "photos" in words and "3 rows" in words and "7 rows" in words and "None" not in words
