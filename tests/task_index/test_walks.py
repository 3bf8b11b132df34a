"""The index follows the tasks of a workflow, whatever way they go."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.task_index.counts import open_counts
from pipelines_portal.task_index.figures import is_read
from pipelines_portal.task_index.models import Walk
from pipelines_portal.task_index.tasks import progress_of, statuses_of
from tests import samples
from tests.fake_api import answer, fake_api

from .conftest import Watched
from .reading import counts_hold, read_again, read_on

NEWEST, OPEN, FAILED, PAST = Walk.Kind.NEWEST, Walk.Kind.OPEN, Walk.Kind.FAILED, Walk.Kind.PAST


def test_nothing_is_said_before_it_was_read(watched: Watched) -> None:
    assert open_counts(watched.workflow) is None and progress_of(watched.workflow, [1]) is None
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
    assert asked == 5 + 3
    index = watched.index
    assert watched.stands() == {"finished": 3, "in_progress": 3} and not index.tasks.filter(is_suspect=True).exists()
    finished = index.tasks.filter(status="finished")
    assert {task.seconds_to_finish for task in finished} == {3600}
    counts_hold(index)
    read_again(OPEN)
    assert watched.index.median_seconds == 3600 and watched.index.durations_of == 3


def test_one_that_went_into_a_later_list_is_not_asked_for(watched: Watched) -> None:
    """It is missing from the pending ones, and met again among those in progress."""
    ids = watched.create(2)
    read_on()
    watched.move(ids[:1], "in_progress")
    assert read_again(OPEN) == 5
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
    read_again(FAILED)
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
    for kind in (NEWEST, OPEN, FAILED, PAST):
        Walk.objects.filter(kind=kind).update(due_at=timezone.now(), place={"cursor": "nonsense"})
    read_on()
    assert watched.stands() == {"pending": 5} and watched.index.is_read_to_the_end
    assert not watched.index.problem
    counts_hold(watched.index)


def test_how_given_tasks_stand(watched: Watched) -> None:
    ids = watched.create(4)
    watched.move(ids[:2], "escalated")
    read_on()
    progress = progress_of(watched.workflow, [*ids[1:], 999_999])
    assert progress is not None and progress.by_status == {"escalated": 1, "pending": 2}
    assert progress.of == 4 and progress.not_met == 1
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
    """Null times, an end before the beginning, a status nobody knows."""
    nothing = {"created_at": None, "updated_at": None, "node_summary": None}
    backwards = {"created_at": "2026-03-30T12:00:00Z", "updated_at": "1970-01-01T00:00:00Z", "node_summary": None}
    tasks = [{"id": 3, "status": "dreaming"} | nothing, {"id": 2, "status": "finished"} | nothing]
    tasks.append({"id": 1, "status": "finished"} | backwards)
    with fake_api(_listed(*tasks)) as other:
        settings.PIPELINES_API_URL = other.url
        other.routes["/tasks/"] = _one(tasks[0])
        other.routes["status="] = _listed()
        read_on(30)
    assert watched.stands() == {"dreaming": 1, "finished": 2}
    assert not watched.index.tasks.exclude(seconds_to_finish=None).exists()
    counts_hold(watched.index)


def _listed(*tasks: dict[str, Any]) -> Any:
    return answer(200, {"tasks": list(tasks), "next_cursor": None, "has_more": False})


def _one(task: dict[str, Any]) -> Any:
    return answer(200, task)
