"""The values of a row: its cells as the matching says, what was typed over them, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.imports.matching import Matching, folded
from pipelines_portal.spreadsheets.cells import Cell, fault_of, text_of, value_for
from pipelines_portal.spreadsheets.dates import moment_text
from pipelines_portal.spreadsheets.numbers import number_text
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.checking import objection_to
from pipelines_portal.workflows.fields.types import type_of

EMPTY = "The row is empty: no column of it holds a value."
MOST_KEPT = 20_000


@dataclass(frozen=True)
class Fault:
    """`value` is the text that stands in the file, "" for none. `field` is "" for what is wrong with the row itself."""

    field: str
    message: str
    value: str = ""


@dataclass
class ReadRow:
    values: FieldValues
    faults: list[Fault] = field(default_factory=list)


class RowReader:
    """Reads rows of one import. The same text in the same field is judged once: most columns repeat themselves."""

    def __init__(self, schema: Schema, matching: Matching) -> None:
        self.matching = matching
        places = matching.places()
        self._columns = [(known, places.get(known.name)) for known in schema.fields]
        self._judged: dict[str, dict[str, tuple[Any, Fault | None]]] = {known.name: {} for known in schema.fields}

    def read(self, cells: Sequence[Cell], typed: Mapping[str, str] | None = None) -> ReadRow:
        """`typed` goes over the cells, by field."""
        row = ReadRow({})
        for known, place in self._columns:
            cell = self._cell(known, place, cells, typed or {})
            value, fault = self.judge(known, cell)
            if not is_blank(value):
                row.values[known.name] = value
            if fault:
                row.faults.append(fault)
        if not row.values and not row.faults:
            row.faults.append(Fault("", EMPTY))
        return row

    def _cell(self, known: Field, place: int | None, cells: Sequence[Cell], typed: Mapping[str, str]) -> Cell:
        if known.name in typed:
            return typed[known.name]
        cell: Cell = cells[place] if place is not None and place < len(cells) else ""
        # A constant is for every row, and for those whose own cell is empty where the field has a column too.
        return cell if cell != "" else self.matching.constants.get(known.name, "")

    def judge(self, known: Field, cell: Cell) -> tuple[Any, Fault | None]:
        """The value of one cell of a field, and what is wrong with it."""
        if not isinstance(cell, str):
            return self._judged_anew(known, cell)
        kept = self._judged[known.name]
        if cell not in kept:
            if len(kept) > MOST_KEPT:
                kept.clear()
            kept[cell] = self._judged_anew(known, cell)
        return kept[cell]

    def _judged_anew(self, known: Field, cell: Cell) -> tuple[Any, Fault | None]:
        text = text_of(cell)
        if said := fault_of(cell):
            return None, Fault(known.name, f"{known.label} {said}", text)
        value = type_of(known).read_cell(self._converted(known, cell))
        objection = objection_to(known, value)
        return value, Fault(known.name, objection.message, text) if objection else None

    def _converted(self, known: Field, cell: Cell) -> Any:
        """Words, numbers and dates as the person's file writes them, in the words, numbers and dates of the API."""
        meant = self.matching.words.get(known.name, {}).get(folded(text_of(cell)))
        if meant is not None:
            return meant
        value = value_for(cell, known)
        if not isinstance(value, str):
            return value
        if known.type in ("numeric", "rating"):
            return number_text(value, self.matching.decimal)
        if known.type == "datetime":
            return moment_text(value, self.matching.day_first, self.matching.zone)
        return value
