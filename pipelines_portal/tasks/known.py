"""What the pages say of a task without values: its step, and how long it has waited there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines_portal.api_client import Task, TaskStatus
from pipelines_portal.api_client.task_status import label_of
from pipelines_portal.core.times import duration

# Of more steps, those around the present one are listed.
MOST_STEPS = 30


def known_words(task: Task, now: datetime) -> str:
    """Return, for example, "Waiting at step 2 of 4 for 2 h 5 min"."""
    steps, label = task.node_summary, label_of(task.status)
    if task.status == TaskStatus.FINISHED:
        return f"Finished in {_span(task.updated_at - task.created_at)}"
    if task.status == TaskStatus.PENDING and not steps.finished:
        return f"Not started for {_span(now - task.created_at)}"
    if steps.finished >= steps.total:  # it has no steps, or its status contradicts them
        return f"{label} for {_span(now - task.updated_at)}"
    place = f"step {steps.finished + 1} of {steps.total}"
    if task.status in (TaskStatus.PENDING, TaskStatus.IN_PROGRESS):
        return f"Waiting at {place} for {_span(now - task.updated_at)}"
    took = _span(task.updated_at - task.created_at)
    failed_after = f"after step {steps.finished} of {steps.total}" if steps.finished else f"at {place}"
    words: dict[str, str] = {
        TaskStatus.FAILED: f"Failed {failed_after}, in {took}",
        TaskStatus.ESCALATED: f"Escalated at {place}, after {took}",
        TaskStatus.QUARANTINED: f"Quarantined at {place}, after {took}",
    }
    return words.get(task.status, f"{label} at {place}")


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    return duration(seconds) if seconds >= 60 else "less than a minute"


@dataclass(frozen=True)
class Step:
    """A step of a task. `took` is in words, "" if nobody knows. `is_now`: the task waits here."""

    number: int
    status: str
    took: str
    is_now: bool = False


def steps_of(task: Task, now: datetime) -> list[Step]:
    summary, steps, since = task.node_summary, list[Step](), task.updated_at
    first = max(1, min(summary.finished - MOST_STEPS // 2, summary.total - MOST_STEPS + 1))
    for number in range(first, min(summary.total, first + MOST_STEPS - 1) + 1):
        status, took, is_now = "", "", False
        if number <= summary.finished:
            status, took = "finished", _span(since - task.created_at) if number == summary.finished == 1 else ""
        elif number == summary.finished + 1:
            status, is_now = task.status, task.is_open
            took = _span(now - since) if is_now else ""
        steps.append(Step(number, status, took, is_now))
    return steps
