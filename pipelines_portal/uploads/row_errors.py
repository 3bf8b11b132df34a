"""The rows with problems as a table in which wrong cells can be corrected, and warnings accepted."""

from collections import Counter
from dataclasses import dataclass, field

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.uploads.given_rows import ALIKE, TYPED, Corrections, GivenRow, key_of
from pipelines_portal.workflows.fields.field_values import is_blank
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import NOT_THERE, Problem

MOST_SHOWN, MOST_ALIKE = 50, 10
LONGEST_SHOWN = 80


@dataclass
class ErrorCell:
    """A cell of a row with problems. `why` is empty if the cell itself is right."""

    known: Field
    name: str
    text: str
    why: str = ""
    message: str = ""
    warning: Problem | None = None
    # Of a warning: the row and the mark, as they are posted, and whether it was ticked without the reason it needs.
    mark: str = ""
    lacks_reason: bool = False
    # A typed row has its fields further up.
    is_typed: bool = False

    @property
    def shown(self) -> str:
        return " ".join(self.text[:LONGEST_SHOWN].split())

    @property
    def choices(self) -> list[tuple[str, str]]:
        return type_of(self.known).choices

    @property
    def has_lines(self) -> bool:
        """Whether its text needs more than one line."""
        return "\n" in self.text or type_of(self.known).has_lines


@dataclass
class ErrorRow:
    """A row with problems, and the messages that belong to no field."""

    number: int
    cells: list[ErrorCell] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@dataclass
class ErrorOfRows:
    """A problem that several rows have, with the name of the field that corrects them all."""

    known: Field
    error: Problem
    count: int

    @property
    def name(self) -> str:
        return f"{ALIKE}{key_of(self.error)}"

    @property
    def choices(self) -> list[tuple[str, str]]:
        return type_of(self.known).choices

    @property
    def what(self) -> str:
        """What is wrong, as the end of a sentence that begins with the field's label and the value."""
        if self.error.is_warning:
            return f"{self.error.short[:1].lower()}{self.error.short[1:]}"
        if self.error.value and self.choices:
            return "isn’t an option"
        return self.error.sentence.removeprefix(self.known.label).strip().removesuffix(".")


class RowErrors:
    """The first rows with problems. Columns are required fields, and those that these rows use."""

    def __init__(self, schema: Schema, rows: list[GivenRow], corrections: Corrections) -> None:
        wrong = [row for row in rows if row.errors]
        shown = wrong[:MOST_SHOWN]
        used = Counter(name for row in shown for name in (*row.values, *(error.field for error in row.errors)))
        self.corrections, self.is_typed = corrections, corrections.source == TYPED
        self.count, self.odd_count = len(wrong), sum(row.is_odd for row in wrong)
        self.error_count = self.count - self.odd_count
        self.more = len(wrong) - len(shown)
        self.columns = [known for known in schema.fields if known.required or used[known.name]]
        self.rows = [self._row(row) for row in shown]
        self.alike = [] if self.is_typed else _errors_of_rows(schema, wrong)

    def _row(self, row: GivenRow) -> ErrorRow:
        errors = {error.field: error for error in row.errors}
        cells = [self._cell(row, known, errors.get(known.name)) for known in self.columns]
        return ErrorRow(row.number, cells, [error.sentence for error in row.errors if not error.field])

    def _cell(self, row: GivenRow, known: Field, problem: Problem | None) -> ErrorCell:
        value = row.values.get(known.name)
        text = "" if is_blank(value) else type_of(known).as_text(value)
        cell = ErrorCell(known, f"cell-{row.number}-{known.name}", text, is_typed=self.is_typed)
        if problem is None:
            return cell
        cell.why, cell.message = problem.short, problem.sentence
        if not problem.is_warning:
            cell.text = problem.value
            return cell
        cell.warning, cell.mark = problem, f"{row.number}-{problem.mark}"
        cell.lacks_reason = problem.mark in self.corrections.accepted_in(row.number)
        return cell


def _errors_of_rows(schema: Schema, rows: list[GivenRow]) -> list[ErrorOfRows]:
    """Return the errors that most rows have."""
    fields = {known.name: known for known in schema.fields}
    errors = (error for row in rows for error in row.errors if error.field and error.kind != NOT_THERE)
    most = Counter(errors).most_common(MOST_ALIKE)
    return [ErrorOfRows(fields[error.field], error, count) for error, count in most if count > 1]
