"""Cells of rows: their texts and errors, what a typed text means, and inputs for them."""

from dataclasses import dataclass, field
from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.safestring import SafeString

from pipelines_portal.api_client import Field
from pipelines_portal.core import notation, times
from pipelines_portal.entry.models import Row, RowError, Sheet
from pipelines_portal.matching.columns import Matching
from pipelines_portal.spreadsheets.cells import field_error_of, text_of
from pipelines_portal.workflows.fields.circumstances import Meanings
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import Problem

# A longer text is shown but not edited in the table.
LONGEST_EDITED = 1_000
# Rows whose numbers are closer are looked up by their range.
CLOSE = 1_000


@dataclass
class ShownCell:
    """A field of a row, with its text and errors."""

    known: Field
    text: str
    problems: list[Problem] = field(default_factory=list)
    # The text that somebody else stored, if `text` is what this person typed.
    present_text: str | None = None

    @property
    def error(self) -> str:
        return " ".join(problem.sentence for problem in self.problems)

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONGEST_EDITED and not self.problems and self.present_text is None


@dataclass
class ShownRow:
    """A row with its cells, and the errors that belong to no shown field."""

    row: Row
    cells: list[ShownCell]
    errors: list[str] = field(default_factory=list)
    # The person who changed the row since the page was made. The cells hold what this person typed.
    changed_by: str = ""

    @property
    def version(self) -> str:
        return self.row.version


class RowTexts:
    """Texts of the fields of rows: what was typed, or else the cell's, or else the value for all rows."""

    def __init__(self, sheet: Sheet) -> None:
        self.fields = list(sheet.parsed_schema.fields)
        self.types = {known.name: type_of(known) for known in self.fields}
        self.matching = Matching.load(sheet.matching)
        # None for typed rows: their dates are times of the person's time zone, not texts of a file.
        self.of_file = None if sheet.is_typed else self.matching
        self._places = self.matching.places()
        self.meanings = Meanings(self.matching.words)

    def text(self, known: Field, row: Row) -> str:
        kind = self.types[known.name]
        if known.name in row.edits:
            return str(row.edits[known.name])
        place = self._places.get(known.name)
        cell = row.cells[place] if place is not None and place < len(row.cells) else ""
        text = text_of(cell)
        if isinstance(cell, dict):
            text = kind.text_of_cell(cell.get("v"), text, self.matching.notation.decimal)
        if field_error_of(cell):
            return text  # as the check says: the value for all rows does not hide it
        return kind.meant(text, self.meanings) or text or self.matching.constants.get(known.name, "")

    def by_field(self, row: Row) -> dict[str, str]:
        return {known.name: self.text(known, row) for known in self.fields}


def show_rows(sheet: Sheet, rows: list[Row]) -> list[ShownRow]:
    """Return rows with their texts and errors."""
    texts, errors = RowTexts(sheet), read_errors(sheet, rows)
    return [_show_row(texts, row, errors.get(row.number, {})) for row in rows]


def _show_row(texts: RowTexts, row: Row, errors: dict[str, list[Problem]]) -> ShownRow:
    values = texts.by_field(row)
    cells = [ShownCell(known, values[known.name], errors.pop(known.name, [])) for known in texts.fields]
    return ShownRow(row, cells, [problem.sentence for problems in errors.values() for problem in problems])


def read_errors(sheet: Sheet, rows: list[Row]) -> dict[int, dict[str, list[Problem]]]:
    """Return problems by row and field."""
    found: dict[int, dict[str, list[Problem]]] = {}
    numbers = {row.number for row in rows}
    errors = RowError.objects.filter(group__sheet=sheet)
    # A range is much faster than a list of numbers if there are thousands of groups.
    is_close = bool(numbers) and max(numbers) - min(numbers) < CLOSE
    near = errors.filter(number__range=(min(numbers), max(numbers))) if is_close else errors.filter(number__in=numbers)
    for error in near.select_related("group").order_by("pk"):
        if error.number not in numbers:
            continue
        found.setdefault(error.number, {}).setdefault(error.group.field_name, []).append(error.group.problem)
    return found


@dataclass(frozen=True)
class LabelledError:
    """An error with the label of its field, which most messages begin with. The label of a whole row is empty."""

    label: str
    message: str

    @property
    def sentence(self) -> str:
        return self.message if self.label in self.message else f"{self.label}: {self.message}"

    @property
    def marked(self) -> str:
        """The label to be set off from the rest, or "" if it does not come first."""
        return self.label if self.label and self.sentence.startswith(self.label) else ""

    @property
    def rest(self) -> str:
        """What follows the marked label."""
        return self.sentence.removeprefix(self.marked)


def value_input(known: Field, name: str, text: str, **attrs: str | bool) -> SafeString:
    """Render a small input for a field's value. Text that is no choice of the field is offered until it is replaced."""
    return value_widget(known, text).render(name, text, attrs={"id": name, "class": "value"} | attrs)


def value_widget(known: Field, text: str) -> forms.Widget:
    form_field = type_of(known).form_field()
    if isinstance(form_field, forms.ChoiceField):
        choices = [(value, label) for value, label in list(form_field.choices) if value]  # type: ignore[arg-type]
        others = [("", "")] if text == "" or not known.required else []
        if text and text not in (value for value, _ in choices):
            others.append((text, text))
        return forms.Select(choices=[*others, *choices])
    if isinstance(form_field.widget, forms.Textarea) or "\n" in text:
        return forms.Textarea(attrs={"rows": 1})
    attrs = {name: value for name, value in form_field.widget.attrs.items() if name == "inputmode"}
    return forms.TextInput(attrs=attrs)


def plain_text(text: str) -> str:
    """Return a posted text as it is stored."""
    return plain_line_ends(text).replace("\0", "")


def plain_line_ends(text: str) -> str:
    """Return a text as browsers show it. Cells of files, and forms that a browser posts, have other line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def stored_text(known: Field, text: str, matching: Matching | None = None, at: datetime | None = None) -> str:
    """Return a typed text as it is stored: with one meaning, if the person's formats or its words settle it.

    What the file's notation reads (`matching`) stays a text, which is read as the file's other cells are. Words such as
    "now" mean the time `at`.
    """
    kind, here = type_of(known), times.name_of(timezone.get_current_timezone())
    if matching:
        return kind.stored_in_file(text, matching.notation, matching.zone or here, at or timezone.now())
    return kind.stored(text, notation.current(), here, at or timezone.now())
