"""Rows as the pages show them: field by field, as they stand, with what is wrong at each."""

from dataclasses import dataclass, field

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.imports.fixing import version_of
from pipelines_portal.entry.imports.matching import Matching, folded
from pipelines_portal.entry.models import ImportJob, ImportRow, RowError
from pipelines_portal.spreadsheets.cells import text_of

LONG = 1_000
CLOSE = 1_000


@dataclass
class ShownCell:
    known: Field
    text: str
    errors: list[str] = field(default_factory=list)
    # What somebody else put here meanwhile, where `text` is what was typed.
    stands: str | None = None

    @property
    def error(self) -> str:
        """What is wrong, beside the input: its field's name stands there already."""
        return "; ".join(_without(self.known.label, message) for message in self.errors)

    @property
    def is_long(self) -> bool:
        """Shown, and not edited beside fifty others."""
        return len(self.text) > LONG and not self.errors and self.stands is None


@dataclass
class ShownRow:
    """`errors` are those that belong to no field that is shown."""

    row: ImportRow
    cells: list[ShownCell]
    errors: list[str] = field(default_factory=list)
    # Somebody changed it since the page was made: who, and what was typed here is in the cells.
    changed_by: str = ""

    @property
    def version(self) -> str:
        return version_of(self.row)

    @property
    def is_to_fix(self) -> bool:
        return self.row.status in (ImportRow.Status.TO_FIX, ImportRow.Status.REJECTED)


class RowTexts:
    """The text of each field of a row: typed, or else of its cell, or of the constant for all rows."""

    def __init__(self, import_job: ImportJob) -> None:
        self.fields = list(Schema.model_validate(import_job.schema).fields)
        self.matching = Matching.of(import_job.matching)
        self._places = self.matching.places()

    def of_field(self, known: Field, row: ImportRow) -> str:
        if known.name in row.edits:
            return str(row.edits[known.name])
        place = self._places.get(known.name)
        text = text_of(row.cells[place]) if place is not None and place < len(row.cells) else ""
        meant = self.matching.words.get(known.name, {}).get(folded(text)) if text else None
        return meant or text or self.matching.constants.get(known.name, "")

    def of_row(self, row: ImportRow) -> dict[str, str]:
        """By field."""
        return {known.name: self.of_field(known, row) for known in self.fields}


def shown_rows(import_job: ImportJob, rows: list[ImportRow]) -> list[ShownRow]:
    texts, errors = RowTexts(import_job), _errors(import_job, rows)
    return [_shown(texts, row, errors.get(row.number, {})) for row in rows]


def columns_of(import_job: ImportJob, rows: list[ShownRow]) -> list[Field]:
    """The fields to show: all but those that no column, no constant and no error is about."""
    matching, fields = Matching.of(import_job.matching), Schema.model_validate(import_job.schema).fields
    used = matching.places().keys() | matching.constants.keys()
    used |= {cell.known.name for row in rows for cell in row.cells if cell.errors or cell.text}
    return [known for known in fields if known.required or known.name in used]


def _shown(texts: RowTexts, row: ImportRow, errors: dict[str, list[str]]) -> ShownRow:
    of_row = texts.of_row(row)
    shown = [ShownCell(known, of_row[known.name], errors.pop(known.name, [])) for known in texts.fields]
    return ShownRow(row, shown, [message for of_field in errors.values() for message in of_field])


def _errors(import_job: ImportJob, rows: list[ImportRow]) -> dict[int, dict[str, list[str]]]:
    """By row and field."""
    found: dict[int, dict[str, list[str]]] = {}
    numbers = {row.number for row in rows}
    errors = RowError.objects.filter(group__import_job=import_job)
    # To look for each of fifty numbers in each of ten thousand groups takes long.
    is_close = bool(numbers) and max(numbers) - min(numbers) < CLOSE
    near = errors.filter(number__range=(min(numbers), max(numbers))) if is_close else errors.filter(number__in=numbers)
    for error in near.select_related("group").order_by("pk"):
        if error.number not in numbers:
            continue
        of_row = found.setdefault(error.number, {})
        of_row.setdefault(error.group.field_name, []).append(error.group.message)
    return found


def _without(label: str, message: str) -> str:
    rest = message.removeprefix(f"{label} ")
    return rest[:1].upper() + rest[1:]
