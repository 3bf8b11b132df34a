"""What goes wrong at the API or in the worker costs a pause, never a count."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.task_index import jobs, walks
from pipelines_portal.task_index.counts import open_counts
from pipelines_portal.task_index.jobs import work_on_next
from pipelines_portal.task_index.models import IndexedTask, KeyPace, Walk, WorkflowIndex
from pipelines_portal.task_index.watching import KEPT_FOR, WATCHED_FOR, forget_indexes, let_go_unseen, watch
from tests import samples
from tests.factories import open_workflow
from tests.fake_api import Reply, Request, answer, error, fake_api, task_list

from .conftest import Watched
from .reading import counts_hold, read_again, read_on

OPEN, LEFT, NEWEST = Walk.Kind.OPEN, Walk.Kind.LEFT, Walk.Kind.NEWEST


class Killed(BaseException):
    """As a worker that is killed: nothing that catches errors catches it."""


@pytest.mark.parametrize("where", ["take", "_go_on"])
def test_killed_between_pages_it_goes_on_where_it_was(
    watched: Watched, small_pages: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Before a page is written and before its place is: the page is read again, and counted once."""
    watched.create(7)
    small_pages(2)
    steps, whole = 0, getattr(jobs, where)

    def killed_often(*args: Any, **options: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps % 2:
            raise Killed
        return whole(*args, **options)

    monkeypatch.setattr(jobs, where, killed_often)
    for _ in range(60):
        try:
            read_on()
        except Killed:
            leases = timezone.now() + jobs.LEASE - timedelta(seconds=20), timezone.now() + jobs.LEASE
            Walk.objects.filter(due_at__range=leases).update(due_at=timezone.now())
    assert watched.stands() == {"pending": 7} and watched.index.is_read_to_the_end
    assert open_counts(watched.workflow) is not None
    counts_hold(watched.index)


def test_who_lost_the_lease_writes_nothing(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer took longer than the lease, and another made the step."""
    watched.create(2)
    ask = walks.ask

    def late(walk: Walk, client: Any) -> Any:
        heard = ask(walk, client)
        Walk.objects.filter(pk=walk.pk).update(due_at=timezone.now() + timedelta(days=1))
        return heard

    monkeypatch.setattr(jobs, "ask", late)
    read_on()
    assert not IndexedTask.objects.exists() and watched.index.open_as_of is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_count_each_task_once(watched: Watched, small_pages: Any) -> None:
    watched.create(20)
    small_pages(3)
    threads = [threading.Thread(target=_work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read_on()
    assert watched.stands() == {"pending": 20} and watched.index.read_back_count == 20
    counts_hold(watched.index)


def _work() -> None:
    from django.db import OperationalError, connection

    for _ in range(40):
        try:
            KeyPace.objects.update(next_call_at=timezone.now())
            Walk.objects.filter(kind=Walk.Kind.PAST, due_at__lt=timezone.now() + timedelta(seconds=6)).update(
                due_at=timezone.now()
            )
            work_on_next()
        except OperationalError:  # another wrote for too long: the worker comes again, too
            continue
    connection.close()


def test_all_reading_with_a_key_makes_one_call_a_second(watched: Watched) -> None:
    """All walks of all workflows of a key together: a tenth of the 600 calls a minute, the rest is for people."""
    other = open_workflow(watched.workflow.key, 1, name="Other")
    watch([other])
    before = timezone.now()
    assert work_on_next() and not work_on_next()
    pace = KeyPace.objects.get().next_call_at - before
    assert timedelta(seconds=1) <= pace < timedelta(seconds=2)


def test_after_a_429_nothing_is_asked_for_a_minute(watched: Watched, settings: Any) -> None:
    """S62, S63."""
    with fake_api(error(429, "rate_limit_exceeded", "Slow down", retry_after=7)) as other:
        settings.PIPELINES_API_URL = other.url
        assert work_on_next() and not work_on_next()
        assert len(other.requests) == 1
    left = KeyPace.objects.get().next_call_at - timezone.now()
    assert timedelta(seconds=55) < left <= timedelta(seconds=60)
    settings.PIPELINES_API_URL = watched.api.url
    SavedKey.objects.update(paused_until=None)
    read_on()
    assert watched.index.open_as_of is not None


def test_a_rejected_key_is_asked_with_no_more(watched: Watched, settings: Any) -> None:
    """S23 to S28: once, and not again before a check finds it alive."""
    with fake_api(error(401, "invalid_api_key", "Unknown key")) as other:
        settings.PIPELINES_API_URL = other.url
        assert read_on() == 1 and len(other.requests) == 1
    settings.PIPELINES_API_URL = watched.api.url
    read_again(*Walk.Kind)
    assert watched.index.open_as_of is None
    SavedKey.objects.update(rejected_at=None)
    read_again(OPEN, NEWEST)
    assert watched.index.open_as_of is not None


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (error(500, "internal_error", "Broken"), "no-answer"),
        (answer(200, text="<p>A proxy</p>"), "no-answer"),
        (error(404, "not_found", "No workflow"), "not-found"),
    ],
)
def test_a_failing_api_is_asked_less_and_less_often(watched: Watched, settings: Any, fault: Any, problem: str) -> None:
    with fake_api(fault) as other:
        settings.PIPELINES_API_URL = other.url
        assert read_on() == 2
        assert watched.index.problem == problem
        since = watched.index.problem_at
        read_again(OPEN)
        walk = Walk.objects.get(kind=OPEN)
        assert walk.due_at is not None and walk.due_at > timezone.now() + timedelta(seconds=110)
        assert watched.index.problem_at == since
    settings.PIPELINES_API_URL = watched.api.url
    read_again(OPEN)
    assert not watched.index.problem and Walk.objects.get(kind=OPEN).failures == 0


def test_one_garbled_task_keeps_no_other_waiting(watched: Watched, settings: Any) -> None:
    ids = watched.create(2)
    read_on()
    watched.move(ids, "finished")
    watched.api.routes[f"/tasks/{ids[0]}"] = answer(200, {"id": "nonsense"})
    read_again(OPEN)
    assert watched.stands() == {"pending": 1, "finished": 1}
    watched.api.routes.clear()
    read_again(OPEN)
    assert watched.stands() == {"finished": 2}


def _page(*ids: int, further: str | None) -> Any:
    tasks = [samples.task(number, "pending") for number in ids]
    return answer(200, {"tasks": tasks, "next_cursor": further, "has_more": further is not None})


@pytest.mark.parametrize(
    "circle",
    [
        {"cursor=a": _page(9, 8, further="a")},
        {"cursor=a": _page(7, 6, further="b"), "cursor=b": _page(9, 8, further="a")},
        {"cursor=a": _page(further="a")},
        {"cursor=a": error(400, "invalid_request", "The cursor has expired")},
    ],
)
def test_cursors_that_lead_nowhere_are_followed_less_and_less_often(
    watched: Watched, settings: Any, circle: dict[str, Any]
) -> None:
    """In a circle, on the spot, or to an end: the list is not taken for read, and the key's calls are not used up."""
    with fake_api(_page(9, 8, further="a")) as other:
        other.routes |= circle
        settings.PIPELINES_API_URL = other.url
        assert _steps_while_due() < 60
        assert watched.index.open_as_of is None and not watched.index.is_read_to_the_end
        walk = Walk.objects.get(kind=OPEN)
        assert walk.due_at is not None and walk.due_at > timezone.now() + timedelta(seconds=50)
    settings.PIPELINES_API_URL = watched.api.url
    read_again(OPEN, NEWEST, Walk.Kind.PAST)
    assert watched.index.open_as_of is not None and not Walk.objects.get(kind=OPEN).place


def _steps_while_due(most: int = 200) -> int:
    """Each pause that a walk makes is kept to; only the pace of the key is not."""
    for made in range(most):
        KeyPace.objects.update(next_call_at=timezone.now())
        if not work_on_next():
            return made
    return most


def test_pages_without_tasks_are_no_end(watched: Watched, settings: Any) -> None:
    """More is said to be behind them: what is there is neither missing nor over."""
    with fake_api(_page(further=None)) as other:
        other.routes |= {"cursor=b": _page(5, 4, further=None), "cursor=a": _page(further="b")}
        other.routes |= {"status=pending": _page(9, 8, further="a"), "status=": _page(further=None)}
        other.routes |= {"/tasks?": _page(9, 8, further="a")}
        settings.PIPELINES_API_URL = other.url
        read_on(100)
        read_again(OPEN, NEWEST)
        assert watched.stands() == {"pending": 4} and watched.index.is_read_to_the_end
        assert other.calls("GET", "/tasks/") == []
    counts_hold(watched.index)


def test_an_answer_from_before_is_no_news(watched: Watched) -> None:
    """A page that was asked for before a task was, and comes after it."""
    from pipelines_portal.api_client.models import Task
    from pipelines_portal.task_index.recording import take_in

    ids = watched.create(1)
    read_on()
    earlier = timezone.now()
    watched.move(ids, "finished")
    read_again(NEWEST)
    row = watched.index.tasks.get()
    nodes = {"total": 0}
    old = Task(id=row.task_id, status="pending", node_summary=nodes, created_at=earlier, updated_at=earlier)
    take_in(watched.index, [old], earlier)
    assert watched.stands() == {"finished": 1}
    counts_hold(watched.index)


def test_unseen_for_two_weeks_it_ends_and_goes_on_when_seen(watched: Watched) -> None:
    WorkflowIndex.objects.update(seen_at=timezone.now() - WATCHED_FOR - timedelta(minutes=1))
    assert not work_on_next()
    watch([watched.workflow])
    assert work_on_next()


def test_unseen_for_long_it_is_removed_piece_by_piece(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.create(5)
    read_on()
    monkeypatch.setattr("pipelines_portal.task_index.watching.PIECE", 2)
    monkeypatch.setattr("pipelines_portal.task_index.watching.PIECES", 2)
    WorkflowIndex.objects.update(seen_at=timezone.now() - KEPT_FOR - timedelta(minutes=1))
    assert [let_go_unseen(), let_go_unseen()] == [1, 0]
    forget_indexes()
    assert IndexedTask.objects.count() == 1 and open_counts(watched.workflow) is None
    forget_indexes()
    assert not WorkflowIndex.objects.exists() and not IndexedTask.objects.exists()


def test_with_its_workflow_or_its_key_it_goes(watched: Watched) -> None:
    watched.create(2)
    read_on()
    watched.workflow.key.delete()
    assert WorkflowIndex.objects.get().workflow is None and not read_again(*Walk.Kind)
    forget_indexes()
    assert not WorkflowIndex.objects.exists()


def test_it_is_rebuilt_on_command(watched: Watched) -> None:
    watched.create(2)
    read_on()
    old = watched.index.pk
    WorkflowIndex.objects.update(stuck_hours=4)
    call_command("rebuild_task_index", str(watched.workflow.workflow_id))
    assert watched.index.pk != old and watched.index.stuck_hours == 4 and open_counts(watched.workflow) is None
    read_on()
    forget_indexes()
    assert watched.stands() == {"pending": 2} and WorkflowIndex.objects.count() == 1
    counts_hold(watched.index)
    with pytest.raises(CommandError, match="open its overview once"):
        call_command("rebuild_task_index", "4711")


def test_looking_often_writes_little(watched: Watched, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        watch([watched.workflow])


@pytest.mark.django_db(transaction=True)
def test_the_api_is_called_outside_of_transactions(watched: Watched) -> None:
    """Others can write while the API takes its time."""
    was_inside: list[bool] = []

    def look(request: Request) -> Reply:
        was_inside.append(connection.in_atomic_block)
        return task_list()

    watched.api.routes["/tasks"] = look
    assert read_on(1) == 1
    assert was_inside == [False]
    assert watched.index.newest_id == 0
