"""Sentences about workflows."""

# How tasks are created
FORM_AND_IMPORT, FILES, CLOSED = "Form, import", "Files", "Closed"


def added(count: int, known: list[str]) -> str:
    """Return how many workflows were added, and the names of those that were in the list before."""
    if not known:
        return _count_added(count)
    return f"{_count_added(count)} · {already_listed(known)}" if count else already_listed(known)


def _count_added(count: int) -> str:
    return "1 workflow added" if count == 1 else f"{count} workflows added"


def already_listed(names: list[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} is in the list already"
    *others, last = names
    return f"{', '.join(others)} and {last} are in the list already"


def not_added(ids: list[int]) -> str:
    named = ", ".join(map(str, ids))
    return f"Workflow {named} wasn’t added." if len(ids) == 1 else f"Workflows {named} weren’t added."


def not_found(ids: list[int]) -> str:
    named = ", ".join(map(str, ids))
    return f"This key has no {'workflow' if len(ids) == 1 else 'workflows'} {named}. Check the ID, or use another key."


def changed_by_other(stored: str) -> str:
    if stored:
        return f"Someone else changed it to “{stored}”. Save again to replace it."
    return "Someone else removed it. Save again to replace it."
