"""What the pages say of a task without values: its step, and how long it has waited there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines_portal.api_client import Task, TaskStatus
from pipelines_portal.api_client.task_status import label_of
from pipelines_portal.core.times import duration
from pipelines_portal.task_index.steps import FEWEST_TASKS, usual_seconds

# Of more steps, those around the present one are listed.
MOST_STEPS = 30
# A wait is compared with what is usual if it is so many times as long, and not of seconds.
SLOW, SHORT = 2, timedelta(minutes=1)
Medians = list[list[int]]


def known_words(task: Task, medians: Medians, now: datetime) -> str:
    """Return, for example, "Waiting at step 2 of 4 for 2 h 5 min, usually 25 min"."""
    steps, label = task.node_summary, label_of(task.status)
    if task.status == TaskStatus.FINISHED:
        return f"Finished in {_span(task.updated_at - task.created_at)}"
    if task.status == TaskStatus.PENDING and not steps.finished:
        return f"Not started for {_waited(task.created_at, 0, medians, now)}"
    if steps.finished >= steps.total:  # it has no steps, or its status contradicts them
        return f"{label} for {_span(now - task.updated_at)}"
    place = f"step {steps.finished + 1} of {steps.total}"
    if task.status in (TaskStatus.PENDING, TaskStatus.IN_PROGRESS):
        return f"Waiting at {place} for {_waited(task.updated_at, steps.finished + 1, medians, now)}"
    took = _span(task.updated_at - task.created_at)
    failed_after = f"after step {steps.finished} of {steps.total}" if steps.finished else f"at {place}"
    words: dict[str, str] = {
        TaskStatus.FAILED: f"Failed {failed_after}, in {took}",
        TaskStatus.ESCALATED: f"Escalated at {place}, after {took}",
        TaskStatus.QUARANTINED: f"Quarantined at {place}, after {took}",
    }
    return words.get(task.status, f"{label} at {place}")


def _waited(since: datetime, step: int, medians: Medians, now: datetime) -> str:
    waited = now - since
    usual = slow_at(step, waited, medians)
    return f"{_span(waited)}, usually {_span(usual)}" if usual else _span(waited)


def slow_at(step: int, waited: timedelta, medians: Medians) -> timedelta | None:
    """Return how long the step usually takes if this task waits far longer."""
    usual = usual_seconds(medians, step)
    if usual is None or waited <= max(SLOW * timedelta(seconds=usual), SHORT):
        return None
    return timedelta(seconds=usual)


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    return duration(seconds) if seconds >= 60 else "less than a minute"


@dataclass(frozen=True)
class Step:
    """A step of a task. `took` and `usual` are in words, "" if nobody knows. `is_now`: the task waits here."""

    number: int
    status: str
    took: str
    usual: str
    is_now: bool = False


@dataclass(frozen=True)
class Steps:
    """The steps of a task. `is_slow`: it waits for far longer than usual. `tasks`: those that the medians are of."""

    steps: list[Step]
    is_slow: bool
    tasks: int


def steps_of(task: Task, medians: Medians, since: datetime | None, now: datetime) -> Steps:
    """Return the steps of a task. `since`: when it was first seen at its present step."""
    summary, steps = task.node_summary, []
    since = since or task.updated_at
    first = max(1, min(summary.finished - MOST_STEPS // 2, summary.total - MOST_STEPS + 1))
    for number in range(first, min(summary.total, first + MOST_STEPS - 1) + 1):
        seconds = usual_seconds(medians, number)
        usual = "" if seconds is None else _span(timedelta(seconds=seconds))
        status, took, is_now = "", "", False
        if number <= summary.finished:
            status, took = "finished", _span(since - task.created_at) if number == summary.finished == 1 else ""
        elif number == summary.finished + 1:
            status, is_now = task.status, task.is_open
            took = _span(now - since) if is_now else ""
        steps.append(Step(number, status, took, usual, is_now))
    is_slow = task.is_open and slow_at(summary.finished + 1, now - since, medians) is not None
    counted = [count for _, count in medians[1:] if count >= FEWEST_TASKS]
    return Steps(steps, is_slow, max(counted, default=0))
