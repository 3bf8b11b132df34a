"""Sentences about workflows."""

# How tasks are created
FORM_AND_IMPORT, FILES, CLOSED = "Form, import", "Files", "Closed"

# The types of fields. A type that is unknown to us keeps the API's word.
TYPE_NAMES = {
    "short_text": "Short text",
    "long_text": "Long text",
    "code": "Code",
    "boolean": "Yes or no",
    "numeric": "Number",
    "datetime": "Date and time",
    "select": "Choice",
    "rating": "Rating",
    "ranking": "Ranking",
    "pairwise": "Pairwise comparison",
    "criteria": "Criteria",
    "file_upload": "File",
}

# What people type, instead of the API's hints for programs.
FORMATS = {
    "true or false": "Yes or no",
    "ISO 8601 date-time": "For example 2026-03-30 12:00",
    "File path inside the ZIP": "A file. In a spreadsheet: its path in the ZIP file, for example images/cat.png.",
}

INSTRUCTIONS_SAVED = "Saved"
NOTES_ARE_WRITTEN_BY = "Only the owner of this key and leads of its teams can write instructions."
ADD_IT = "Add it"


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


def removed(name: str) -> str:
    return f"{name} removed for everyone"


def too_many(count: int, most: int) -> str:
    return f"Add at most {most} at a time. These are {count}."


def not_an_id(text: str) -> str:
    return f"“{text}” isn’t a workflow ID. Enter a number or a link, for example 42."


def not_in_list_title(workflow_id: int) -> str:
    return f"Workflow {workflow_id} isn’t in your list"


def not_in_list(key_name: str) -> str:
    return f"Add it with the key “{key_name}” to see its tasks."


def format_of(api_hint: str) -> str:
    """Return how values of a field are typed."""
    return next((words for start, words in FORMATS.items() if api_hint.startswith(start)), api_hint)


def hint_for(label: str) -> str:
    return f"Hint for {label}"


def changed_by_other(stored: str) -> str:
    if stored:
        return f"Someone else changed it to “{stored}”. Save again to replace it."
    return "Someone else removed it. Save again to replace it."
