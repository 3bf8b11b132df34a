"""The worker makes groups after a count: which task is in which one, and what changes them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines_portal.api_client import NodeSummary, Task
from pipelines_portal.attention import grouping
from pipelines_portal.attention.grouping import group_next, make_groups
from pipelines_portal.attention.models import Grouping, GroupTask, ProblemGroup
from pipelines_portal.attention.words import title_of
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.retention import drop_old_values
from pipelines_portal.task_index.models import IndexedTask, NoteState, TaskNote, WorkflowIndex
from pipelines_portal.task_index.recording import mark_suspects
from tests.factories import make_index, make_task, open_workflow

from .conftest import FRENCH, GERMAN, Office, days_later, in_a_week


def members() -> dict[int, list[int]]:
    """Return the tasks of each group that has some."""
    groups: dict[int, list[int]] = {}
    for group, task_id in GroupTask.objects.order_by("task_id").values_list("group", "task_id"):
        groups.setdefault(group, []).append(task_id)
    return groups


def test_groups_are_made_after_a_count_and_only_then(office: Office) -> None:
    office.finish()
    task_ids = office.fail(10)
    index = WorkflowIndex.objects.start(office.desk.workflow)
    assert not group_next(), "nothing was counted yet"
    office.count()
    assert group_next() and not group_next()
    group = office.group()
    assert members() == {group.pk: task_ids} and group.task_count == group.total == 10
    assert title_of(group, may_see=True) == "Failed after step 1 of 5, target_language is French"
    office.move(task_ids[:5], "finished", 5)
    assert not group_next()
    index.update(open_as_of=timezone.now())
    assert group_next()


def test_unchanged_tasks_are_not_grouped_again_within_a_day(
    office: Office, french: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made_at = Grouping.objects.get().made_at
    found: list[Any] = []
    plan = grouping._plan
    monkeypatch.setattr(grouping, "_plan", lambda *args: found.append(1) or plan(*args))
    office.work()
    assert not found and Grouping.objects.get().made_at == made_at
    days_later(monkeypatch, 1.1)
    office.work()
    assert found and Grouping.objects.get().made_at > made_at


def test_a_task_leaves_its_one_group_with_its_status(office: Office, french: list[int]) -> None:
    group = office.group()
    office.move(french[:3], "escalated")
    office.move(french[3:4], "finished", 5)
    office.work()
    group.refresh_from_db()
    assert members()[group.pk] == french[4:] and group.task_count == 6
    assert sorted(task for tasks in members().values() for task in tasks) == sorted(french[:3] + french[4:])


def test_mistakes_replaced_and_muted_tasks_are_in_no_group(office: Office, french: list[int]) -> None:
    workflow, person = office.desk.workflow, office.desk.person
    TaskNote.objects.mark_as_mistakes(workflow, french[:1], "", person)
    TaskNote.objects.mark_replaced(workflow, {french[1]: 999}, person)
    TaskNote.objects.mute(workflow, {french[2]: "failed"}, "", person)
    office.work()
    assert members() == {office.group().pk: french[3:]}


def test_stuck_tasks_are_grouped_apart(office: Office, french: list[int]) -> None:
    waiting = office.send(10, FRENCH)
    office.move(waiting, "in_progress", 1, hours_ago=30)
    office.work()
    stuck = office.group(status="in_progress")
    assert members() == {office.group(status="failed").pk: french, stuck.pk: waiting}
    assert stuck.is_stuck and title_of(stuck, True).startswith("Waiting at step 2 of 5")


def test_what_is_alone_becomes_one_line(office: Office) -> None:
    office.finish()
    first, second = office.fail(1, GERMAN) + office.fail(1, FRENCH, finished=3)
    office.work()
    group = office.group()
    assert group.is_single and title_of(group, True) == "2 single tasks"
    office.move([second], "finished", 5)
    office.work()
    assert title_of(office.group(), True) == "1 single task" and members() == {group.pk: [first]}


def test_a_single_task_with_another_status_is_muted_with_it(office: Office) -> None:
    """A mute holds for the status that the task has now."""
    [task_id] = office.fail(1)
    office.work()
    office.move([task_id], "escalated")
    office.work()
    group = office.group()
    assert group.mute(office.desk.person, until=in_a_week())
    assert TaskNote.objects.get().status == "escalated"


def test_the_same_group_is_found_again_with_what_people_did(office: Office, french: list[int]) -> None:
    group, person = office.group(), office.desk.person
    group.give_to(person, person)
    group.add_note("Asked Ana", person)
    french += office.fail(4)
    office.move(french[:3], "finished", 5)
    office.work()
    again = office.group()
    assert (again.pk, again.owner, again.task_count, again.total) == (group.pk, person, 11, 14)
    assert [(event.kind, event.count) for event in again.events.all()][0] == ("more", 4)


def test_a_group_that_people_changed_outlives_its_tasks(office: Office, french: list[int]) -> None:
    group, person = office.group(), office.desk.person
    group.add_note("Asked Ana", person)
    office.move(french, "finished", 5)
    office.work()
    assert office.open_ones == [] and office.group().task_count == 0
    again = office.fail(10)
    office.work()
    back = office.group()
    assert back.pk == group.pk and back.came_back_at and members() == {back.pk: again}


def test_a_group_that_nobody_changed_stays_a_day_without_tasks(
    office: Office, french: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a page that is still open, and a note that is being written, are not lost."""
    office.move(french, "finished", 5)
    office.work()
    assert office.open_ones == [] and office.group().task_count == 0
    office.fail(10)
    office.work()
    assert office.group().came_back_at is None, "it was never done or muted"
    office.move(list(office.api.tasks), "finished", 5)
    office.work()
    days_later(monkeypatch, 1.1)
    office.work()
    assert not ProblemGroup.objects.exists()


