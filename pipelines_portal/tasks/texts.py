"""Texts of the list of tasks, of one task, and of notes on tasks."""

from collections.abc import Sequence

# Conditions that are typed into the query box
NOT_A_STATUS = "“{word}” isn’t a status. Use {words} or needs attention."
NOT_A_DAY = "“{word}” isn’t a day. Use today, 27.11.2026, 2026-11-27 or 2026-11-01..2026-11-27."
NOT_A_DURATION = "“{word}” isn’t a duration. Use 24h or 3d."
NO_SUCH_CONDITION = 'No condition is called {name}. Try {example}, or search for the text in quotes: "{text}".'
CONDITION_EMPTY = {
    "status": "Enter a status, for example “failed” or “needs attention”.",
    "day": "Enter a day, for example “today” or “27.11.2026”.",
    "stuck": "Enter how long, for example “24h” or “3d”.",
    "sent": "Enter “me”, “anyone”, or part of a name or email.",
    "import": "Enter part of a file name.",
    "workflow": "Enter a workflow ID.",
}

# The list
NEEDS_ATTENTION = "Needs attention"
ALL_STATUSES = "All"
OPEN = "Open"
ALL_TASKS = "All tasks"
FILTERED = "Filtered"
MINE_TODAY = "Mine today"
STUCK = "Stuck for {hours} h"
RATE_LIMITED = "Pipelines asks us to wait"
NOT_RESPONDING = "Pipelines isn’t responding"
PAGE_IS_GONE = "That page is gone. Showing the newest tasks."
FILTER_REFUSED = "Pipelines refused the filter."

# Export
STILL_READING = "Not exported. We’re still reading this workflow. Try again later, or filter by day."
TOO_MANY_TO_EXPORT = "Not exported. This list has more than {most:,} tasks. Filter by import or day."

# One task
NO_SUCH_TASK = "Task {task} isn’t in {workflow}"
IN_ANOTHER_WORKFLOW = "It may belong to another workflow."
VIEW_TASKS = "View tasks"
STATUS_AND_STEPS = "{status}, {finished:,} of {total:,} steps finished"
SOMEONE = "Someone"

# Notes on tasks
NO_TASK_CHOSEN = "Select at least one task."
TOO_MANY_TASKS = "Select at most {most} tasks."
NOTE_TOO_LONG = "Enter at most {most} characters."
NOTE_MISSING = "Enter a note, for example “asked Ana”."
MUTE_HELP = (
    "Everyone using this workflow sees the note. "
    "The task no longer counts as needing attention until its status changes."
)
CHANGED_BY_OTHERS = "Someone else has already changed this"


def muted(task_ids: Sequence[int | str]) -> str:
    return f"Task {task_ids[0]} muted" if len(task_ids) == 1 else f"{len(task_ids)} tasks muted"


def not_muted(task_ids: Sequence[int | str]) -> str:
    if len(task_ids) == 1:
        return f"Task {task_ids[0]} not muted: its status has changed"
    return f"{len(task_ids)} tasks not muted: their status has changed"


def nothing_to_mute(task_ids: Sequence[int | str]) -> str:
    if len(task_ids) == 1:
        return f"Task {task_ids[0]} not muted: it doesn’t need attention"
    return f"{len(task_ids)} tasks not muted: they don’t need attention"


def marked_as_mistakes(task_ids: Sequence[int | str]) -> str:
    if len(task_ids) == 1:
        return f"Task {task_ids[0]} marked as a mistake"
    return f"{len(task_ids)} tasks marked as mistakes"


def unmuted(task_ids: Sequence[int | str]) -> str:
    return f"Task {task_ids[0]} unmuted" if len(task_ids) == 1 else f"{len(task_ids)} tasks unmuted"


def counted_again(task_ids: Sequence[int | str]) -> str:
    if len(task_ids) == 1:
        return f"Task {task_ids[0]} is counted again"
    return f"{len(task_ids)} tasks are counted again"


def mute_question(task_ids: Sequence[int | str]) -> str:
    return f"Mute task {task_ids[0]}?" if len(task_ids) == 1 else f"Mute {len(task_ids)} tasks?"


def mistake_question(task_ids: Sequence[int | str]) -> str:
    if len(task_ids) == 1:
        return f"Mark task {task_ids[0]} as a mistake?"
    return f"Mark {len(task_ids)} tasks as mistakes?"
