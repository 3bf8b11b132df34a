"""The index follows the tasks of a workflow, whatever way they go."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines_portal.task_index.counts import LATE, Counts, counted_so_far, open_counts
from pipelines_portal.task_index.figures import is_read, oldest_and_stuck, stuck, stuck_of
from pipelines_portal.task_index.models import Walk, WorkflowIndex
from pipelines_portal.task_index.tasks import progress_of, statuses_of
from pipelines_portal.task_index.walks import OPEN_LISTS
from tests import samples
from tests.fake_api import answer, fake_api
from tests.samples import task

from .conftest import Watched
from .reading import counts_hold, read_again, read_on

NEWEST, OPEN, PAST = Walk.Kind.NEWEST, Walk.Kind.OPEN, Walk.Kind.PAST


def test_nothing_is_said_before_it_was_read(watched: Watched) -> None:
    assert open_counts(watched.workflow) is None
    assert progress_of(watched.index, watched.index.tasks.values("task_id")) is None
    read_on()
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {} and counts.as_of is not None
    assert watched.index.is_read_to_the_end and watched.index.newest_id == 0


def test_all_tasks_are_met_page_by_page(watched: Watched, small_pages: Any) -> None:
    """S7, S70: three pages of three."""
    ids = watched.create(7)
    watched.move(ids[:2], "finished")
    watched.move(ids[2:3], "failed")
    small_pages(3)
    read_on()
    index = watched.index
    assert watched.stands() == {"finished": 2, "failed": 1, "pending": 4}
    assert index.is_read_to_the_end and index.read_back_count == 7 and index.newest_id == max(ids)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"pending": 4, "failed": 1} and counts.attention == 1
    counts_hold(index)


def test_what_is_new_is_read_down_to_what_is_known(watched: Watched, small_pages: Any) -> None:
    watched.create(3)
    read_on()
    small_pages(2)
    ids = watched.create(5)
    assert read_again(NEWEST) == 3
    assert watched.stands() == {"pending": 8} and watched.index.newest_id == max(ids)
    assert read_again(NEWEST) == 1
    counts_hold(watched.index)


def test_each_that_left_the_open_lists_is_asked_for_once(watched: Watched, small_pages: Any) -> None:
    ids = watched.create(6)
    watched.move(ids, "in_progress")
    read_on()
    watched.move(ids[1:4], "finished")
    small_pages(4)
    asked = read_again(OPEN)
    assert asked == 6 + 3
    index = watched.index
    assert watched.stands() == {"finished": 3, "in_progress": 3} and not index.tasks.filter(is_suspect=True).exists()
    finished = index.tasks.filter(status="finished")
    assert {task.seconds_to_finish for task in finished} == {3600}
    counts_hold(index)
    read_again(OPEN)
    assert watched.index.median_seconds == 3600 and watched.index.durations_of == 3


def test_what_needs_somebody_is_read_first(watched: Watched) -> None:
    """By the first call of a cycle, though others are still counted as they were."""
    ids = watched.create(6)
    read_on()
    watched.move(ids[:2], "failed")
    make_due(OPEN)
    read_on(1)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"pending": 6, "failed": 2}
    assert counts.updated("failed") > counts.updated("pending") > counts.updated() == counts.read_at["escalated"]


def test_of_what_needs_somebody_five_pages_are_read(watched: Watched, small_pages: Any) -> None:
    """There are more, and their number says so."""
    ids = watched.create(13)
    watched.move(ids, "failed")
    small_pages(2)
    read_on()
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"failed": 10} and counts.cut == {"failed"}
    assert watched.stands() == {"failed": 13}
    watched.move(ids[3:], "finished")
    read_again(OPEN)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"failed": 3} and not counts.cut


def test_many_that_left_at_once_are_met_in_the_list_of_finished_ones(watched: Watched, small_pages: Any) -> None:
    """As when an import goes through: none of them is asked for alone."""
    ids = watched.create(60)
    read_on()
    watched.move(ids, "finished")
    small_pages(20)
    assert read_again(OPEN) == 6 + 3
    assert watched.api.calls("GET", f"/tasks/{ids[0]}") == [] and watched.stands() == {"finished": 60}
    assert watched.index.are_ends_read
    counts_hold(watched.index)


def test_a_few_among_many_are_not_looked_for_in_a_list(watched: Watched, small_pages: Any) -> None:
    """The list of finished tasks is left when it leads to none of them."""
    ids = watched.create(40)
    watched.move(ids[8:], "finished")
    read_on()
    watched.move(ids[:8], "finished")
    small_pages(4)
    assert read_again(OPEN) == 6 + 2 + 8
    assert watched.stands() == {"finished": 40}


def test_what_left_is_no_longer_counted_before_it_was_asked_for(watched: Watched) -> None:
    ids = watched.create(5)
    read_on()
    watched.move(ids[:3], "finished")
    make_due(OPEN)
    read_on(6)
    counts, index = open_counts(watched.workflow), watched.index
    assert counts is not None and counts.by_status == {"pending": 2} and not index.are_ends_read
    assert [task.task_id for task in stuck(index, 9, timezone.now() + timedelta(days=9))] == [*ids[3:]]
    read_on()
    assert watched.index.are_ends_read


def test_while_it_is_counted_it_is_known_how_far(watched: Watched, small_pages: Any) -> None:
    watched.create(5)
    small_pages(2)
    make_due(OPEN, NEWEST)
    Walk.objects.filter(kind=NEWEST).update(due_at=None)
    read_on(5)
    assert watched.index.open_met == 4 and counted_so_far(watched.index, 4, timezone.now()) == 4
    read_on()
    make_due(NEWEST)
    read_on()
    assert counted_so_far(watched.index, 5, timezone.now()) is None
    watched.create(3)
    make_due(NEWEST)
    read_on(1)
    assert counted_so_far(watched.index, 7, timezone.now()) == 7
    read_on()
    make_due(OPEN)
    read_on(4)
    now = timezone.now()
    assert [counted_so_far(watched.index, 8, now + wait) for wait in (LATE / 2, LATE * 2)] == [None, 2]


def test_no_walk_waits_for_a_long_one(watched: Watched, small_pages: Any) -> None:
    """A thousand new tasks are listed page by page; what failed is read between two of these pages."""
    read_on()
    small_pages(1)
    watched.move(watched.create(9)[:1], "failed")
    make_due(OPEN, NEWEST)
    read_on(3)
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"failed": 1} and watched.index.newest_met


@pytest.mark.parametrize("minutes", [3, 6, 30])
def test_durations_are_measured_however_long_a_cycle_took(watched: Watched, minutes: int) -> None:
    ids = watched.create(3)
    watched.move(ids, "finished")
    read_on()
    WorkflowIndex.objects.update(durations_as_of=None, median_seconds=None)
    since = (timezone.now() - timedelta(minutes=minutes)).isoformat()
    Walk.objects.filter(kind=OPEN).update(place={"list": 5, "since": since, "met": 0}, due_at=timezone.now())
    read_on(1)
    assert watched.index.median_seconds == 3600 and watched.index.durations_as_of is not None


def test_medians_wait_until_nine_of_ten_that_left_were_read(watched: Watched) -> None:
    """Three are not looked for in a list, and asked for one by one."""
    ids = watched.create(23)
    watched.move(ids[:20], "finished")
    read_on()
    assert watched.index.median_seconds == 3600
    watched.move(ids[20:], "finished")
    make_due(OPEN)
    read_on(6)
    assert watched.index.median_seconds is None and watched.index.durations_as_of is None
    read_on()
    index = watched.index
    assert index.median_seconds == index.ninth_seconds == 3600 and index.durations_of == 23


def make_due(*kinds: Walk.Kind) -> None:
    Walk.objects.filter(kind__in=kinds).update(due_at=timezone.now() - timedelta(seconds=1))


def test_one_that_went_into_a_later_list_is_not_asked_for(watched: Watched) -> None:
    """It is missing from the pending ones, and met again among those in progress."""
    ids = watched.create(2)
    read_on()
    watched.move(ids[:1], "in_progress")
    assert read_again(OPEN) == 6
    assert watched.stands() == {"pending": 1, "in_progress": 1}


def test_one_that_moves_behind_the_walk_is_only_suspected(watched: Watched) -> None:
    """From a list that is still to be read into one that was read: it is in neither, and not over."""
    ids = watched.create(2)
    watched.move(ids, "in_progress")
    read_on()
    Walk.objects.filter(kind=OPEN).update(due_at=timezone.now())
    read_on(1)
    assert Walk.objects.get(kind=OPEN).place["list"] == 1
    watched.move(ids[:1], "pending")
    read_on()
    assert watched.stands() == {"pending": 1, "in_progress": 1}
    counts_hold(watched.index)


def test_a_task_that_is_gone_is_marked_so(watched: Watched) -> None:
    """S79."""
    ids = watched.create(2)
    read_on()
    watched.api.remove(ids[:1])
    read_again(OPEN)
    assert watched.stands() == {"pending": 1, "gone": 1}
    counts = open_counts(watched.workflow)
    assert counts is not None and counts.by_status == {"pending": 1}
    counts_hold(watched.index)


def test_a_failed_task_that_goes_on_is_noticed(watched: Watched) -> None:
    ids = watched.create(2)
    watched.move(ids, "failed")
    read_on()
    watched.move(ids[:1], "in_progress")
    read_again(OPEN)
    assert watched.stands() == {"failed": 1, "in_progress": 1}
    counts_hold(watched.index)


def test_a_finished_task_keeps_its_first_end(watched: Watched) -> None:
    ids = watched.create(1)
    watched.move(ids, "finished")
    read_on()
    first = watched.index.tasks.get().finished_at
    watched.move(ids, "in_progress")
    read_again(NEWEST)
    assert watched.index.tasks.get().finished_at is None
    counts_hold(watched.index)
    watched.move(ids, "finished")
    read_again(NEWEST)
    assert watched.index.tasks.get().finished_at == first
    counts_hold(watched.index)


def test_a_cursor_that_is_no_longer_good_begins_that_walk_anew(watched: Watched, small_pages: Any) -> None:
    """S77."""
    watched.create(5)
    small_pages(2)
    for kind in (NEWEST, OPEN, PAST):
        Walk.objects.filter(kind=kind).update(due_at=timezone.now(), place={"cursor": "nonsense"})
    read_on()
    assert watched.stands() == {"pending": 5} and watched.index.is_read_to_the_end
    assert not watched.index.problem
    counts_hold(watched.index)


def test_how_given_tasks_stand(watched: Watched) -> None:
    """Of one that left its list nothing is said until it was read again."""
    ids = watched.create(4)
    watched.move(ids[:2], "escalated")
    read_on()
    watched.index.tasks.filter(task_id=ids[3]).update(is_suspect=True)
    progress = progress_of(watched.index, watched.index.tasks.filter(task_id__gt=ids[0]).values("task_id"))
    assert progress is not None and progress.by_status == {"escalated": 1, "pending": 1}
    assert progress.of == 3 and progress.not_met == 1
    assert statuses_of(watched.workflow, ids[:1]) == {ids[0]: "escalated"}


def test_one_wrong_time_does_not_say_that_years_were_read(watched: Watched, settings: Any) -> None:
    """Tasks of 1970 among those of today: what was created before today is not said to be known."""
    now = timezone.now()
    times = [now, now - timedelta(minutes=5), datetime(1970, 1, 1, tzinfo=UTC), now - timedelta(minutes=9)]
    listed = [
        samples.task(number) | {"created_at": at.isoformat()} for number, at in zip((9, 8, 7, 6), times, strict=True)
    ]
    page = answer(200, {"tasks": listed, "next_cursor": "a", "has_more": True})
    with fake_api(page) as other:
        settings.PIPELINES_API_URL = other.url
        Walk.objects.exclude(kind=NEWEST).update(due_at=None)
        read_on(1)
    assert not is_read(watched.index, now - timedelta(days=1))
    assert watched.index.read_back_to is not None


def test_nonsense_is_counted_and_harms_nothing(watched: Watched, settings: Any) -> None:
    """A status nobody knows, and an end before the beginning."""
    backwards = {"created_at": "2026-03-30T12:00:00Z", "updated_at": "1970-01-01T00:00:00Z"}
    tasks = [task(3, "dreaming"), task(2, "finished") | backwards]
    with fake_api(_listed(*tasks)) as other:
        settings.PIPELINES_API_URL = other.url
        other.routes["/tasks/"] = _one(tasks[0])
        other.routes["status="] = _listed()
        read_on(30)
    assert watched.stands() == {"dreaming": 1, "finished": 1}
    assert not watched.index.tasks.exclude(seconds_to_finish=None).exists()
    counts_hold(watched.index)


def test_a_task_that_is_not_as_documented_stops_the_reading(watched: Watched, settings: Any) -> None:
    """It is said on the overview, and nothing is counted from such a page."""
    with fake_api(_listed(task(3), task(2) | {"created_at": None})) as other:
        settings.PIPELINES_API_URL = other.url
        read_on(30)
    watched.index.refresh_from_db()
    assert watched.index.problem == WorkflowIndex.Problem.NO_ANSWER and not watched.stands()


def _listed(*tasks: dict[str, Any]) -> Any:
    return answer(200, {"tasks": list(tasks), "next_cursor": None, "has_more": False})


def _one(task: dict[str, Any]) -> Any:
    return answer(200, task)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="It reads SQLite's plan")
def test_what_stands_is_found_without_a_look_at_all_tasks(watched: Watched) -> None:
    """However many statuses there are, and workflows: tasks that are over are in no index that is used."""
    by_status = dict.fromkeys(OPEN_LISTS, 1)
    counts = Counts(by_status, {}, frozenset(), timezone.now())
    indexes = [(WorkflowIndex(pk=number, stuck_hours=24), counts) for number in range(1, 6)]
    with CaptureQueriesContext(connection) as captured:
        oldest_and_stuck(indexes, timezone.now())
        list(stuck_of(indexes, 50, timezone.now()))
    assert len(captured) == 2
    with connection.cursor() as cursor:
        for query in captured:
            plan = str(cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}").fetchall())
            assert "task_index_durations" not in plan and "task_index_moves" in plan
