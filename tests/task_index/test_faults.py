"""Failures of the API and of the worker delay a scan, and never change a count."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.task_index import jobs, scanning
from pipelines_portal.task_index.counts import open_counts
from pipelines_portal.task_index.jobs import scan_next
from pipelines_portal.task_index.models import (
    LEASE,
    STORED_FOR,
    WATCHED_FOR,
    IndexedTask,
    KeyThrottle,
    Scan,
    WorkflowIndex,
)
from tests import samples
from tests.each_case import each_case
from tests.factories import open_workflow
from tests.fake_api import Reply, Request, answer, error, fake_api, task_list

from .conftest import Watched
from .scanning import check_counts_match, scan_again, scan_due

LISTS, SUSPECTS, NEWEST = Scan.Kind.LISTS, Scan.Kind.SUSPECTS, Scan.Kind.NEWEST


class Killed(BaseException):
    """A kill of the worker. Handlers of errors do not catch it."""


@pytest.mark.parametrize(("owner", "name"), [(jobs, "record"), (Scan, "advance")])
def test_a_scan_continues_after_a_kill_between_two_pages(
    watched: Watched, set_page_size: Any, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    """The page is read again and counted once, whether or not it was recorded before the kill."""
    watched.create(7)
    set_page_size(2)
    steps, original = 0, getattr(owner, name)

    def killed_often(*args: Any, **options: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps % 2:
            raise Killed
        return original(*args, **options)

    monkeypatch.setattr(owner, name, killed_often)
    for _ in range(60):
        try:
            scan_due()
        except Killed:
            leases = timezone.now() + LEASE - timedelta(seconds=20), timezone.now() + LEASE
            Scan.objects.filter(due_at__range=leases).update(due_at=timezone.now())
        if watched.index.is_backfilled and open_counts(watched.workflow):
            break
    assert watched.statuses() == {"pending": 7} and watched.index.is_backfilled
    assert open_counts(watched.workflow) is not None
    check_counts_match(watched.index)


def test_a_worker_that_lost_its_lease_writes_nothing(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its call took longer than the lease, and another worker made the step."""
    watched.create(2)
    fetch = scanning.fetch

    def late(scan: Scan, client: Any) -> Any:
        response = fetch(scan, client)
        Scan.objects.filter(pk=scan.pk).update(due_at=timezone.now() + timedelta(days=1))
        return response

    monkeypatch.setattr(jobs, "fetch", late)
    scan_due()
    assert not IndexedTask.objects.exists() and watched.index.open_as_of is None


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_count_each_task_once(watched: Watched, set_page_size: Any) -> None:
    watched.create(20)
    set_page_size(3)
    threads = [threading.Thread(target=_work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scan_due()
    assert watched.statuses() == {"pending": 20} and watched.index.backfilled_count == 20
    check_counts_match(watched.index)


def _work() -> None:
    from django.db import OperationalError, connection

    for _ in range(15):
        try:
            KeyThrottle.objects.update(next_call_at=timezone.now())
            Scan.objects.filter(kind=Scan.Kind.BACKFILL, due_at__lt=timezone.now() + timedelta(seconds=6)).update(
                due_at=timezone.now()
            )
            scan_next()
        except OperationalError:  # the database was locked for too long: a worker tries again, too
            continue
    connection.close()


def test_all_scans_with_a_key_make_one_call_a_second(watched: Watched) -> None:
    """The scans of all workflows share this rate. The rest of the 600 calls a minute is for people."""
    other = open_workflow(watched.workflow.key, 1, name="Other")
    WorkflowIndex.objects.watch([other])
    before = timezone.now()
    assert scan_next() and not scan_next()
    pace = KeyThrottle.objects.get().next_call_at - before
    assert timedelta(seconds=1) <= pace < timedelta(seconds=2)


def test_a_first_count_uses_half_of_what_the_api_leaves(watched: Watched, settings: Any) -> None:
    """400 calls in 40 seconds: one every 0.2 seconds. Later counts make one call a second again."""
    left = {"RateLimit_Remaining": "400", "RateLimit_Reset": "40"}
    page = {"tasks": [], "next_cursor": "older", "has_more": True}
    with fake_api(answer(200, page, **left)) as other:
        settings.PIPELINES_API_URL = other.url
        assert scan_next()
        assert pause_of_key() < timedelta(seconds=0.21)
        WorkflowIndex.objects.update(open_as_of=timezone.now(), is_backfilled=True)
        Scan.objects.update(due_at=timezone.now(), position={})
        KeyThrottle.objects.update(next_call_at=timezone.now())
        assert scan_next()
        assert pause_of_key() > timedelta(seconds=0.8)


def pause_of_key() -> timedelta:
    return KeyThrottle.objects.get().next_call_at - timezone.now()


def test_scans_pause_for_a_minute_after_a_429(watched: Watched, settings: Any) -> None:
    """S62, S63."""
    with fake_api(error(429, "rate_limit_exceeded", "Slow down", retry_after=7)) as other:
        settings.PIPELINES_API_URL = other.url
        assert scan_next() and not scan_next()
        assert len(other.requests) == 1
    left = KeyThrottle.objects.get().next_call_at - timezone.now()
    assert timedelta(seconds=55) < left <= timedelta(seconds=60)
    settings.PIPELINES_API_URL = watched.api.url
    SavedKey.objects.update(paused_until=None)
    scan_due()
    assert watched.index.open_as_of is not None


def test_a_rejected_key_is_not_used_again(watched: Watched, settings: Any) -> None:
    """S23 to S28: it is used again once a check finds that it works."""
    with fake_api(error(401, "invalid_api_key", "Unknown key")) as other:
        settings.PIPELINES_API_URL = other.url
        assert scan_due() == 1 and len(other.requests) == 1
    settings.PIPELINES_API_URL = watched.api.url
    scan_again(*Scan.Kind)
    assert watched.index.open_as_of is None
    SavedKey.objects.update(rejected_at=None)
    scan_again(LISTS, NEWEST)
    assert watched.index.open_as_of is not None


@each_case(
    ("fault", "problem"),
    [
        (error(500, "internal_error", "Broken"), "no-answer"),
        (answer(200, text="<p>A proxy</p>"), "no-answer"),
        (error(404, "not_found", "No workflow"), "not-found"),
    ],
)
def test_a_failing_api_is_called_less_and_less_often(watched: Watched, settings: Any, fault: Any, problem: str) -> None:
    with fake_api(fault) as other:
        settings.PIPELINES_API_URL = other.url
        assert scan_due() == 2
        assert watched.index.problem == problem
        since = watched.index.problem_at
        scan_again(LISTS)
        scan = Scan.objects.get(kind=LISTS)
        assert scan.due_at is not None and scan.due_at > timezone.now() + timedelta(seconds=110)
        assert watched.index.problem_at == since
    settings.PIPELINES_API_URL = watched.api.url
    scan_again(LISTS)
    assert not watched.index.problem and Scan.objects.get(kind=LISTS).failures == 0


def test_a_garbled_task_does_not_delay_other_suspects(watched: Watched, settings: Any) -> None:
    ids = watched.create(2)
    scan_due()
    watched.move(ids, "finished")
    watched.api.routes[f"/tasks/{ids[0]}"] = answer(200, {"id": "nonsense"})
    scan_again(LISTS)
    assert watched.statuses() == {"pending": 1, "finished": 1}
    watched.api.routes.clear()
    scan_again(LISTS)
    assert watched.statuses() == {"finished": 2}


def _page(*ids: int, further: str | None) -> Any:
    tasks = [samples.task(number, "pending") for number in ids]
    return answer(200, {"tasks": tasks, "next_cursor": further, "has_more": further is not None})


@each_case(
    "circle",
    [
        {"cursor=a": _page(9, 8, further="a")},
        {"cursor=a": _page(7, 6, further="b"), "cursor=b": _page(9, 8, further="a")},
        {"cursor=a": _page(further="a")},
        {"cursor=a": error(400, "invalid_request", "The cursor has expired")},
    ],
)
def test_a_scan_in_a_cursor_loop_restarts_after_growing_pauses(
    watched: Watched, settings: Any, circle: dict[str, Any]
) -> None:
    """The list does not count as read, and the scan does not use up the calls of the key."""
    with fake_api(_page(9, 8, further="a")) as other:
        other.routes |= circle
        settings.PIPELINES_API_URL = other.url
        assert _steps_while_due() < 60
        assert watched.index.open_as_of is None and not watched.index.is_backfilled
        scan = Scan.objects.get(kind=LISTS)
        assert scan.due_at is not None and scan.due_at > timezone.now() + timedelta(seconds=50)
    settings.PIPELINES_API_URL = watched.api.url
    scan_again(LISTS, NEWEST, Scan.Kind.BACKFILL)
    assert watched.index.open_as_of is not None and not Scan.objects.get(kind=LISTS).position


def _steps_while_due(most: int = 200) -> int:
    """Scan without the throttle of the key, and with the pauses of the scans. Return the number of steps."""
    for made in range(most):
        KeyThrottle.objects.update(next_call_at=timezone.now())
        if not scan_next():
            return made
    return most


def test_an_empty_page_with_a_cursor_is_not_the_end(watched: Watched, settings: Any) -> None:
    """Tasks on the pages behind it are not suspects."""
    with fake_api(_page(further=None)) as other:
        other.routes |= {"cursor=b": _page(5, 4, further=None), "cursor=a": _page(further="b")}
        other.routes |= {"status=pending": _page(9, 8, further="a"), "status=": _page(further=None)}
        other.routes |= {"/tasks?": _page(9, 8, further="a")}
        settings.PIPELINES_API_URL = other.url
        scan_due(100)
        scan_again(LISTS, NEWEST)
        assert watched.statuses() == {"pending": 4} and watched.index.is_backfilled
        assert other.calls("GET", "/tasks/") == []
    check_counts_match(watched.index)


def test_the_response_to_an_earlier_request_is_ignored(watched: Watched) -> None:
    from pipelines_portal.api_client.models import Task
    from pipelines_portal.task_index.recording import record_tasks

    ids = watched.create(1)
    scan_due()
    earlier = timezone.now()
    watched.move(ids, "finished")
    scan_again(NEWEST)
    row = watched.index.tasks.get()
    nodes = {"total": 0}
    old = Task(id=row.task_id, status="pending", node_summary=nodes, created_at=earlier, updated_at=earlier)
    record_tasks(watched.index, [old], earlier)
    assert watched.statuses() == {"finished": 1}
    check_counts_match(watched.index)


def test_scans_stop_after_two_weeks_without_a_reader_and_resume_when_seen(watched: Watched) -> None:
    WorkflowIndex.objects.update(seen_at=timezone.now() - WATCHED_FOR - timedelta(minutes=1))
    assert not scan_next()
    WorkflowIndex.objects.watch([watched.workflow])
    assert scan_next()


def test_an_unseen_index_is_deleted_in_batches(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.create(5)
    scan_due()
    monkeypatch.setattr("pipelines_portal.task_index.models.DELETE_BATCH", 2)
    monkeypatch.setattr("pipelines_portal.task_index.models.MAX_DELETE_BATCHES", 2)
    WorkflowIndex.objects.update(seen_at=timezone.now() - STORED_FOR - timedelta(minutes=1))
    assert [WorkflowIndex.objects.retire_unseen(), WorkflowIndex.objects.retire_unseen()] == [1, 0]
    WorkflowIndex.objects.delete_retired()
    assert IndexedTask.objects.count() == 1 and open_counts(watched.workflow) is None
    WorkflowIndex.objects.delete_retired()
    assert not WorkflowIndex.objects.exists() and not IndexedTask.objects.exists()


def test_an_index_is_deleted_after_its_key(watched: Watched) -> None:
    watched.create(2)
    scan_due()
    watched.workflow.key.delete()
    assert WorkflowIndex.objects.get().workflow is None and not scan_again(*Scan.Kind)
    WorkflowIndex.objects.delete_retired()
    assert not WorkflowIndex.objects.exists()


def test_the_command_rebuilds_an_index(watched: Watched) -> None:
    watched.create(2)
    scan_due()
    old = watched.index.pk
    WorkflowIndex.objects.update(stuck_hours=4)
    call_command("rebuild_task_index", str(watched.workflow.workflow_id))
    assert watched.index.pk != old and watched.index.stuck_hours == 4 and open_counts(watched.workflow) is None
    scan_due()
    WorkflowIndex.objects.delete_retired()
    assert watched.statuses() == {"pending": 2} and WorkflowIndex.objects.count() == 1
    check_counts_match(watched.index)
    with pytest.raises(CommandError, match="Open its overview once"):
        call_command("rebuild_task_index", "4711")


def test_watching_again_writes_nothing(watched: Watched, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        WorkflowIndex.objects.watch([watched.workflow])


@pytest.mark.django_db(transaction=True)
def test_the_api_is_called_outside_of_transactions(watched: Watched) -> None:
    """A slow API must not lock the database."""
    was_inside: list[bool] = []

    def look(request: Request) -> Reply:
        was_inside.append(connection.in_atomic_block)
        return task_list()

    watched.api.routes["/tasks"] = look
    assert scan_due(1) == 1
    assert was_inside == [False]
    assert watched.index.newest_id == 0