def test_a_closed_group_that_is_deleted_meanwhile_stays_deleted(
    office: Office, french: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    office.group().finish(office.desk.person)
    index, plan = office.count(), grouping._plan

    def interrupted(*args: Any) -> Any:
        planned = plan(*args)
        ProblemGroup.objects.all().delete()
        return planned

    monkeypatch.setattr(grouping, "_plan", interrupted)
    make_groups(index)
    assert not ProblemGroup.objects.exists()


def test_a_worker_that_was_overtaken_writes_nothing(
    office: Office, french: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = office.count()
    office.fail(3)
    index = office.count()
    plan = grouping._plan

    def overtaken(*args: Any) -> Any:
        monkeypatch.setattr(grouping, "_plan", plan)
        make_groups(index)
        office.group().give_to(office.desk.person, office.desk.person)
        monkeypatch.setattr(grouping, "_write", lambda *args: pytest.fail("wrote"))
        return plan(*args)

    monkeypatch.setattr(grouping, "_plan", overtaken)
    make_groups(index)
    assert office.group().owner == office.desk.person and office.group().task_count == 13


def test_a_mute_ends_at_its_time_although_no_task_changed(
    office: Office, french: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = office.group()
    assert group.mute(office.desk.person, until=timezone.now() + timedelta(hours=2))
    office.work()
    office.work()
    assert office.group().state == "muted" and office.count().status_counts.get(status="failed").muted == 10
    days_later(monkeypatch, 0.1)
    office.work()
    group = office.group()
    assert group.state == "open" and group.came_back_at and group.task_count == 10
    assert not TaskNote.objects.exists()


def test_new_tasks_of_a_muted_group_are_muted_too(office: Office, french: list[int]) -> None:
    office.group().mute(office.desk.person, until=in_a_week(), note="Vendor knows")
    new = office.fail(3)
    office.work()
    group = office.group()
    assert (group.state, group.task_count) == ("muted", 13)
    assert {note.text for note in TaskNote.objects.filter(task_id__in=new)} == {"Vendor knows"}
    assert office.count().status_counts.get(status="failed").muted == 13


def test_a_mute_ends_when_the_group_fails_at_another_step(office: Office, french: list[int]) -> None:
    office.group().mute(office.desk.person, until=in_a_week())
    office.fail(10, finished=3)
    office.work()
    assert {group.step for group in office.open_ones} == {1, 3}


def test_a_muted_task_that_fails_at_another_step_leaves(office: Office, french: list[int]) -> None:
    office.group().mute(office.desk.person, until=in_a_week())
    office.move(french[:5], "failed", 3)
    office.work()
    office.work()
    assert office.group(step=3).task_count == 5
    assert not TaskNote.objects.filter(task_id__in=french[:5]).exists()


def test_a_muted_task_leaves_with_its_status(office: Office, french: list[int]) -> None:
    group = office.group()
    group.mute(office.desk.person, until=in_a_week())
    office.move(french[:3], "escalated")
    office.work()
    assert members()[group.pk] == french[3:]
    assert office.group(status="escalated").task_count == 3


@pytest.mark.parametrize("count", [1, 4])
def test_a_task_that_a_person_unmuted_is_shown_alone(office: Office, french: list[int], count: int) -> None:
    """The group stays muted, and does not take the tasks again."""
    group, person = office.group(), office.desk.person
    group.mute(person, until=in_a_week())
    TaskNote.objects.clear(office.desk.workflow, french[:count], NoteState.MUTED, person)
    for _ in range(3):
        office.work()
        assert members() == {group.pk: french[count:], office.group(is_single=True).pk: french[:count]}
    office.fail(2)
    office.work()
    assert office.group(is_single=True).task_count == count and office.group(state="muted").task_count == 12 - count
    assert office.count().status_counts.get(status="failed").muted == 12 - count


def test_the_end_of_a_mute_reaches_tasks_between_two_lists(office: Office, french: list[int]) -> None:
    """A task that left the list of its status is in no list until it is read again, and may still have failed."""
    group = office.group()
    group.mute(office.desk.person, until=in_a_week())
    index, later = office.count(), timezone.now() + timedelta(seconds=1)
    mark_suspects(index, "failed", french[:4], later)
    index.update(open_as_of=later)
    assert group_next()
    assert members() == {group.pk: french}
    office.work()
    group.reopen(office.desk.person)
    assert not TaskNote.objects.exists()


def test_the_mute_of_a_stuck_task_ends_when_it_moves(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.finish()
    waiting = office.send(10, FRENCH)
    office.move(waiting, "in_progress", 1, hours_ago=30)
    office.work()
    office.group().mute(office.desk.person, until=in_a_week())
    office.move(waiting, "in_progress", 2)
    office.work()
    assert not TaskNote.objects.exists()
    days_later(monkeypatch, 2)
    office.work()
    assert office.group(task_count__gt=0).step == 2 and office.group(task_count__gt=0).state == "open"


def test_a_done_group_comes_back_with_its_notes(office: Office, french: list[int]) -> None:
    group, person = office.group(), office.desk.person
    group.add_note("Vendor knows", person)
    assert group.finish(person)
    office.work()
    office.work()
    assert office.open_ones == [] and TaskNote.objects.count() == 10
    new = office.fail(2)
    office.work()
    group = office.group()
    assert group.state == "open" and group.came_back_at and members() == {group.pk: new}
    assert [event.kind for event in group.events.all()] == ["back", "done", "note"]
    assert TaskNote.objects.count() == 10, "the tasks that were done stay muted"


def test_values_that_were_removed_leave_a_group_within_a_day(
    office: Office, french: list[int], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.group().add_note("Asked Ana", office.desk.person)
    settings.SUBMISSION_RETENTION_DAYS = 30
    Submission.objects.update(finished_at=timezone.now() - timedelta(days=31))
    assert drop_old_values()
    days_later(monkeypatch, 1.1)
    office.work()
    assert "French" not in str(list(ProblemGroup.objects.filter(task_count__gt=0).values()))


@pytest.mark.parametrize("act", ["mute", "finish"])
def test_values_that_were_removed_leave_closed_groups_too(
    office: Office, french: list[int], settings: Any, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    group, person = office.group(), office.desk.person
    assert group.mute(person, until=in_a_week()) if act == "mute" else group.finish(person)
    settings.SUBMISSION_RETENTION_DAYS = 30
    Submission.objects.update(finished_at=timezone.now() - timedelta(days=31))
    drop_old_values()
    days_later(monkeypatch, 1.1)
    office.work()
    group = office.group()
    assert group.state != "open" and "French" not in str([group.facts, group.shared])
    assert title_of(group, True) == "Failed after step 1 of 5"


ODD_TIMES = [timezone.now() - timedelta(days=4_000), timezone.now() + timedelta(days=3)]


def test_housekeeping_removes_old_values_of_workflows_nobody_watches(
    office: Office, french: list[int], settings: Any
) -> None:
    settings.SUBMISSION_RETENTION_DAYS = 30
    assert ProblemGroup.objects.all().remove_old_values() == 0
    ProblemGroup.objects.update(last_at=timezone.now() - timedelta(days=31))
    assert ProblemGroup.objects.all().remove_old_values() == 1
    group = office.group()
    assert "French" not in str([group.facts, group.shared]) and group.task_count == 10
    assert ProblemGroup.objects.all().remove_old_values() == 0


@pytest.mark.django_db
def test_nonsense_from_pipelines_is_grouped_all_the_same(desk: Any) -> None:
    odd = []
    for status, total, finished in (
        (status, *steps)
        for status in ("failed", "escalated", "exploded", "paused", "pending")
        for steps in ((0, 0), (2, 7), (5, 5))
    ):
        nodes = NodeSummary(total=total, finished=finished, in_progress=0, pending=0)
        for at in ODD_TIMES:
            odd.append(Task(id=len(odd) + 1, status=status, node_summary=nodes, created_at=at, updated_at=at))
    index = make_index(desk.workflow, odd)
    index.tasks.filter(task_id__lte=10).update(created_at=None, updated_at=None)
    make_groups(index)
    groups = ProblemGroup.objects.all()
    assert sum(group.task_count for group in groups) == 12 + 3, "those that failed or escalated, and the stuck ones"
    for address in ("/attention/", "/", *(f"/attention/{group.pk}/" for group in groups)):
        assert desk.browser.get(address).status_code == 200


@pytest.mark.django_db
def test_grouping_costs_few_statements_however_many_tasks(desk: Any) -> None:
    now = timezone.now()
    index = make_index(desk.workflow, [make_task(number, "failed", now) for number in range(1, 1_501)])
    with CaptureQueriesContext(connection) as captured:
        make_groups(index)
    assert len(captured) <= 40, [query["sql"][:120] for query in captured]
    assert ProblemGroup.objects.get().task_count == 1_500


def test_a_workflow_that_fails_lets_the_others_go_first(saved_key: SavedKey, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (42, 43):
        make_index(open_workflow(saved_key, number), [make_task(number, "failed", timezone.now())])
    first = WorkflowIndex.objects.order_by("open_as_of")[0].pk
    plain = grouping._plan

    def fail_once(tasks: Any, *more: Any) -> Any:
        if any(task.index_id == first for task in tasks):
            raise ValueError("nonsense")
        return plain(tasks, *more)

    monkeypatch.setattr(grouping, "_plan", fail_once)
    with pytest.raises(ValueError, match="nonsense"):
        group_next()
    assert group_next() and not group_next()
    assert ProblemGroup.objects.count() == 1


@pytest.mark.parametrize("period", [2, 4, 12, 90])
def test_a_pattern_in_the_ids_does_not_decide_which_others_are_compared(
    saved_key: SavedKey, monkeypatch: pytest.MonkeyPatch, period: int
) -> None:
    """The rows of a file may alternate between two customers, and so do the IDs of their tasks."""
    monkeypatch.setattr(grouping, "MOST_OTHERS", 1_000)
    index, now = make_index(open_workflow(saved_key), []), timezone.now()
    values = {"index": index, "status": "finished", "is_unfinished": False, "created_at": now, "read_at": now}
    tasks = [IndexedTask(task_id=number, **values) for number in range(70_001, 73_600)]
    sample = grouping._others(index, IndexedTask.objects.bulk_create(tasks)[:1], now)
    assert 700 < len(sample) < 1_100
    in_half = sum(task.task_id % period < period / 2 for task in sample)
    assert 0.4 < in_half / len(sample) < 0.6
