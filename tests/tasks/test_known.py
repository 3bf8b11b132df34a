"""What pages say of a task whose values they do not have."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines_portal.api_client import NodeSummary, Task
from pipelines_portal.tasks.known import known_words, steps_of

NOW = datetime(2026, 11, 30, 9, 12, tzinfo=UTC)


def make(status: str, finished: int, *, created: int, updated: int) -> Task:
    """Return a task of four steps that was created and updated so many minutes ago."""
    summary = NodeSummary(total=4, finished=finished, in_progress=min(4 - finished, 1))
    at = [NOW - timedelta(minutes=minutes) for minutes in (created, updated)]
    return Task(id=1, status=status, node_summary=summary, created_at=at[0], updated_at=at[1])


@pytest.mark.parametrize(
    ("status", "finished", "created", "updated", "words"),
    [
        ("in_progress", 2, 161, 20, "Waiting at step 3 of 4 for 20 min"),
        ("in_progress", 1, 162, 125, "Waiting at step 2 of 4 for 2 h 5 min"),
        ("in_progress", 1, 162, 45, "Waiting at step 2 of 4 for 45 min"),
        ("in_progress", 2, 900, 600, "Waiting at step 3 of 4 for 10 h"),
        ("pending", 0, 180, 180, "Not started for 3 h"),
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
    assert known_words(make(status, finished, created=created, updated=updated), NOW) == words


def test_the_steps_of_a_task_have_their_times() -> None:
    steps = steps_of(make("in_progress", 1, created=162, updated=125), NOW)
    assert [(step.status, step.took) for step in steps] == [
        ("finished", "37 min"),
        ("in_progress", "2 h 5 min"),
        ("", ""),
        ("", ""),
    ]


@pytest.mark.parametrize(("finished", "first"), [(0, 1), (14, 1), (120, 105), (500, 471)])
def test_of_many_steps_those_around_the_present_one_are_listed(finished: int, first: int) -> None:
    summary = NodeSummary(total=500, finished=finished, in_progress=0)
    task = Task(id=1, status="in_progress", node_summary=summary, created_at=NOW, updated_at=NOW)
    assert [step.number for step in steps_of(task, NOW)] == list(range(first, first + 30))
