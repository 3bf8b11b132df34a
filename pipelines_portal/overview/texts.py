"""Sentences of the overview of a workflow and of the palette, and the greeting of Home."""

STUCK_HOURS_SAVED = "Saved for everyone with this API key"
WRONG_SPAN = "Choose a time from the list."


def greeting(hour: int, name: str, *, is_new: bool) -> str:
    """Return "Good afternoon, Ben" by the hour of the person's clock, or "Welcome, Ben"."""
    if is_new:
        return f"Welcome, {name}" if name else "Welcome"
    if hour < 12:
        return f"Good morning, {name}" if name else "Good morning"
    if hour < 18:
        return f"Good afternoon, {name}" if name else "Good afternoon"
    return f"Good evening, {name}" if name else "Good evening"


def day_not_counted(day: str) -> str:
    return f"{day}: not counted"


def day_counted(day: str, created: int, finished: int) -> str:
    return f"{day}: {created:,} created, {finished:,} finished"


def chart_summary(first: str, last: str) -> str:
    return f"Tasks created and finished per day, {first} to {last}."


def chart_maximum(count: int, day: str) -> str:
    return f"Most created: {count:,} on {day}."


CHART_EMPTY = "Not counted yet."


def add_workflows(ids: list[int]) -> str:
    return f"Add workflow {ids[0]}" if len(ids) == 1 else f"Add workflows {', '.join(map(str, ids))}"


# Before the name of a workflow
TYPE_ROWS = "Type rows in"
IMPORT_ROWS = "Import into"
UPLOAD_FILES = "Upload files to"
EXPORT_TASKS = "Export tasks of"
DARK_MODE = "Dark mode"
LIGHT_MODE = "Light mode"
SYSTEM_COLORS = "Colors of the system"


def preset_in(workflow: str) -> str:
    return f"Preset in {workflow}"


def draft_in(workflow: str) -> str:
    return f"Draft in {workflow}"
