"""Read the values of a row from its cells and the texts typed over them, and find their errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.matching import texts
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.notation import NUMBERS, read_number, read_timestamp
from pipelines_portal.matching.words import Meanings
from pipelines_portal.spreadsheets.cells import Cell, field_error_of, text_of, value_for, value_of
from pipelines_portal.values.numbers import json_number_before, number_readings
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.checking import rejection_of
from pipelines_portal.workflows.fields.rankings import items_in_short
from pipelines_portal.workflows.fields.types import type_of

MOST_CACHED = 20_000


@dataclass(frozen=True)
class FieldError:
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
    field_errors: list[FieldError] = field(default_factory=list)
    # Values that version 0.1.0 sent differently for the same cells.
    values_before: FieldValues = field(default_factory=dict)


class RowReader:
    """Reads rows of one file. Values are cached by text, since most columns repeat themselves."""

    def __init__(self, schema: Schema, matching: Matching) -> None:
        self.matching = matching
        self.meanings = Meanings(matching.words)
        places = matching.places()
        self._columns = [(known, places.get(known.name)) for known in schema.fields]
        self._cached: dict[str, dict[str, tuple[Any, FieldError | None]]] = {known.name: {} for known in schema.fields}
        self._before: dict[tuple[str, str], Any] = {}

    def read(self, cells: Sequence[Cell], typed: Mapping[str, str] | None = None) -> ReadRow:
        """Return the values of a row. `typed` texts, by field, replace its cells."""
        row = ReadRow({})
        for known, place in self._columns:
            cell = self._cell(known, place, cells, typed or {})
            value, field_error = self.read_value(known, cell)
            if not is_blank(value):
                row.values[known.name] = value
                if self._before and isinstance(cell, str) and (known.name, cell) in self._before:
                    row.values_before[known.name] = self._before[known.name, cell]
                elif isinstance(value, int) and isinstance(value_of(cell), float):
                    row.values_before[known.name] = value_of(cell)
            if field_error:
                row.field_errors.append(field_error)
        if not row.values and not row.field_errors:
            row.field_errors.append(FieldError("", "The row is empty."))
        return row

    def _cell(self, known: Field, place: int | None, cells: Sequence[Cell], typed: Mapping[str, str]) -> Cell:
        if known.name in typed:
            return typed[known.name]
        cell: Cell = cells[place] if place is not None and place < len(cells) else ""
        # The value for all rows is also used if the field has a column and the cell is empty.
        return cell if cell != "" else self.matching.constants.get(known.name, "")

    def read_value(self, known: Field, cell: Cell) -> tuple[Any, FieldError | None]:
        """Return the value of a field's cell, and its fault if there is one."""
        if not isinstance(cell, str):
            return self._read_value(known, cell)
        cached = self._cached[known.name]
        if cell not in cached:
            if len(cached) > MOST_CACHED:
                cached.clear()
            cached[cell] = self._read_value(known, cell)
        return cached[cell]

    def _read_value(self, known: Field, cell: Cell) -> tuple[Any, FieldError | None]:
        text = text_of(cell)
        if said := field_error_of(cell):
            return None, FieldError(known.name, f"{known.label} {said}", text)
        converted, doubt = self._convert(known, cell)
        if doubt:
            return None, FieldError(known.name, f"{known.label} {doubt}", text)
        value = type_of(known).read_cell(converted)
        if known.type == "numeric" and isinstance(cell, str) and number_readings(str(converted)):
            before = json_number_before(str(converted))
            if type(before) is not type(value):
                self._before[known.name, cell] = before
        rejection = rejection_of(known, value)
        return value, FieldError(known.name, rejection.message, text) if rejection else None

    def _convert(self, known: Field, cell: Cell) -> tuple[Any, str]:
        """Convert a word, number or date from the file's notation to the API's. Return it and the doubt about it."""
        if choice := self.meanings.choice(known, text_of(cell)):
            return choice, ""
        value = value_for(cell, known)
        if isinstance(value, str) and known.type in NUMBERS:
            return read_number(value, self.matching)
        if isinstance(value, str) and known.type == "datetime":
            return read_timestamp(value, self.matching)
        if isinstance(value, str) and known.type == "ranking":
            return items_in_short(known, value) or value, ""
        return value, ""
