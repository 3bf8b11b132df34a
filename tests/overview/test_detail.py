"""The overview of a workflow shows only what was read."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.core.times import duration
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.overview.charts import build_chart
from pipelines_portal.task_index.jobs import scan_next
from pipelines_portal.task_index.models import KeyThrottle, Scan, WorkflowIndex
from pipelines_portal.task_index.reads import DayCount, days_of
from tests.each_case import each_case
from tests.factories import (
    make_colleague,
    make_index,
    make_stranger,
    make_submission,
    make_task,
    make_team,
    open_workflow,
    share_key,
)
from tests.fake_api import FakeApi
from tests.htmx_page import HtmxPage
from tests.pages import shown_time, text_of


def address(workflow: Any, name: str = "detail") -> str:
    return reverse(f"overview:{name}", args=[workflow.key_id, workflow.workflow_id])


def test_opening_the_page_starts_the_scans(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """S7: the page shows no numbers before the first cycle."""
    workflow = open_workflow(saved_key)
    api.create(2)
    words = text_of(page.get(address(workflow)))
    assert "Counting tasks" in words and "unfinished tasks" not in words and "Created today" not in words
    while _step():
        pass
    words = text_of(page.get(address(workflow)))
    assert "unfinished tasks" in words and "Counting" not in words and "still loading" not in words


def _step() -> bool:
    KeyThrottle.objects.update(next_call_at=timezone.now())
    Scan.objects.filter(kind=Scan.Kind.BACKFILL, due_at__isnull=False).update(due_at=timezone.now())
    return scan_next()


def test_counts_stuck_tasks_and_durations_are_shown(page: Any, saved_key: SavedKey) -> None:
    now = timezone.now()
    old = now - timedelta(days=3)
    tasks = [
        make_task(1, "in_progress", old, 1),
        make_task(2, "pending", now),
        make_task(3, "paused", old),
        make_task(4, "failed", old),
    ]
    index = make_index(
        open_workflow(saved_key),
        [*tasks, make_task(5, "finished", now - timedelta(hours=2), 1.5)],
        median_seconds=5400,
        p90_seconds=5400,
    )
    words = text_of(page.get(address(index.workflow)))
    assert "4 unfinished tasks" in words
    assert "Unfinished tasks: 1 failed, 1 in progress, 1 pending, 1 paused" in words
    assert "1 stuck task" in words and "/tasks/?stuck=24h" in words
    assert "1 h 30 min" in words and "Oldest open task" in words


def test_the_hours_until_a_task_is_stuck_are_stored_for_the_workflow(page: Any, saved_key: SavedKey) -> None:
    old = timezone.now() - timedelta(hours=30)
    index = make_index(open_workflow(saved_key), [make_task(1, "in_progress", old)])
    where = address(index.workflow, "stuck_hours")
    assert page.post(where, {"hours": "72"}).url.endswith("#stuck")
    assert "No stuck tasks" in text_of(page.get(address(index.workflow)))
    answer = page.post(where, {"hours": "-1"})
    assert answer.status_code == 422 and "Choose a time from the list." in text_of(answer)
    index.refresh_from_db()
    assert index.stuck_hours == 72


def test_the_page_says_that_counts_are_old_or_scans_have_stopped(page: Any, saved_key: SavedKey) -> None:
    index = make_index(
        open_workflow(saved_key),
        [make_task(1, "pending", timezone.now())],
        open_as_of=timezone.now() - timedelta(hours=2),
    )
    assert "Updating… these numbers are from" in text_of(page.get(address(index.workflow)))
    WorkflowIndex.objects.update(problem="no-answer", problem_at=timezone.now())
    assert "Pipelines isn’t responding" in text_of(page.get(address(index.workflow)))


def test_each_number_has_the_time_at_which_it_was_read(page: Any, saved_key: SavedKey) -> None:
    """Numbers that were read at different times show different times, and a list that was cut shows a plus."""
    now = timezone.now()
    index = make_index(
        open_workflow(saved_key),
        [make_task(1, "failed", now), make_task(2, "pending", now), make_task(3, "finished", now, 0.001)],
        open_as_of=now - timedelta(minutes=12),
        ends_as_of=now - timedelta(minutes=18),
        newest_as_of=now - timedelta(minutes=2),
        durations_as_of=now - timedelta(minutes=7),
        median_seconds=60,
        p90_seconds=60,
    )
    words = re.sub(r"<[^>]+>", "", text_of(page.get(address(index.workflow))))
    old, new, durations = (f"Updated {shown_time(now - timedelta(minutes=m))}" for m in (12, 2, 7))
    assert re.search(rf"2 unfinished tasks\s+{old}", words)
    assert re.search(rf"Created today\s+3\s+{new}", words) and durations in words
    assert re.search(rf"Finished today\s+1\+\s+{old}", words)
    index.status_counts.filter(status="failed").update(is_cut=True, listed=1000)
    assert re.search(r"1,001\+ unfinished tasks", re.sub(r"<[^>]+>", "", text_of(page.get(address(index.workflow)))))


def test_only_documented_statuses_link_to_the_task_list(page: Any, saved_key: SavedKey) -> None:
    """The API lists tasks by one status, and has no list of an undocumented status."""
    now = timezone.now()
    index = make_index(
        open_workflow(saved_key), [make_task(1, "failed", now), make_task(2, "pending", now), make_task(3, "odd", now)]
    )
    lists = reverse("tasks:list", args=[index.workflow.key_id, index.workflow.workflow_id])
    main = page.get(address(index.workflow)).content.decode().split('id="overview"')[1].split("</main>")[0]
    assert re.findall(rf'href="{lists}([?"].*?)"', main) == ["?status=failed", "?status=pending"]


def test_a_running_count_shows_its_progress(page: Any, saved_key: SavedKey) -> None:
    now = timezone.now()
    tasks = [make_task(number, "pending", now) for number in range(1, 4)]
    index = make_index(open_workflow(saved_key), tasks, newest_counted=200)
    words = text_of(page.get(address(index.workflow)))
    assert "Counting new tasks: 3 so far" in words and "still loading" not in words
    WorkflowIndex.objects.update(newest_counted=None, open_counted=2, open_as_of=now - timedelta(minutes=11))
    words = text_of(page.get(address(index.workflow)))
    assert "Counting new tasks: 2 so far" in words and "still loading" not in words


def test_unknown_durations_are_not_shown(page: Any, saved_key: SavedKey) -> None:
    index = make_index(open_workflow(saved_key), [make_task(1, "finished", timezone.now(), 1)], durations_as_of=None)
    words = text_of(page.get(address(index.workflow)))
    assert "Not counted yet" in words and "9 of 10 finish within" not in words


def test_the_page_of_a_rejected_key_does_not_promise_updates(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    SavedKey.objects.update(rejected_at=timezone.now() - timedelta(seconds=9))
    words = text_of(page.get(address(workflow)))
    assert "The API key was rejected" in words and f"/keys/{saved_key.pk}/#replace" in words and "Counting" not in words
    assert "Not counted yet" not in words and "every 5s" not in words
    make_index(workflow, [], open_as_of=timezone.now() - timedelta(hours=2))
    words = text_of(page.get(address(workflow)))
    assert "The API key was rejected" in words and "Updating…" not in words


def test_a_day_that_was_not_read_does_not_count_as_zero(page: Any, saved_key: SavedKey) -> None:
    """A day that was partly read is not shown either."""
    now = timezone.now()
    read_back = now - timedelta(days=2)
    tasks = [make_task(1, "finished", read_back, 1)]
    index = make_index(open_workflow(saved_key), tasks, is_backfilled=False, backfilled_to=read_back)
    days = days_of([index], 5, now)[index.pk]
    assert [day.created for day in days] == [None, None, None, 0, 0]
    words = text_of(page.get(address(index.workflow)))
    assert "Not counted yet" in words and "is still loading" in words


def test_chart_and_table_have_the_same_numbers(page: Any, saved_key: SavedKey) -> None:
    tasks = [make_task(n, "finished", timezone.now() - timedelta(days=n), 1) for n in (1, 2)]
    shown = HtmxPage(page, address(make_index(open_workflow(saved_key), tasks).workflow))
    titles = [node.text for node in shown.find_all("title")]
    rows = [[cell.text for cell in row.walk() if cell.tag == "td"] for row in shown.find("#days-table").walk()]
    days = [row for row in rows if len(row) == 3 and "(today)" not in row[0]]
    assert len(days) == 29 and ["1", "1"] in [row[1:] for row in days]
    assert {f"{day}: {created} created, {finished} finished" for day, created, finished in days} <= {*titles}


@each_case("zone", ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Vienna", "America/St_Johns"])
def test_days_begin_at_midnight_in_the_time_zone_of_the_person(saved_key: SavedKey, zone: str) -> None:
    """This includes a change to winter time, and offsets that are not whole hours."""
    from zoneinfo import ZoneInfo

    with timezone.override(ZoneInfo(zone)):
        now = datetime(2026, 10, 26, 12, tzinfo=ZoneInfo(zone))
        midnight = now.replace(hour=0) - timedelta(days=1)
        tasks = [make_task(1, "pending", midnight), make_task(2, "pending", midnight - timedelta(seconds=1))]
        tasks.append(make_task(3, "pending", now.replace(hour=0)))
        index = make_index(open_workflow(saved_key), tasks)
        assert [day.created for day in days_of([index], 3, now)[index.pk]] == [1, 1, 1]


def test_only_a_lead_sees_what_each_person_sent_today(page: Any, client: Any, person: Any, saved_key: SavedKey) -> None:
    stranger = make_stranger()
    colleague = make_colleague()
    index = make_index(open_workflow(saved_key), [make_task(1, "pending", timezone.now())])
    share_key(saved_key, make_team(colleague, lead=stranger))
    sent = {
        "key": saved_key,
        "workflow_id": index.workflow.workflow_id,
        "status": "partly_created",
        "sent_at": timezone.now(),
    }
    make_submission(colleague, success_count=43, error_count=2, **sent)
    for user in (person, stranger):
        client.force_login(user)
        words = text_of(client.get(address(index.workflow)))
        assert "Sent today" in words and "Ben Okafor" in words and ">43<" in words
    client.force_login(colleague)
    assert "Sent today" not in text_of(client.get(address(index.workflow)))


def test_unknown_statuses_and_impossible_times_are_shown(page: Any, saved_key: SavedKey) -> None:
    first, last = datetime(1970, 1, 2, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
    tasks = [
        make_task(1, "dreaming", first),
        make_task(2, "finished", last),
        make_task(3, "pending", first),
    ]
    tasks.append(make_task(4, "escalated", first).model_copy(update={"created_at": None, "updated_at": None}))
    index = make_index(open_workflow(saved_key), tasks)
    words = text_of(page.get(address(index.workflow)))
    assert "3 unfinished tasks" in words and "1 dreaming" in words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s"), (59, "59 s"), (3599, "59 min"), (3600, "1 h"), (6720, "1 h 52 min"), (46 * 3600, "46 h"),
        (86400 * 3, "3 d"), (86400 * 5 + 3 * 3600, "5 d 3 h"), (86400 * 4000, "4,000 d"),
    ],
)  # fmt: skip
def test_durations_have_one_or_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_charts_of_unread_and_of_large_numbers() -> None:
    today = timezone.localdate()
    unread = [DayCount(today - timedelta(days=29 - number), None, None) for number in range(30)]
    assert build_chart(unread).summary.endswith("Not counted yet.")
    read = [DayCount(day.date, number * 1000, 1) for number, day in enumerate(unread)]
    chart = build_chart(read)
    assert [line.value for line in chart.lines] == ["0", "10,000", "20,000", "30,000"]
    assert chart.days[-1].label == "today" and "Most created: 29,000" in chart.summary
    assert float(chart.label_x) > 7 * len("30,000") and float(chart.label_x) < float(chart.left) < 60
    many = [DayCount(day.date, number * 10_000, 1) for number, day in enumerate(unread)]
    assert [line.value for line in build_chart(many).lines] == ["0", "100k", "200k", "300k"]
    few = [DayCount(day.date, 2, 0) for day in unread]
    assert build_chart(few).left == "34.0"
    assert [line.value for line in build_chart(few).lines] == ["0", "1", "2", "3"]
