"""Pinned fields: the values with which a person's next task begins, in the form and in new rows of the grid.

Nothing is pinned that the person did not pin. In the grid, a column may also count up.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction
from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core.notation import Notation
from pipelines_portal.entry.form.presets import forget_stored, stored_for_form
from pipelines_portal.entry.models import PinnedFields
from pipelines_portal.entry.rows.cells import stored_text
from pipelines_portal.entry.rows.saving import Cell, PostedRow
from pipelines_portal.web.rendering import content_digest
from pipelines_portal.workflows.checking import RowCheck
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.fields.reading.local_times import NOWHERE
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow

# A longer text is kept from one task to the next alone.
LONGEST_TEXT = 1_000
# Which the script of the grid counts up: static/js/grid/counting.js.
LAST_NUMBER = re.compile(r"[0-9]+(?=[^0-9]*$)")


class Last(NamedTuple):
    """The text up to which a column has counted, and the number of its row."""

    text: str
    row: int = 0


@dataclass(frozen=True)
class Pins:
    """A person's pins: the names of pinned fields, and by field their texts, and how far columns have counted up."""

    names: set[str]
    texts: dict[str, str]
    series: dict[str, Last]

    @property
    def mark(self) -> str:
        """A digest that the form carries, so that unchanged pins need no write."""
        return mark_of(self.names, self.texts)


def mark_of(names: Iterable[str], texts: Mapping[str, str]) -> str:
    return f"{content_digest(sorted(names))}.{content_digest(sorted(texts.items()))}"


def read_pins(person: User, workflow: OpenedWorkflow, schema: Schema) -> Pins:
    stored = stored_for_form(person, workflow)
    known = {each.name for each in schema.fields}
    # A column that counts up is no text of the form, so it is not among the names.
    pinned = {name: text for name, text in stored.pinned_texts.items() if name in known}
    series = {name: Last(**last) for name, last in pinned.items() if isinstance(last, dict)}
    names = known.intersection(stored.pinned_names)
    texts = {name: text for name, text in pinned.items() if name in names and name not in series}
    return Pins(names, texts, series)


def pin_text(
    person: User, workflow: OpenedWorkflow, schema: Schema, name: str, text: str, *, counts: bool = False
) -> bool:
    """Pin the text of a field, or that the field counts up from it. Unpin the field if it is pinned in this way.

    The text is that of a cell: its value is pinned. Return whether it is pinned now.
    """
    pins = read_pins(person, workflow, schema)
    known = next(known for known in schema.fields if known.name == name)
    text = text if counts else _value_text(known, text)
    is_pinned = name not in pins.series if counts else bool(text) and pins.texts.get(name) != text
    pins.texts.pop(name, None)
    pins.series.pop(name, None)
    if is_pinned and counts:
        pins.series[name] = Last(text)
    elif is_pinned:
        pins.texts[name] = text
    names = pins.names | {name} if name in pins.texts else pins.names - {name}
    _store(person, workflow, Pins(names, pins.texts, pins.series))
    return is_pinned


def _value_text(known: Field, text: str) -> str:
    """Return the text of the value that a cell of the grid shows, or the text itself if it has no value."""
    typed = stored_text(known, text)
    value = RowCheck([known], Notation(), NOWHERE).field(known, typed).value
    return typed if value is None else type_of(known).as_text(value)


def pin_posted(person: User, workflow: OpenedWorkflow, schema: Schema, posted: QueryDict) -> None:
    """Store which fields the form has pinned, if it says so."""
    if "keeps" not in posted:
        return
    names = _posted_names(schema, posted)
    if posted.get("keeps", "").partition(".")[0] == mark_of(names, {}).partition(".")[0]:
        return
    pins = read_pins(person, workflow, schema)
    if names != pins.names:
        _store(person, workflow, Pins(names, pins.texts, pins.series))


