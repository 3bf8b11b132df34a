"""What people read of a group: where its tasks stand, and what separates them. Nothing says why: Pipelines doesn't.

Values of rows and names of files are for those who may see one of the group's rows. Who sent a task is for everybody
who uses the key, as in the list of tasks.
"""

from datetime import datetime
from typing import Any

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.api_client.task_status import label_of
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.core import times

# The order in which facts are named.
ORDER = ("import", "sender", "field", "hour")
NOTHING = "nothing in common but the step"
Line = dict[str, Any]


def title_of(group: ProblemGroup, may_see: bool) -> str:
    """Return, for example, "Failed after step 1 of 4, all from orders-november.csv"."""
    if group.is_single:
        return "1 single task" if group.task_count == 1 else f"{group.task_count:,} single tasks"
    facts = _in_order(group.facts)
    return f"{place_of(group)}, {_in_title(facts[0], may_see)}" if facts else place_of(group)


def place_of(group: ProblemGroup) -> str:
    status, step, steps = group.status, group.step, group.steps
    if step >= steps:  # it has no steps, or its status contradicts them
        return label_of(status)
    if status == TaskStatus.PENDING and not step:
        return "Not started"
    if status in (TaskStatus.PENDING, TaskStatus.IN_PROGRESS):
        return f"Waiting at step {step + 1} of {steps}"
    if status == TaskStatus.FAILED and step:
        return f"Failed after step {step} of {steps}"
    return f"{label_of(status)} at step {step + 1} of {steps}"


def details_of(group: ProblemGroup, may_see: bool) -> list[str]:
    """Return what separates the tasks, with the number for which each fact holds, and who sent all of them."""
    counted = {_key(line): line for line in group.shared}
    details = [
        words if (line := counted.get(_key(fact))) is None else f"{words} in {line['here']:,} of {line['of']:,}"
        for fact in _in_order(group.facts)
        if fact["kind"] == "field" and (words := fact_words(fact, may_see))
    ]
    senders = [fact for fact in group.facts if fact["kind"] == "sender"]
    senders = senders or [line for line in group.shared if line["kind"] == "sender" and line["here"] == line["of"]]
    if senders:
        details.append(f"sent by {senders[0]['label']}")
    details += [fact_words(fact, may_see) for fact in group.facts if fact["kind"] == "hour"]
    if not details and not group.is_single and not group.facts:
        return [NOTHING]
    return details


def fact_words(fact: Line, may_see: bool) -> str:
    """Return a fact as it stands in a line: "Country is TR", or "one value of Country" for others."""
    subject, value = fact_parts(fact, may_see)
    return f"{subject} {value}"


def fact_parts(fact: Line, may_see: bool) -> tuple[str, str]:
    """Return what a fact is about, and what it says."""
    match fact["kind"]:
        case "sender":
            return "Sent by", fact["label"]
        case "import":
            return ("Import", fact["label"]) if may_see else ("One", "import")
        case "hour":
            return "Sent", _span(fact["label"])
        case _:
            return (fact["title"], f"is {fact['label']}") if may_see else ("One value of", fact["title"])


def _in_title(fact: Line, may_see: bool) -> str:
    match fact["kind"]:
        case "import":
            return f"all from {fact['label']}" if may_see else "all from one import"
        case "sender":
            return "all from one sender"
        case "hour":
            return f"all sent {_span(fact['label'])}"
        case _:
            return fact_words(fact, may_see) if may_see else f"one value of {fact['title']}"


def _span(label: str) -> str:
    """Return when the first and the last of the tasks were sent: "Thu 26 Nov, 14:03–14:21"."""
    try:
        first, *last = (times.local(datetime.fromisoformat(at)) for at in label.split())
    except ValueError:
        return label
    until = last[-1] if last else first
    day = f"{first:%a} {first.day} {first:%b}, {first:%H:%M}"
    return day if until == first else f"{day}–{until:%H:%M}"


def _in_order(facts: list[Line]) -> list[Line]:
    return sorted(facts, key=lambda fact: ORDER.index(fact["kind"]) if fact["kind"] in ORDER else len(ORDER))


def _key(fact: Line) -> tuple[str, str, str]:
    return fact["kind"], fact["name"], fact["value"]
