"""Read the values of a row from its cells and the texts typed over them, and find their errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.matching import texts
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.notation import NUMBERS, read_moment, read_number
from pipelines_portal.matching.words import Meanings
from pipelines_portal.spreadsheets.cells import Cell, fault_of, text_of, value_for
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.checking import objection_to
from pipelines_portal.workflows.fields.types import type_of

MOST_CACHED = 20_000


@dataclass(frozen=True)
class Fault:
    """An error of one row. `field` is empty if the row itself is wrong, `value` if its cell is empty."""

    field: str
    message: str
    value: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether the cell is empty and must not be."""
        return not self.value.strip() and self.message.endswith(texts.MISSING)


@dataclass
class ReadRow:
    """The values of a row and their errors."""

    values: FieldValues
    faults: list[Fault] = field(default_factory=list)


class RowReader:
    """Reads rows of one file. Values are cached by text, since most columns repeat themselves."""

    def __init__(self, schema: Schema, matching: Matching) -> None:
        self.matching = matching
        self.meanings = Meanings(matching.words)
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
            row.faults.append(Fault("", "The row is empty."))
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
        converted, doubt = self._convert(known, cell)
        if doubt:
            return None, Fault(known.name, f"{known.label} {doubt}", text)
        value = type_of(known).read_cell(converted)
        objection = objection_to(known, value)
        return value, Fault(known.name, objection.message, text) if objection else None

    def _convert(self, known: Field, cell: Cell) -> tuple[Any, str]:
        """Convert a word, number or date from the file's notation to the API's. Return it and the doubt about it."""
        if choice := self.meanings.choice(known, text_of(cell)):
            return choice, ""
        value = value_for(cell, known)
        if isinstance(value, str) and known.type in NUMBERS:
            return read_number(value, self.matching)
        if isinstance(value, str) and known.type == "datetime":
            return read_moment(value, self.matching)
        return value, ""
