"""Read a row from its cells and the texts typed over them, and check it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.matching.columns import Matching
from pipelines_portal.spreadsheets.cells import Cell, field_error_of, text_of, value_of
from pipelines_portal.workflows.checking import Entered, Judged, Native, RowCheck, Unusable
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.circumstances import Meanings
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import Problem, Verdict
from pipelines_portal.workflows.rules.judge import NOT_ACCEPTED, Accepted, Rule


class RowReader:
    """Reads and checks rows of one file, or typed ones. Words such as "yesterday" mean days near `now`."""

    def __init__(
        self, schema: Schema, matching: Matching, now: datetime | None = None, rules: Sequence[Rule] = ()
    ) -> None:
        self.matching = matching
        self.meanings = Meanings(matching.words)
        self._check = RowCheck(schema.fields, matching.notation, matching.zone, now, self.meanings, rules)
        places = matching.places()
        self._columns = [(type_of(known), places.get(known.name)) for known in schema.fields]

    def read(
        self, cells: Sequence[Cell], typed: Mapping[str, str] | None = None, accepted: Accepted = NOT_ACCEPTED
    ) -> Verdict:
        """Return the verdict on a row. `typed` texts, by field, replace its cells."""
        entered = {
            kind.field.name: _entered(kind, self._cell(kind.field, place, cells, typed or {}))
            for kind, place in self._columns
        }
        verdict = self._check.row(entered, accepted)
        if not verdict.values and not verdict.problems:
            verdict.problems.append(Problem("", "empty", "Empty", "The row is empty."))
        return verdict

    def read_value(self, known: Field, cell: Cell) -> Judged:
        return self._check.field(known, _entered(type_of(known), cell))

    def _cell(self, known: Field, place: int | None, cells: Sequence[Cell], typed: Mapping[str, str]) -> Cell:
        if known.name in typed:
            return typed[known.name]
        cell: Cell = cells[place] if place is not None and place < len(cells) else ""
        # The value for all rows is also used if the field has a column and the cell is empty.
        return cell if cell != "" else self.matching.constants.get(known.name, "")


def _entered(kind: FieldType, cell: Cell) -> Entered:
    if isinstance(cell, str):
        return cell
    text = text_of(cell)
    if said := field_error_of(cell, takes_values=kind.takes_values):
        return Unusable(text or "No value", f"The cell {said}.", text)
    value = kind.of_cell(value_of(cell), text)
    return value if isinstance(value, str) else Native(value, text)
