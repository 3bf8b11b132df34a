"""Rankings: the items of a field, and the orders in which people write them."""

import re

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.reading.json_lists import json_in

LISTED = "Each once, first is highest: "
LONGEST_IN_SHORT = 1_000


def items_of(field: Field) -> list[str]:
    """Return the items of a hint such as "Each once, first is highest: A, B, C", or []."""
    if field.type != "ranking":
        return []
    _, found, listed = (field.format_hint or "").partition(LISTED)
    return [item.strip() for item in listed.split(",")] if found else []


def ranked_items(field: Field, text: str) -> list[object]:
    """Return the items that a text ranks, the first one highest.

    It is written in short, as a JSON list, with an item on each line, or with `>` or commas between them.
    """
    if in_short := items_in_short(field, text):
        return list(in_short)
    if text.lstrip().startswith("[") and isinstance(parsed := json_in(text), list):
        return parsed
    between = next((mark for mark in ("\n", " > ", ",") if mark in text.strip()), "\n")
    return [item.strip() for item in text.split(between) if item.strip()]


def items_in_short(field: Field, text: str) -> list[str] | None:
    """Return the items that a text ranks in short: 2134, their first letters as in dbac, or names in any case.

    None: the text ranks not all items, or says it in another way.
    """
    items = items_of(field)
    if not items or len(text) > LONGEST_IN_SHORT:
        return None
    names: dict[str, str] = {}
    if not any(item[:1].isdigit() for item in items):  # such an item and a number in the order could be mistaken
        names = {str(number): item for number, item in enumerate(items, 1)} if len(items) < 10 else {}
        letters = {item[0].casefold(): item for item in items if item}
        names |= letters if len(letters) == len(items) else {}
    names |= {item.casefold(): item for item in items}
    typed = [part.strip().casefold() for part in re.split("[>,\n]", text) if part.strip()]
    if len(typed) == 1:
        typed = list("".join(typed[0].split()))
    ranked = [names[part] for part in typed if part in names]
    return ranked if len(ranked) == len(typed) and sorted(ranked) == sorted(items) else None


def is_no_order_of(items: list[str], ranked: list[object]) -> bool:
    """Return whether the ranking certainly is not an order of the items. Items with commas are ambiguous."""
    if not items or any(isinstance(item, str) and "," in item for item in ranked):
        return False
    names = [item for item in ranked if isinstance(item, str)]
    return len(names) != len(ranked) or sorted(names) != sorted(items)
