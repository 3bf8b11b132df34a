"""What is wrong with a cell, in the two or three words that fit into it."""

from pipelines_portal.api_client import Field
from pipelines_portal.matching.notation import NUMBERS
from pipelines_portal.workflows.fields.numbers import bounds
from pipelines_portal.workflows.fields.rankings import items_of


def short_reason(known: Field, text: str, messages: list[str]) -> str:
    """Return what is wrong in two or three words. The sentence is elsewhere."""
    if not messages:
        return ""
    if not text.strip():
        return "Required"
    if "must" in messages[0] and (words := _words_of_type(known)):
        return words
    message = messages[0].removeprefix(known.label).strip()
    return message[:1].upper() + message[1:]


def _words_of_type(known: Field) -> str:
    if known.type in NUMBERS:
        low, high = bounds(known.format_hint)
        return "Not a number" if low is None or high is None else f"Use {low:g} to {high:g}"
    is_ranking = known.type == "ranking" and items_of(known)
    words = {"select": "Not an option", "boolean": "Not an option", "datetime": "Not a time"}
    return "Not all items" if is_ranking else words.get(known.type, "")
