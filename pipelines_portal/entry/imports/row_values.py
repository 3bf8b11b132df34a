"""Read the values of a row from its cells and the texts typed over them, and find their errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.imports.headers import folded
from pipelines_portal.entry.imports.matching import Matching
from pipelines_portal.entry.imports.texts import EMPTY_ROW
from pipelines_portal.entry.models import Fault
from pipelines_portal.spreadsheets.cells import Cell, fault_of, text_of, value_for
from pipelines_portal.spreadsheets.dates import moment_text
from pipelines_portal.spreadsheets.numbers import number_text
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.checking import objection_to
from pipelines_portal.workflows.fields.types import type_of

MOST_CACHED = 20_000


@dataclass
class ReadRow:
    """The values of a row and their errors."""

    values: FieldValues
    faults: list[Fault] = field(default_factory=list)


class RowReader:
    """Reads rows of one import. Values are cached by text, since most columns repeat themselves."""

    def __init__(self, schema: Schema, matching: Matching) -> None:
        self.matching = matching
        places = matching.places()
        self._columns = [(known, places.get(known.name)) for known in schema.fields]
        self._cached: dict[str, dict[str, tuple[Any, Fault | None]]] = {known.name: {} for known in schema.fields}

    def read(self, cells: Sequence[Cell], typed: Mapping[str, str] | None = None) -> ReadRow:
        """Return the values of a row. `typed` texts, by field, replace its cells."""
        row = ReadRow({})
        for known, place in self._columns:
            cell = self._cell(known, place, cells, typed or {})
            value, fault = self.read_value(known, cell)
            if not is_blank(value):
                row.values[known.name] = value
            if fault:
                row.faults.append(fault)
        if not row.values and not row.faults:
            row.faults.append(Fault("", EMPTY_ROW))
        return row

    def _cell(self, known: Field, place: int | None, cells: Sequence[Cell], typed: Mapping[str, str]) -> Cell:
        if known.name in typed:
            return typed[known.name]
        cell: Cell = cells[place] if place is not None and place < len(cells) else ""
        # The value for all rows is also used if the field has a column and the cell is empty.
        return cell if cell != "" else self.matching.constants.get(known.name, "")

    def read_value(self, known: Field, cell: Cell) -> tuple[Any, Fault | None]:
        """Return the value of a field's cell, and its fault if there is one."""
        if not isinstance(cell, str):
            return self._read_value(known, cell)
        cached = self._cached[known.name]
        if cell not in cached:
            if len(cached) > MOST_CACHED:
                cached.clear()
            cached[cell] = self._read_value(known, cell)
        return cached[cell]

    def _read_value(self, known: Field, cell: Cell) -> tuple[Any, Fault | None]:
        text = text_of(cell)
        if said := fault_of(cell):
            return None, Fault(known.name, f"{known.label} {said}", text)
        value = type_of(known).read_cell(self._converted(known, cell))
        objection = objection_to(known, value)
        return value, Fault(known.name, objection.message, text) if objection else None

    def _converted(self, known: Field, cell: Cell) -> Any:
        """Convert a word, number or date from the file's notation to the API's."""
        choice = self.matching.words.get(known.name, {}).get(folded(text_of(cell)))
        if choice is not None:
            return choice
        value = value_for(cell, known)
        if not isinstance(value, str):
            return value
        if known.type in ("numeric", "rating"):
            return number_text(value, self.matching.decimal)
        if known.type == "datetime":
            return moment_text(value, self.matching.day_first, self.matching.zone)
        return value
