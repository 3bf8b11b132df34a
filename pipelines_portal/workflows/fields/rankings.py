"""Items put in order."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType, is_blank

LISTED = "Each once, first is highest: "


SENT = "send-"
AS_LIST = "listed-"


class OrderedInput(forms.Textarea):
    """An item a line; or an input an item, where the page shows them as a list (`AS_LIST`). A list that nobody moved
    or said to send (`SENT`) is nothing: it stands in an order that nobody chose.
    """

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        if AS_LIST + name in data and SENT + name not in data:
            return ""
        texts = data.getlist(name) if isinstance(data, MultiValueDict) else [data[name]] if name in data else []
        return "\n".join(texts)


class Ranking(FieldType):
    """A list; of the items that the hint names, where it does, each once."""

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
        """An item a line: commas belong to the items."""
        return [line.strip() for line in text.split("\n") if line.strip()]

    def read_cell(self, value: Any) -> Any:
        """JSON, or else one item a comma or line. A cell that is empty holds no order, rather than one of nothing."""
        if not isinstance(value, str) or is_blank(value):
            return value
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, list):
            return parsed
        return [item.strip() for item in value.replace("\n", ",").split(",") if item.strip()]

    def objection(self, field: Field, value: Any) -> str:
        if not isinstance(value, list):
            return "must be a list in order"
        items = items_of(field)
        return f"must hold each of these once: {', '.join(items)}" if _is_no_order_of(items, value) else ""

    def as_text(self, value: Any) -> str:
        return "\n".join(map(str, value)) if isinstance(value, list) else super().as_text(value)


def items_of(field: Field) -> list[str]:
    """What a hint such as "Each once, first is highest: A, B, C" says to put in order; empty when it does not."""
    _, found, listed = (field.format_hint or "").partition(LISTED)
    return [item.strip() for item in listed.split(",")] if found else []


def in_order(field: Field, text: str) -> list[str]:
    """The items to show as a list: as they were ordered, as far as they still are items; then the others."""
    items = items_of(field)
    typed = [line.strip() for line in text.split("\n")]
    ordered = list(dict.fromkeys(item for item in typed if item in items))
    return ordered + [item for item in items if item not in ordered]


def moved(items: list[str], place: int, by: int) -> list[str]:
    """With the one at `place` a step up (-1) or down (1); as they are at the ends."""
    other = place + by
    if 0 <= place < len(items) and 0 <= other < len(items):
        items = items.copy()
        items[place], items[other] = items[other], items[place]
    return items


def _is_no_order_of(items: list[str], ranked: list[Any]) -> bool:
    """Whether it surely is none. An item with a comma in it cannot be told from two."""
    if not items or any(isinstance(item, str) and "," in item for item in ranked):
        return False
    return not all(isinstance(item, str) for item in ranked) or sorted(ranked) != sorted(items)
