"""Sentences of Home, of the overview of a workflow and of the palette."""

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


# --- Home: no workflow takes tasks ------------------------------------------------------------------------------------

WORKFLOWS_CLOSED = "Your workflows don’t take new tasks now. Choose or add another one."


def ask_to_replace(key_name: str, owner: object) -> str:
    return f"Key “{key_name}” doesn’t work. Ask its owner, {owner}, to replace it."


# --- Home: numbers that are missing or old ----------------------------------------------------------------------------


def key_rejected(key_name: str) -> str:
    return f"Key “{key_name}” was rejected. Its numbers aren’t updated."


def counting(names: list[str]) -> str:
    where = ", ".join(names) if len(names) <= 3 else f"{len(names)} workflows"
    return f"Counting tasks in {where}. This takes a few minutes the first time."


def last_updated(name: str, moment: str) -> str:
    return f"{name} was last updated at {moment}."


# --- Home: things to continue and to review ---------------------------------------------------------------------------


def saved(state: str) -> str:
    """Return what stands before the time when a draft was saved."""
    return f"{state}, saved" if state else "Saved"


def unconfirmed(sender: str = "") -> str:
    """Return what stands before the time since when it is unconfirmed."""
    return f"Sent by {sender}, unconfirmed since" if sender else "Unconfirmed since"


def paused(sender: str = "") -> str:
    return f"Sent by {sender}, paused since" if sender else "Paused since"


def mistakes(count: int) -> str:
    return "mistake or replaced" if count == 1 else "mistakes or replaced"


def rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


# --- the chart of days ------------------------------------------------------------------------------------------------


def day_not_counted(day: str) -> str:
    return f"{day}: not counted"


def day_counted(day: str, created: int, finished: int) -> str:
    return f"{day}: {created:,} created, {finished:,} finished"


def chart_summary(first: str, last: str) -> str:
    return f"Tasks created and finished per day, {first} to {last}."


def chart_maximum(count: int, day: str) -> str:
    return f"Most created: {count:,} on {day}."


CHART_EMPTY = "Not counted yet."

# --- the palette ------------------------------------------------------------------------------------------------------


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
