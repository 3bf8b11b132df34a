"""Rankings: items in an order."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType, is_blank

LISTED = "Each once, first is highest: "
LONGEST_IN_SHORT = 1_000


SENT = "send-"
AS_LIST = "listed-"


class OrderedInput(forms.Textarea):
    """A textarea with one item per line, or one input per item if the page shows a list (`AS_LIST`).

    A list that the person neither changed nor confirmed (`SENT`) has no value, because nobody chose its order.
    """

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        if AS_LIST + name in data and SENT + name not in data:
            return ""
        texts = data.getlist(name) if isinstance(data, MultiValueDict) else [data[name]] if name in data else []
        return "\n".join(texts)


class Ranking(FieldType):
    """A list in order. If the hint names the items, each of them once."""

    def widget(self, field: Field) -> forms.Widget:
        return OrderedInput(attrs={"rows": 4})

    def labels(self, field: Field) -> dict[str, Any]:
        labels = super().labels(field)
        if items_of(field):
            labels["error_messages"] = {"required": f"{field.label}: put these in order, or say that they are."}
        return labels

    def help(self, field: Field) -> str:
        hint = f"{field.format_hint.rstrip('.')}. " if field.format_hint else ""
        return f"{hint}One item a line, the first one on top."

    def read_text(self, text: str) -> Any:
        """Read one item per line. Commas belong to the items."""
        return [line.strip() for line in text.split("\n") if line.strip()]

    def read_cell(self, value: Any) -> Any:
        """Read JSON, or items separated by commas or line ends. An empty cell has no value."""
        if not isinstance(value, str) or is_blank(value):
            return value
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, list):
            return parsed
        return [item.strip() for item in value.replace("\n", ",").split(",") if item.strip()]

    def rejection(self, field: Field, value: Any) -> str:
        if not isinstance(value, list):
            return "isn’t a list in order"
        items = items_of(field)
        return (
            f"needs all {len(items)}, each once, highest first: {', '.join(items)}"
            if _is_no_order_of(items, value)
            else ""
        )

    def error_message(self, field: Field, value: Any) -> str:
        items = items_of(field)
        return f"List all {len(items)}, each once, highest first." if self.rejection(field, value) else ""

    def as_text(self, value: Any) -> str:
        return "\n".join(map(str, value)) if isinstance(value, list) else super().as_text(value)


def items_of(field: Field) -> list[str]:
    """Return the items of a hint such as "Each once, first is highest: A, B, C", or []."""
    _, found, listed = (field.format_hint or "").partition(LISTED)
    return [item.strip() for item in listed.split(",")] if found else []


def items_in_short(field: Field, text: str) -> list[str] | None:
    """Return the items that a text ranks in short: 2134, their first letters as in dbac, or names in any case.

    None: the text ranks not all items, or says it in another way.
    """
    items = items_of(field)
    if not items or len(text) > LONGEST_IN_SHORT:
        return None
    names: dict[str, str] = {}
    if not any(item[:1].isdigit() for item in items):  # such an item and a number in the order could be mistaken
        names |= {str(number): item for number, item in enumerate(items, 1)} if len(items) < 10 else {}
        letters = {item[0].casefold(): item for item in items if item}
        names |= letters if len(letters) == len(items) else {}
    names |= {item.casefold(): item for item in items}
    typed = [part.strip().casefold() for part in re.split("[>,\n]", text) if part.strip()]
    if len(typed) == 1:
        typed = list("".join(typed[0].split()))
    ranked = [names[part] for part in typed if part in names]
    return ranked if len(ranked) == len(typed) and sorted(ranked) == sorted(items) else None


def in_order(field: Field, text: str) -> list[str]:
    """Return all items: first those in the typed order, then the others."""
    items = items_of(field)
    typed = [line.strip() for line in text.split("\n")]
    ordered = list(dict.fromkeys(item for item in typed if item in items))
    return ordered + [item for item in items if item not in ordered]


def moved(items: list[str], place: int, by: int) -> list[str]:
    """Return the items with the one at `place` moved up (-1) or down (1)."""
    other = place + by
    if 0 <= place < len(items) and 0 <= other < len(items):
        items = items.copy()
        items[place], items[other] = items[other], items[place]
    return items


def _is_no_order_of(items: list[str], ranked: list[Any]) -> bool:
    """Return whether the ranking certainly is not an order of the items. Items with commas are ambiguous."""
    if not items or any(isinstance(item, str) and "," in item for item in ranked):
        return False
    return not all(isinstance(item, str) for item in ranked) or sorted(ranked) != sorted(items)
