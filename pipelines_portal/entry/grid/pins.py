"""The texts with which new rows of the grid begin, and the columns that count up in them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.entry.form.presets import pinned_names
from pipelines_portal.entry.models import PinnedFields
from pipelines_portal.entry.rows.saving import Cell, PostedRow
from pipelines_portal.workflows.models import OpenedWorkflow


class Last(NamedTuple):
    """The text up to which a column has counted, and the number of its row."""

    text: str
    row: int = 0


@dataclass(frozen=True)
class Pins:
    """A person's pins, by field: the texts, and how far columns have counted up."""

    texts: dict[str, str]
    series: dict[str, Last]

    def __bool__(self) -> bool:
        return bool(self.texts or self.series)


def read_pins(person: User, workflow: OpenedWorkflow, schema: Schema) -> Pins:
    stored = PinnedFields.objects.filter(owner=person, key=workflow.key_id, workflow_id=workflow.workflow_id).first()
    if stored is None:
        return Pins({}, {})
    known = {each.name for each in schema.fields}
    # A column that counts up is no text of the form, so it is not among the names.
    pinned = {name: text for name, text in stored.texts.items() if name in known}
    series = {name: Last(**last) for name, last in pinned.items() if isinstance(last, dict)}
    texts = {name: text for name, text in pinned.items() if name in stored.names and name not in series}
    return Pins(texts, series)


def pin_text(
    person: User, workflow: OpenedWorkflow, schema: Schema, name: str, text: str, *, counts: bool = False
) -> bool:
    """Pin the text of a field, or that the field counts up from it. Unpin the field if it is pinned in this way.

    Return whether it is pinned now.
    """
    pins, names = read_pins(person, workflow, schema), pinned_names(person, workflow, schema)
    is_pinned = name not in pins.series if counts else bool(text) and pins.texts.get(name) != text
    pins.texts.pop(name, None)
    pins.series.pop(name, None)
    if is_pinned and counts:
        pins.series[name] = Last(text)
    elif is_pinned:
        pins.texts[name] = text
    names = names | {name} if name in pins.texts else names - {name}
    _store(person, workflow, pins, names=sorted(names))
    return is_pinned


def _store(person: User, workflow: OpenedWorkflow, pins: Pins, **more: Any) -> None:
    place: dict[str, Any] = {"owner": person, "key": workflow.key, "workflow_id": workflow.workflow_id}
    texts = pins.texts | {name: last._asdict() for name, last in pins.series.items()}
    PinnedFields.objects.update_or_create(**place, defaults={"texts": texts} | more)


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
                last[name] = Last(text, row.number)
    if last != pins.series:
        _store(person, workflow, Pins(pins.texts, last))
