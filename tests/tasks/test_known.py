"""What pages say of a task whose values they do not have."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines_portal.api_client import NodeSummary, Task
from pipelines_portal.task_index.models import IndexedTask, StepTime
from pipelines_portal.task_index.steps import MOST_STEPS, measure_steps, step_times
from pipelines_portal.tasks.known import known_words, steps_of
from tests.factories import make_index, open_workflow

NOW = datetime(2026, 11, 30, 9, 12, tzinfo=UTC)
# The start takes 2 minutes, and the steps 30 and 25; the third was seen too seldom.
MEDIANS = [[120, 40], [1800, 214], [1500, 214], [1200, 19]]


def make(status: str, finished: int, *, created: int, updated: int) -> Task:
    """Return a task of four steps that was created and updated so many minutes ago."""
    summary = NodeSummary(total=4, finished=finished, in_progress=min(4 - finished, 1))
    at = [NOW - timedelta(minutes=minutes) for minutes in (created, updated)]
    return Task(id=1, status=status, node_summary=summary, created_at=at[0], updated_at=at[1])


@pytest.mark.parametrize(
    ("status", "finished", "created", "updated", "words"),
    [
        ("in_progress", 2, 161, 20, "Waiting at step 3 of 4 for 20 min"),
        ("in_progress", 1, 162, 125, "Waiting at step 2 of 4 for 2 h 5 min, usually 25 min"),
        ("in_progress", 1, 162, 45, "Waiting at step 2 of 4 for 45 min"),
        ("in_progress", 2, 900, 600, "Waiting at step 3 of 4 for 10 h"),
        ("pending", 0, 180, 180, "Not started for 3 h, usually 2 min"),
        ("pending", 0, 0, 0, "Not started for less than a minute"),
        ("finished", 4, 124, 52, "Finished in 1 h 12 min"),
        ("failed", 1, 23, 14, "Failed after step 1 of 4, in 9 min"),
        ("failed", 0, 23, 14, "Failed at step 1 of 4, in 9 min"),
        ("escalated", 1, 60, 20, "Escalated at step 2 of 4, after 40 min"),
        ("paused", 1, 60, 20, "Paused at step 2 of 4"),
        ("archived", 1, 60, 20, "archived at step 2 of 4"),
        ("in_progress", 4, 60, 20, "In progress for 20 min"),
    ],
)
def test_it_is_said_how_far_a_task_is(status: str, finished: int, created: int, updated: int, words: str) -> None:
    """The usual time is added if the wait is more than twice as long, and twenty tasks were measured."""
    assert known_words(make(status, finished, created=created, updated=updated), MEDIANS, NOW) == words


def test_the_steps_of_a_task_have_their_times() -> None:
    steps = steps_of(make("in_progress", 1, created=162, updated=5), MEDIANS, NOW - timedelta(minutes=125), NOW)
    assert [(step.status, step.took, step.usual) for step in steps.steps] == [
        ("finished", "37 min", "30 min"),
        ("in_progress", "2 h 5 min", "25 min"),
        ("", "", ""),
        ("", "", ""),
    ]
    assert (steps.is_slow, steps.tasks) == (True, 214)


def test_a_step_of_seconds_is_not_slow() -> None:
    task, medians = make("in_progress", 1, created=2, updated=0), [[5, 40], [5, 40], [5, 40]]
    later = NOW + timedelta(seconds=50)
    assert known_words(task, medians, later) == "Waiting at step 2 of 4 for less than a minute"
    assert not steps_of(task, medians, None, later).is_slow


@pytest.mark.parametrize(("finished", "first"), [(0, 1), (14, 1), (120, 105), (500, 471)])
def test_of_many_steps_those_around_the_present_one_are_listed(finished: int, first: int) -> None:
    summary = NodeSummary(total=500, finished=finished, in_progress=0)
    task = Task(id=1, status="in_progress", node_summary=summary, created_at=NOW, updated_at=NOW)
    assert [step.number for step in steps_of(task, [], None, NOW).steps] == list(range(first, first + 30))


def test_times_at_steps_are_measured_and_forgotten(saved_key: Any) -> None:
    index = make_index(open_workflow(saved_key), [])
    now = datetime.now(UTC)
    StepTime.objects.add(index, [(1, seconds, now) for seconds in (60, 120, 600)])
    StepTime.objects.add(index, [(2, 30, now - timedelta(days=15))])
    measure_steps(index)
    index.refresh_from_db()
    assert index.step_medians == [[0, 0], [120, 3]]
    assert StepTime.objects.count() == 3


@pytest.mark.parametrize(("step", "count"), [(MOST_STEPS, 1), (MOST_STEPS + 1, 0), (2**31 - 1, 0)])
def test_steps_that_no_workflow_has_are_not_measured(step: int, count: int) -> None:
    before, after = (
        IndexedTask(task_id=1, status="in_progress", nodes_finished=step - ago, updated_at=NOW, step_since=NOW)
        for ago in (1, 0)
    )
    assert len(list(step_times({1: before}, [after]))) == count
