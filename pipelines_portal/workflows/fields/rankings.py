"""Rankings: items in an order."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.rankings_read import items_of

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

    def help(self, field: Field) -> str:
        hint = f"{field.format_hint.rstrip('.')}. " if field.format_hint else ""
        return f"{hint}One item a line, the first one on top."

    def as_text(self, value: Any) -> str:
        if not isinstance(value, list):
            return super().as_text(value)
        is_one_line = len(value) == 1 and any(mark in str(value[0]) for mark in (",", ">", "["))
        return json.dumps(value, ensure_ascii=False) if is_one_line else "\n".join(map(str, value))


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
