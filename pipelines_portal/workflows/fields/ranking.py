"""Rankings: items in an order. If the hint names the items, each of them once."""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.circumstances import Circumstances
from pipelines_portal.workflows.fields.reading.json_lists import json_in
from pipelines_portal.workflows.fields.verdicts import Wrong

SENT = "send-"
AS_LIST = "listed-"
LISTED = "Each once, first is highest: "
# Between the items of a ranking that is typed in one line.
ORDERED = " > "
LONGEST_IN_SHORT = 1_000
MOST_LISTED = 20


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
    api_name, label_in_portal, label_in_files = "ranking", "Ranking", "Ranking"
    accepted = "Highest first, separated by commas"
    takes_values = has_lines = True
    room = (16, 26)

    @cached_property
    def items(self) -> list[str]:
        """The items of a hint such as "Each once, first is highest: A, B, C", or []."""
        _, found, listed = (self.field.format_hint or "").partition(LISTED)
        return [item.strip() for item in listed.split(",")] if found else []

    @property
    def how_to_fill(self) -> str:
        return ": put its items in order" if self.items else ""

    def read(self, entered: Any, about: Circumstances) -> Any:
        ranked = ranked_items(self.items, entered) if isinstance(entered, str) else entered
        if not isinstance(ranked, list):
            raise Wrong("ranking", "Not a list", "Enter the items in order, the first one highest.")
        if is_no_order_of(self.items, ranked):
            numbered = ", ".join(f"{number} {item}" for number, item in enumerate(self.items[:MOST_LISTED], 1))
            raise Wrong("ranking", "Not all items", f"Rank all {len(self.items)}, each once: {numbered}.")
        return ranked

    def stored(self, text: str, notation: Notation, zone: str, now: Any) -> str:
        if ORDERED not in text or "\n" in text:
            return text
        return "\n".join(item.strip() for item in text.split(ORDERED))

    stored_in_file = stored

    def shown(self, text: str) -> str:
        return ORDERED.join(line.strip() for line in text.split("\n") if line.strip())

    def shown_and_edited(self, text: str, notation: Notation, *, is_wrong: bool) -> tuple[str, str]:
        return (self.shown(text),) * 2

    def differs(self, value: Any, listed: str) -> bool:
        """Return False: nobody keeps orders in a list."""
        return False

    def widget(self) -> forms.Widget:
        return OrderedInput(attrs={"rows": 4})

    @property
    def help(self) -> str:
        hint = f"{self.field.format_hint.rstrip('.')}. " if self.field.format_hint else ""
        return f"{hint}One item a line, the first one on top."

    def as_text(self, value: Any) -> str:
        if not isinstance(value, list):
            return super().as_text(value)
        is_one_line = len(value) == 1 and any(mark in str(value[0]) for mark in (",", ">", "["))
        return json.dumps(value, ensure_ascii=False) if is_one_line else "\n".join(map(str, value))

    def in_order(self, text: str) -> list[str]:
        typed = [line.strip() for line in text.split("\n")]
        ordered = list(dict.fromkeys(item for item in typed if item in self.items))
        return ordered + [item for item in self.items if item not in ordered]


def moved(items: list[str], place: int, by: int) -> list[str]:
    """Return the items with the one at `place` moved up (-1) or down (1)."""
    other = place + by
    if 0 <= place < len(items) and 0 <= other < len(items):
        items = items.copy()
        items[place], items[other] = items[other], items[place]
    return items


def ranked_items(items: list[str], text: str) -> list[object]:
    """Return the items that a text ranks, the first one highest.

    It is written in short, as a JSON list, with an item on each line, or with `>` or commas between them.
    """
    if in_short := items_in_short(items, text):
        return list(in_short)
    if text.lstrip().startswith("[") and isinstance(parsed := json_in(text), list):
        return parsed
    between = next((mark for mark in ("\n", ORDERED, ",") if mark in text.strip()), "\n")
    return [item.strip() for item in text.split(between) if item.strip()]


def items_in_short(items: list[str], text: str) -> list[str] | None:
    """Return the items that a text ranks in short: 2134, their first letters as in dbac, or names in any case.

    None: the text ranks not all items, or says it in another way.
    """
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
