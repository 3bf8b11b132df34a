"""Mutes and mistakes: who ends them, and which counts leave them out."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.audit.models import Event
from pipelines_portal.task_index.counts import (
    build_counts,
    counts_and_known,
    open_counts,
    progress_of,
    status_counts,
)
from pipelines_portal.task_index.models import (
    LISTED,
    IndexedTask,
    NoteState,
    Scan,
    StatusCount,
    TaskNote,
    WorkflowIndex,
)
from pipelines_portal.task_index.reads import (
    count_stuck,
    days_of,
    new_and_stuck,
    oldest_open,
)
from pipelines_portal.task_index.recording import mark_gone, record_tasks
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import make_index, make_task, open_workflow

from .conftest import Watched
from .scanning import check_counts_match, scan_again, scan_due

MUTED, MISTAKE = NoteState.MUTED, NoteState.MISTAKE


def states(workflow: Any) -> dict[int, str]:
    """Return the states of the workflow's notes. The index has and counts the same."""
    notes = dict(TaskNote.objects.filter(workflow=workflow).values_list("task_id", "state"))
    indexed = IndexedTask.objects.filter(index__workflow=workflow, note_state__isnull=False)
    assert dict(indexed.values_list("task_id", "note_state")) == notes
    listed = Counter(indexed.filter(LISTED).values_list("status", "note_state"))
    for row in StatusCount.objects.filter(index__workflow=workflow):
        assert (row.muted, row.mistakes) == (listed[row.status, "muted"], listed[row.status, "mistake"])
    return notes


def attention(workflow: Any) -> int:
    counts = open_counts(workflow)
    assert counts is not None
    return counts.attention


def test_a_mute_ends_with_the_next_change_of_the_status(watched: Watched, person: Any) -> None:
    first, second = watched.create(2)
    watched.move([first, second], "failed")
    scan_due()
    TaskNote.objects.mute(watched.workflow, {first: "failed"}, "asked Ana", person)
    assert states(watched.workflow) == {first: "muted"} and attention(watched.workflow) == 1
    scan_again(Scan.Kind.LISTS)
    assert states(watched.workflow) == {first: "muted"} and attention(watched.workflow) == 1
    watched.move([first], "escalated")
    scan_again(Scan.Kind.LISTS)
    assert states(watched.workflow) == {} and attention(watched.workflow) == 2
    check_counts_match(watched.index)


def test_a_muted_task_that_left_its_list_is_not_subtracted(watched: Watched, person: Any) -> None:
    """Until it is read, nobody knows its status: the number must not become too small."""
    ids = watched.create(4)
    watched.move(ids, "failed")
    scan_due()
    TaskNote.objects.mute(watched.workflow, dict.fromkeys(ids[:3], "failed"), "asked Ana", person)
    assert attention(watched.workflow) == 1
    watched.move(ids[:3], "pending")
    Scan.objects.filter(kind=Scan.Kind.LISTS).update(due_at=timezone.now())
    scan_due(1)
    assert attention(watched.workflow) == 1 and len(states(watched.workflow)) == 3
    scan_due()
    assert attention(watched.workflow) == 1 and states(watched.workflow) == {}


def test_a_task_that_is_gone_is_not_muted(watched: Watched, person: Any) -> None:
    (task_id,) = watched.create()
    watched.move([task_id], "failed")
    scan_due()
    TaskNote.objects.mute(watched.workflow, {task_id: "failed"}, "asked Ana", person)
    mark_gone(watched.index, task_id, timezone.now())
    assert states(watched.workflow) == {}


def test_a_response_that_was_requested_before_the_mute_does_not_end_it(saved_key: Any, person: Any) -> None:
    """The page may know more than the index: the index read the task before it failed."""
    now = timezone.now()
    index = make_index(open_workflow(saved_key), [make_task(1, "in_progress", now)])
    before = timezone.now()
    TaskNote.objects.mute(index.workflow, {1: "failed"}, "asked Ana", person)
    record_tasks(index, [make_task(1, "in_progress", now, 1)], before)
    assert index.tasks.get().updated_at == now + timedelta(hours=1)
    assert states(index.workflow) == {1: "muted"}
    record_tasks(index, [make_task(1, "failed", now, 2)], timezone.now())
    assert states(index.workflow) == {1: "muted"}
    record_tasks(index, [make_task(1, "in_progress", now, 3)], timezone.now() - timedelta(hours=1))
    assert states(index.workflow) == {1: "muted"}
    record_tasks(index, [make_task(1, "in_progress", now, 3)], timezone.now())
    assert states(index.workflow) == {}


def test_what_was_read_after_the_page_is_believed(saved_key: Any, person: Any) -> None:
    now = timezone.now()
    index = make_index(open_workflow(saved_key), [make_task(1, "finished", now), make_task(2, "failed", now)])
    page = {1: "failed", 2: "failed", 3: "failed"}
    seen_at = now - timedelta(hours=1)
    assert TaskNote.objects.mute(index.workflow, page, "asked Ana", person, seen_at=seen_at) == [2, 3]
    assert TaskNote.objects.mute(index.workflow, page, "asked Ana", person, seen_at=timezone.now()) == [1, 2, 3]


@pytest.mark.parametrize("status", ["finished", "paused", "unheard-of", ""])
def test_a_task_that_needs_no_attention_cannot_be_muted(saved_key: Any, person: Any, status: str) -> None:
    workflow = open_workflow(saved_key)
    assert TaskNote.objects.mute(workflow, {1: status}, "asked Ana", person) == []
    assert not TaskNote.objects.exists() and not Event.objects.exists()