def pin_values(person: User, workflow: OpenedWorkflow, schema: Schema, posted: QueryDict, sent: FieldValues) -> None:
    """Let the next task begin with the values that were sent in the form's pinned fields."""
    names = _posted_names(schema, posted)
    texts = {
        field.name: text
        for field in schema.fields
        if field.name in names and sent.get(field.name) is not None
        and len(text := type_of(field).as_text(sent[field.name])) <= LONGEST_TEXT
    }  # fmt: skip
    count_on(person, workflow, schema, posted, sent)
    if not names or posted.get("keeps") == mark_of(names, texts):
        return
    with transaction.atomic():
        if (stored := _locked(person, workflow)) is None:
            return
        kept = {name: text for name, text in stored.texts.items() if name not in names}
        stored.texts = kept | texts
        stored.save(update_fields=["texts"])
    forget_stored(workflow)


def _posted_names(schema: Schema, posted: QueryDict) -> set[str]:
    return {field.name for field in schema.fields}.intersection(posted.getlist("keep"))


def _store(person: User, workflow: OpenedWorkflow, pins: Pins) -> None:
    place: dict[str, Any] = {"owner": person, "key": workflow.key, "workflow_id": workflow.workflow_id}
    texts = pins.texts | {name: last._asdict() for name, last in pins.series.items()}
    values = {"names": sorted(pins.names), "texts": texts}
    PinnedFields.objects.update_or_create(**place, defaults=values)
    forget_stored(workflow)


def add_pins(person: User, workflow: OpenedWorkflow, schema: Schema, posted: list[PostedRow]) -> None:
    """Put the pinned texts into new rows, where nothing was typed, and remember how far columns have counted up."""
    pins = read_pins(person, workflow, schema)
    last = dict(pins.series)
    for row in sorted(posted, key=lambda row: row.number):
        if row.is_new and any(cell.after for cell in row.cells.values()):
            row.cells.update({name: Cell("", text) for name, text in pins.texts.items() if name not in row.cells})
        for name in last:
            text = row.cells[name].after if name in row.cells else ""
            if text and (row.is_new or row.number >= last[name].row):
                last[name] = _counted(last[name], text, row.number)
    if last != pins.series:
        _count_on(person, workflow, last)


def count_on(person: User, workflow: OpenedWorkflow, schema: Schema, posted: QueryDict, sent: FieldValues) -> None:
    """Remember how far the columns have counted with a task of the form, if its page says that some count."""
    if "counts" not in posted:
        return
    pins = read_pins(person, workflow, schema)
    known = {field.name: type_of(field) for field in schema.fields}
    texts = {name: known[name].as_text(sent[name]) for name in pins.series if sent.get(name) is not None}
    last = {name: _counted(pins.series[name], text) for name, text in texts.items()}
    if last != {name: pins.series[name] for name in last}:
        _count_on(person, workflow, pins.series | last)


def _counted(last: Last, text: str, row: int = 0) -> Last:
    """Return how far a column has counted after a text: of one series, the largest number stays.

    A row that set it may be corrected.
    """
    number, before = LAST_NUMBER.search(text), LAST_NUMBER.search(last.text)
    if number is None:
        return last
    is_alike = before and LAST_NUMBER.sub("", text) == LAST_NUMBER.sub("", last.text)
    is_correction = row and row == last.row
    if before and is_alike and not is_correction and _size(number[0]) <= _size(before[0]):
        return last
    return Last(text, row)


def _size(digits: str) -> tuple[int, str]:
    """Return what orders numbers of any length."""
    plain = digits.lstrip("0")
    return len(plain), plain


def _count_on(person: User, workflow: OpenedWorkflow, series: dict[str, Last]) -> None:
    """Store how far the columns have counted. Pins that another window has set since they were read stay."""
    with transaction.atomic():
        if (stored := _locked(person, workflow)) is None:
            return
        counting = [name for name in series if isinstance(stored.texts.get(name), dict)]
        stored.texts = stored.texts | {name: series[name]._asdict() for name in counting}
        stored.save(update_fields=["texts"])
    forget_stored(workflow)


def _locked(person: User, workflow: OpenedWorkflow) -> PinnedFields | None:
    """Return the stored pins, or None if they were cleared in another window."""
    place = {"owner": person, "key": workflow.key_id, "workflow_id": workflow.workflow_id}
    return PinnedFields.objects.select_for_update().filter(**place).first()
