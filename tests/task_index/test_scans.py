"""Scans of a workflow's tasks, and the counts that result."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines_portal.task_index.counts import LATE, TaskCounts, counted_so_far, open_counts, progress_of, statuses_of
from pipelines_portal.task_index.jobs import scan_next
from pipelines_portal.task_index.models import SMALL, Scan, WorkflowIndex
from pipelines_portal.task_index.reads import count_stuck, is_read, new_and_stuck
from pipelines_portal.task_index.scanning import OPEN_LISTS
from tests import samples
from tests.conftest import EVERY_TYPE
from tests.factories import open_workflow
from tests.fake_api import Reply, Request, answer, fake_api, task_list
from tests.samples import task

from .conftest import Watched
from .scanning import check_counts_match, scan_again, scan_due

NEWEST, LISTS, BACKFILL = Scan.Kind.NEWEST, Scan.Kind.LISTS, Scan.Kind.BACKFILL


def test_there_are_no_counts_before_the_first_cycle(watched: Watched) -> None:
    assert open_counts(watched.workflow) is None
    scan_due()
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {} and counts.as_of is not None
    assert watched.index.is_backfilled and watched.index.newest_id == 0


def test_a_workflow_of_one_page_is_complete_after_it(watched: Watched) -> None:
    ids = watched.create(5)
    watched.move(ids[:2], "failed")
    watched.move(ids[2:3], "finished")
    assert scan_next()
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"pending": 2, "failed": 2} and watched.index.is_backfilled
    assert watched.index.durations_count == 1 and not scan_due()
    check_counts_match(watched.index)


def test_workflows_are_counted_one_after_the_other(watched: Watched, set_page_size: Any) -> None:
    """A large one gives way after some pages, so that the numbers of the others are there soon."""
    set_page_size(2)
    other = open_workflow(watched.workflow.key, EVERY_TYPE, name="Other")
    WorkflowIndex.objects.watch([other])
    watched.create(5)
    watched.api.create(3, EVERY_TYPE)
    scan_due(9)  # the new tasks, and the six lists of open ones
    assert open_counts(watched.workflow) is not None and open_counts(other) is None
    WorkflowIndex.objects.filter(workflow=watched.workflow).update(open_as_of=None, open_counted=SMALL)
    make_due(LISTS)
    scan_due(9)
    assert open_counts(watched.workflow) is None and open_counts(other) is not None


def test_all_tasks_are_indexed_page_by_page(watched: Watched, set_page_size: Any) -> None:
    """S7, S70: three pages of three."""
    ids = watched.create(7)
    watched.move(ids[:2], "finished")
    watched.move(ids[2:3], "failed")
    set_page_size(3)
    scan_due()
    index = watched.index
    assert watched.statuses() == {"finished": 2, "failed": 1, "pending": 4}
    assert index.is_backfilled and index.backfilled_count == 7 and index.newest_id == max(ids)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"pending": 4, "failed": 1} and counts.attention == 1
    check_counts_match(index)


def test_new_tasks_are_read_down_to_the_newest_known_one(watched: Watched, set_page_size: Any) -> None:
    watched.create(3)
    scan_due()
    set_page_size(2)
    ids = watched.create(5)
    assert scan_again(NEWEST) == 3
    assert watched.statuses() == {"pending": 8} and watched.index.newest_id == max(ids)
    assert scan_again(NEWEST) == 1
    check_counts_match(watched.index)


def test_each_task_that_left_the_open_lists_is_requested_once(watched: Watched, set_page_size: Any) -> None:
    ids = watched.create(6)
    watched.move(ids, "in_progress")
    scan_due()
    watched.move(ids[1:4], "finished")
    set_page_size(4)
    calls = scan_again(LISTS)
    assert calls == 6 + 3
    index = watched.index
    assert watched.statuses() == {"finished": 3, "in_progress": 3} and not index.tasks.filter(is_suspect=True).exists()
    finished = index.tasks.filter(status="finished")
    assert {task.seconds_to_finish for task in finished} == {3600}
    check_counts_match(index)
    scan_again(LISTS)
    assert watched.index.median_seconds == 3600 and watched.index.durations_count == 3


def test_tasks_that_need_attention_are_read_first(watched: Watched, set_page_size: Any) -> None:
    """The first call of a cycle updates their counts, before the other counts are updated."""
    set_page_size(5)
    ids = watched.create(6)
    scan_due()
    watched.move(ids[:2], "failed")
    make_due(LISTS)
    scan_due(1)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"pending": 6, "failed": 2}
    assert counts.updated("failed") > counts.updated("pending") > counts.updated() == counts.read_at["escalated"]


def test_five_pages_of_tasks_that_need_attention_are_read(watched: Watched, set_page_size: Any) -> None:
    """The count says that there are more."""
    ids = watched.create(13)
    watched.move(ids, "failed")
    set_page_size(2)
    scan_due()
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"failed": 10} and counts.cut == {"failed"}
    assert watched.statuses() == {"failed": 13}
    watched.move(ids[3:], "finished")
    scan_again(LISTS)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"failed": 3} and not counts.cut


def test_many_suspects_are_found_in_the_list_of_finished_tasks(watched: Watched, set_page_size: Any) -> None:
    """This happens when an import is processed. No task is requested alone."""
    ids = watched.create(60)
    scan_due()
    watched.move(ids, "finished")
    set_page_size(20)
    assert scan_again(LISTS) == 6 + 3
    assert watched.api.calls("GET", f"/tasks/{ids[0]}") == [] and watched.statuses() == {"finished": 60}
    assert watched.index.are_ends_read
    check_counts_match(watched.index)


def test_few_suspects_among_many_finished_tasks_are_requested_one_by_one(watched: Watched, set_page_size: Any) -> None:
    """The list of finished tasks is abandoned if it contains none of them."""
    ids = watched.create(40)
    watched.move(ids[8:], "finished")
    scan_due()
    watched.move(ids[:8], "finished")
    set_page_size(4)
    assert scan_again(LISTS) == 6 + 2 + 8
    assert watched.statuses() == {"finished": 40}


def test_a_suspect_is_not_counted_before_it_is_requested(watched: Watched) -> None:
    ids = watched.create(5)
    scan_due()
    watched.move(ids[:3], "finished")
    make_due(LISTS)
    scan_due(6)
    counts, index = open_counts(watched.workflow), watched.index
    assert counts is not None and counts.by_status == {"pending": 2} and not index.are_ends_read
    assert count_stuck(index, timezone.now() + timedelta(days=9)) == len(ids[3:])
    scan_due()
    assert watched.index.are_ends_read


def test_a_running_count_reports_its_progress(watched: Watched, set_page_size: Any) -> None:
    watched.create(5)
    set_page_size(2)
    make_due(LISTS, NEWEST)
    Scan.objects.filter(kind=NEWEST).update(due_at=None)
    scan_due(5)
    assert watched.index.open_counted == 4 and counted_so_far(watched.index, 4, timezone.now()) == 4
    scan_due()
    make_due(NEWEST)
    scan_due()
    assert counted_so_far(watched.index, 5, timezone.now()) is None
    watched.create(3)
    make_due(NEWEST)
    scan_due(1)
    assert counted_so_far(watched.index, 7, timezone.now()) == 7
    scan_due()
    make_due(LISTS)
    scan_due(4)
    now = timezone.now()
    assert [counted_so_far(watched.index, 8, now + wait) for wait in (LATE / 2, LATE * 2)] == [None, 2]


def test_a_long_scan_does_not_delay_the_others(watched: Watched, set_page_size: Any) -> None:
    """The list of failed tasks is read between two pages of new tasks."""
    scan_due()
    set_page_size(1)
    watched.move(watched.create(9)[:1], "failed")
    make_due(LISTS, NEWEST)
    scan_due(3)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"failed": 1} and watched.index.newest_counted


@pytest.mark.parametrize("minutes", [3, 6, 30])
def test_durations_are_measured_after_a_cycle_of_any_length(watched: Watched, minutes: int) -> None:
    ids = watched.create(3)
    watched.move(ids, "finished")
    scan_due()
    WorkflowIndex.objects.update(durations_as_of=None, median_seconds=None)
    since = (timezone.now() - timedelta(minutes=minutes)).isoformat()
    Scan.objects.filter(kind=LISTS).update(
        position={"list": 5, "started_at": since, "counted": 0}, due_at=timezone.now()
    )
    scan_due(1)
    assert watched.index.median_seconds == 3600 and watched.index.durations_as_of is not None


def test_durations_are_unknown_until_nine_of_ten_ended_tasks_are_read(watched: Watched) -> None:
    """Three suspects are requested one by one."""
    ids = watched.create(23)
    watched.move(ids[:20], "finished")
    scan_due()
    assert watched.index.median_seconds == 3600
    watched.move(ids[20:], "finished")
    make_due(LISTS)
    scan_due(6)
    assert watched.index.median_seconds is None and watched.index.durations_as_of is None
    scan_due()
    index = watched.index
    assert index.median_seconds == index.p90_seconds == 3600 and index.durations_count == 23


def make_due(*kinds: Scan.Kind) -> None:
    Scan.objects.filter(kind__in=kinds).update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_task_that_moved_to_a_later_list_is_not_requested(watched: Watched) -> None:
    """It is missing from the pending tasks, and listed again among those in progress."""
    ids = watched.create(2)
    scan_due()
    watched.move(ids[:1], "in_progress")
    assert scan_again(LISTS) == 6
    assert watched.statuses() == {"pending": 1, "in_progress": 1}


def test_a_task_that_moves_behind_the_scan_is_only_a_suspect(watched: Watched) -> None:
    """It moves from an unread list to one that was read, so no list contains it."""
    ids = watched.create(2)
    watched.move(ids, "in_progress")
    scan_due()
    Scan.objects.filter(kind=LISTS).update(due_at=timezone.now())
    scan_due(1)
    assert Scan.objects.get(kind=LISTS).position["list"] == 1
    watched.move(ids[:1], "pending")
    scan_due()
    assert watched.statuses() == {"pending": 1, "in_progress": 1}
    check_counts_match(watched.index)


def test_a_task_that_no_longer_exists_is_marked_as_gone(watched: Watched) -> None:
    """S79."""
    ids = watched.create(2)
    scan_due()
    watched.api.remove(ids[:1])
    scan_again(LISTS)
    assert watched.statuses() == {"pending": 1, "gone": 1}
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"pending": 1}
    check_counts_match(watched.index)


def test_a_failed_task_that_continues_is_indexed_with_its_new_status(watched: Watched) -> None:
    ids = watched.create(2)
    watched.move(ids, "failed")
    scan_due()
    watched.move(ids[:1], "in_progress")
    scan_again(LISTS)
    assert watched.statuses() == {"failed": 1, "in_progress": 1}
    check_counts_match(watched.index)


def test_a_finished_task_keeps_the_time_at_which_it_first_finished(watched: Watched) -> None:
    ids = watched.create(1)
    watched.move(ids, "finished")
    scan_due()
    first = watched.index.tasks.get().finished_at
    watched.move(ids, "in_progress")
    scan_again(NEWEST)
    assert watched.index.tasks.get().finished_at is None
    check_counts_match(watched.index)
    watched.move(ids, "finished")
    scan_again(NEWEST)
    assert watched.index.tasks.get().finished_at == first
    check_counts_match(watched.index)


def test_a_scan_with_an_invalid_cursor_restarts(watched: Watched, set_page_size: Any) -> None:
    """S77."""
    watched.create(5)
    set_page_size(2)
    for kind in (NEWEST, LISTS, BACKFILL):
        Scan.objects.filter(kind=kind).update(due_at=timezone.now(), position={"cursor": "nonsense"})
    scan_due()
    assert watched.statuses() == {"pending": 5} and watched.index.is_backfilled
    assert not watched.index.problem
    check_counts_match(watched.index)


def test_progress_of_given_tasks_leaves_out_suspects(watched: Watched) -> None:
    ids = watched.create(4)
    watched.move(ids[:2], "escalated")
    scan_due()
    watched.index.tasks.filter(task_id=ids[3]).update(is_suspect=True)
    progress = progress_of(
        watched.index, timezone.now(), watched.index.tasks.filter(task_id__gt=ids[0]).values("task_id")
    )
    assert progress.by_status == {"escalated": 1, "pending": 1}
    assert statuses_of(watched.workflow, ids[:1]) == {ids[0]: "escalated"}


def test_a_single_wrong_time_does_not_count_as_progress_of_the_backfill(watched: Watched, settings: Any) -> None:
    """A task of 1970 among those of today does not mean that all tasks since 1970 are known."""
    now = timezone.now()
    times = [now, now - timedelta(minutes=5), datetime(1970, 1, 1, tzinfo=UTC), now - timedelta(minutes=9)]
    listed = [
        samples.task(number) | {"created_at": at.isoformat()} for number, at in zip((9, 8, 7, 6), times, strict=True)
    ]
    page = answer(200, {"tasks": listed, "next_cursor": "a", "has_more": True})
    with fake_api(page) as other:
        settings.PIPELINES_API_URL = other.url
        Scan.objects.exclude(kind=NEWEST).update(due_at=None)
        scan_due(1)
    assert not is_read(watched.index, now - timedelta(days=1))
    assert watched.index.backfilled_to is not None


def test_an_unknown_status_and_an_impossible_duration_are_accepted(watched: Watched, settings: Any) -> None:
    backwards = {"created_at": "2026-03-30T12:00:00Z", "updated_at": "1970-01-01T00:00:00Z"}
    tasks = [task(3, "dreaming"), task(2, "finished") | backwards]
    with fake_api(_listed(*tasks)) as other:
        settings.PIPELINES_API_URL = other.url
        other.routes["/tasks/"] = _one(tasks[0])
        other.routes["status="] = _listed()
        scan_due(30)
    assert watched.statuses() == {"dreaming": 1, "finished": 1}
    assert not watched.index.tasks.exclude(seconds_to_finish=None).exists()
    check_counts_match(watched.index)


def test_a_page_without_a_documented_task_is_not_recorded(watched: Watched, settings: Any) -> None:
    """The index stores the problem, and counts nothing of the page."""
    with fake_api(_listed(task(3) | {"updated_at": None}, task(2) | {"created_at": None})) as other:
        settings.PIPELINES_API_URL = other.url
        scan_due(30)
    watched.index.refresh_from_db()
    assert watched.index.problem == WorkflowIndex.Problem.NO_ANSWER and not watched.statuses()


def _listed(*tasks: dict[str, Any]) -> Any:
    return answer(200, {"tasks": list(tasks), "next_cursor": None, "has_more": False})


def _one(task: dict[str, Any]) -> Any:
    return answer(200, task)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="The test reads the query plan of SQLite")
def test_new_and_stuck_tasks_are_found_without_reading_finished_tasks(watched: Watched) -> None:
    """The query plan uses no database index that contains finished tasks."""
    by_status = dict.fromkeys(OPEN_LISTS, 1)
    counts = TaskCounts(by_status, {}, frozenset(), timezone.now())
    indexes = [(WorkflowIndex(pk=number, stuck_hours=24), counts) for number in range(1, 6)]
    with CaptureQueriesContext(connection) as captured:
        new_and_stuck(indexes, timezone.now(), timezone.now())
    assert len(captured) == 1
    with connection.cursor() as cursor:
        for query in captured:
            plan = str(cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}").fetchall())
            assert "task_index_durations" not in plan and "task_index_moves" in plan


def test_an_unreadable_task_is_counted_on_its_list(watched: Watched, settings: Any, caplog: Any) -> None:
    """The API lists it with its status. Its neighbours are recorded, and it is no reason to count fewer tasks."""
    watched.create(3)
    scan_due()
    garbled = task(2) | {"created_at": "2026-03-30T12:00:00"}

    def listed(request: Request) -> Reply:
        is_pending = "status=pending" in request.target or "status=" not in request.target
        return task_list(*([task(3), garbled, task(1)] if is_pending else []))

    watched.api.routes["/tasks?"] = listed
    scan_again(Scan.Kind.NEWEST, Scan.Kind.LISTS)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"pending": 3}
    assert watched.statuses() == {"pending": 3} and not watched.index.suspects()[0]
    assert watched.index.problem == ""
    assert "Skipped tasks of a page (1): tasks.1.created_at is no time with an offset" in caplog.text


def test_new_tasks_are_found_below_an_absurd_id(watched: Watched, set_page_size: Any) -> None:
    """A single wrong ID on top of each page is not the newest one for good."""
    watched.create(2)
    known = watched.api.newest_task_id
    watched.api.newest_task_id = 10**15
    watched.create(1)
    watched.api.newest_task_id = known
    set_page_size(3)
    scan_due()
    assert watched.index.newest_id == known
    new = watched.create(8)
    scan_again(NEWEST)
    assert set(new) <= set(watched.index.tasks.values_list("task_id", flat=True))


@pytest.mark.parametrize("wrong", [10**6, 10**15])
def test_new_tasks_are_found_after_ids_went_back(watched: Watched, set_page_size: Any, wrong: int) -> None:
    """The API was restored from a backup, or once answered with wrong IDs."""
    watched.create(2)
    known = watched.api.newest_task_id
    watched.api.newest_task_id = wrong
    lost = watched.create(2)
    scan_due()
    assert watched.index.newest_id == max(lost)
    watched.api.remove(lost)
    watched.api.newest_task_id = known
    set_page_size(3)
    new = watched.create(8)
    for _ in range(2):  # a copy of its database may lag behind: the first answer alone does not count
        scan_again(NEWEST)
    assert watched.statuses() == {"pending": 10, "gone": 2}
    assert watched.index.newest_id == max(new)