def test_a_mistake_stays_a_mistake(saved_key: Any, person: Any) -> None:
    now = timezone.now()
    index = make_index(open_workflow(saved_key), [make_task(1, "failed", now)])
    TaskNote.objects.mute(index.workflow, {1: "failed"}, "asked Ana", person)
    TaskNote.objects.mark_as_mistakes(index.workflow, [1], "twice", person)
    assert TaskNote.objects.mute(index.workflow, {1: "failed"}, "asked Ben", person) == []
    TaskNote.objects.mark_as_mistakes(index.workflow, [1], "", person)
    record_tasks(index, [make_task(1, "finished", now, 1)], timezone.now())
    assert states(index.workflow) == {1: "mistake"} and TaskNote.objects.get().text == "twice"
    assert TaskNote.objects.clear(index.workflow, [1], MUTED, person) == []
    assert TaskNote.objects.clear(index.workflow, [1], MISTAKE, person) == [1]
    assert states(index.workflow) == {}
    verbs = ["tasks-muted", "mistakes-marked", "mistakes-cleared"]
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == verbs
    assert Event.objects.get(verb="tasks-muted").detail == {"tasks": [1], "note": "asked Ana"}


def test_the_same_mute_twice_is_one_event(saved_key: Any, person: Any) -> None:
    workflow = open_workflow(saved_key)
    for note in ("asked Ana", "asked Ana", "asked\0 Ben"):
        assert TaskNote.objects.mute(workflow, {1: "failed"}, note, person) == [1]
    assert Event.objects.count() == 2 and TaskNote.objects.get().text == "asked\ufffd Ben"


def test_notes_survive_the_index(saved_key: Any, person: Any) -> None:
    """A rebuilt index reads the tasks again, and ends the mutes of those whose status has changed."""
    now = timezone.now()
    index = make_index(open_workflow(saved_key), [make_task(number, "failed", now) for number in (1, 2, 3)])
    workflow = index.workflow
    TaskNote.objects.mute(workflow, {1: "failed", 2: "failed"}, "asked Ana", person)
    TaskNote.objects.mark_as_mistakes(workflow, [3], "", person)
    index.rebuild()
    WorkflowIndex.objects.delete_retired()
    record_tasks(
        WorkflowIndex.objects.get(), [make_task(1, "failed", now), make_task(2, "pending", now, 1)], timezone.now()
    )
    assert TaskNote.objects.count() == 2
    new = WorkflowIndex.objects.get()
    assert new.has_notes
    record_tasks(new, [make_task(3, "finished", now, 1)], timezone.now())
    assert states(workflow) == {1: "muted", 3: "mistake"}
    check_counts_match(new)


def test_notes_are_left_out_of_counts_and_lists(saved_key: Any, person: Any) -> None:
    """The same as if mistakes did not exist, and as if muted tasks needed no attention."""
    now = timezone.now()
    old = now - timedelta(days=3)
    tasks = [make_task(number, "escalated", old) for number in (1, 2, 3)]
    tasks += [make_task(4, "pending", old), make_task(5, "failed", now), make_task(6, "finished", now, 1)]
    index = make_index(open_workflow(saved_key), tasks)
    other = make_index(open_workflow(saved_key, 43), tasks)
    TaskNote.objects.mark_as_mistakes(index.workflow, [1, 4, 6], "", person)
    TaskNote.objects.mute(index.workflow, {2: "escalated", 5: "failed"}, "asked Ana", person)
    counts = open_counts(index.workflow)
    assert counts is not None and counts == build_counts(counts.as_of, status_counts(index))
    assert counts.by_status == {"escalated": 2, "failed": 1} and counts.total == 3
    assert counts.attention == 1 and counts.without_muted("escalated") == 1 and counts.without_muted("failed") == 0
    assert count_stuck(index, now) == 1
    both = {index.workflow_id: index, other.workflow_id: other}
    counted = [(both[pk], each) for pk, each in counts_and_known(OpenedWorkflow.objects.all())[0].items()]
    assert new_and_stuck(counted, old - timedelta(days=1), now) == {index.pk: (1, 0), other.pk: (4, 1)}
    assert new_and_stuck(counted, None, now) == {index.pk: (0, 0), other.pk: (0, 1)}
    oldest = oldest_open(index, counts)
    assert oldest is not None and oldest.task_id == 2
    days = days_of([index, other], 5, now)
    assert sum(day.created or 0 for day in days[index.pk]) == 3
    assert sum(day.created or 0 for day in days[other.pk]) == 6
    progress = progress_of(index, now, index.tasks.values("task_id"))
    assert progress.by_status == {"escalated": 2, "failed": 1} and progress.mistakes == 3
    check_counts_match(index)
    TaskNote.objects.clear(index.workflow, [1, 4, 6], MISTAKE, person)
    TaskNote.objects.clear(index.workflow, [2, 5], MUTED, person)
    check_counts_match(index)
    counts = open_counts(index.workflow)
    assert counts is not None and counts.by_status == {"pending": 1, "escalated": 3, "failed": 1} and not counts.muted
    assert sum(day.created or 0 for day in days_of([index], 5, now)[index.pk]) == 6


def test_a_mistake_that_changes_stays_out_of_the_counts(watched: Watched, person: Any) -> None:
    ids = watched.create(3)
    scan_due()
    TaskNote.objects.mark_as_mistakes(watched.workflow, ids[:1], "", person)
    watched.move(ids[:2], "finished")
    scan_again(Scan.Kind.LISTS)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"pending": 1}
    days = days_of([watched.index], 2, timezone.now())[watched.index.pk]
    assert sum(day.created or 0 for day in days) == 2 and watched.index.durations_count == 1
    check_counts_match(watched.index)
