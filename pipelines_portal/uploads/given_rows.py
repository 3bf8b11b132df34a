"""The rows that go along with an archive, with their errors and what a person typed over them."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from django.http import QueryDict
from django.utils.timezone import get_current_timezone_name

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.notation import AS_TYPED
from pipelines_portal.matching.row_values import FieldError, ReadRow, RowReader
from pipelines_portal.spreadsheets.cells import Lines
from pipelines_portal.web.file_names import in_sentence
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.fields.checking import rejection_of, unknown_names
from pipelines_portal.workflows.fields.types import type_of

# One unknown field is enough for the API to reject a row.
MOST_UNKNOWN = 10
LONGEST_TEXT = 10_000
ALIKE = "alike-"
CELL = re.compile(r"cell-(\d{1,7})-(.+)", re.DOTALL)


@dataclass
class GivenRow:
    """The values of a row and their errors. `number` is its line in the file, or its position if there is no file."""

    number: int
    values: FieldValues
    errors: list[FieldError] = field(default_factory=list)


@dataclass
class Corrections:
    """Texts that a person typed over cells, by row and field. `source` names the rows they were typed for."""

    source: str
    by_row: dict[int, dict[str, str]] = field(default_factory=dict)
    # Texts for all rows with the same error, by the error's key.
    alike: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, posted: QueryDict, source: str, schema: Schema) -> "Corrections":
        """Read them from the page, unless the page shows other rows."""
        corrections = cls(source)
        if posted.get("corrections_of") != source:
            return corrections
        names = {known.name for known in schema.fields}
        typed = ((found[1], found[2], str(posted[name])) for name in posted if (found := CELL.fullmatch(name)))
        for number, name, text in [*_earlier(posted.get("corrections", "")), *typed]:
            if name in names:
                corrections.add(int(number), name, text)
        alike = {name.removeprefix(ALIKE): str(posted[name]) for name in posted if name.startswith(ALIKE)}
        corrections.alike = {key: text for key, text in alike.items() if text.strip()}
        return corrections

    def add(self, number: int, name: str, text: str) -> None:
        self.by_row.setdefault(number, {})[name] = cleaned(text.replace("\r\n", "\n"))[:LONGEST_TEXT]

    def add_alike(self, number: int, field_errors: Iterable[FieldError]) -> bool:
        """Add what was typed for all rows with one of these errors. Return whether there is any."""
        typed = (
            [(field_error.field, self.alike.get(key_of(field_error), "")) for field_error in field_errors]
            if self.alike
            else []
        )
        for name, text in typed:
            if text:
                self.add(number, name, text)
        return any(text for _, text in typed)

    def count_right(self, rows: Iterable[GivenRow]) -> int:
        """Return how many corrected cells of the rows no longer have an error."""
        wrong = {(row.number, error.field) for row in rows for error in row.errors}
        cells = ((number, name) for number, texts_by_name in self.by_row.items() for name in texts_by_name)
        return sum(cell not in wrong for cell in cells)

    def as_json(self) -> str:
        return json.dumps(self.by_row, ensure_ascii=False)


def key_of(field_error: FieldError) -> str:
    """Return a key that all rows with the same error share."""
    return sha256(
        "\0".join((field_error.field, field_error.message, field_error.value)).encode(errors="replace")
    ).hexdigest()[:16]


def _earlier(text: str) -> Iterable[tuple[str, str, str]]:
    """Return the corrections of earlier checks, as the page carries them."""
    try:
        stored = json.loads(text or "{}")
        return [
            (str(int(number)), name, each)
            for number, row in stored.items()
            for name, each in row.items()
            if isinstance(each, str)
        ]
    except (ValueError, AttributeError):
        return []


def rows_of_lines(lines: Lines, schema: Schema, matching: Matching, corrections: Corrections) -> list[GivenRow]:
    """Read the rows of a file. A correction that repeats the text of the cell is none."""
    reader, rows = RowReader(schema, matching), []
    fields = {known.name: known for known in schema.fields}
    for number, cells in lines:
        read = original = reader.read(cells)
        if typed := _without_repeats(corrections, number, original, fields):
            read = reader.read(cells, typed)
        if corrections.add_alike(number, read.field_errors):
            read = reader.read(cells, _without_repeats(corrections, number, original, fields))
        rows.append(GivenRow(number, read.values, read.field_errors))
    return rows


def rows_of_values(values: Iterable[FieldValues], schema: Schema, corrections: Corrections) -> list[GivenRow]:
    """Check rows that were stored as values."""
    reader = RowReader(schema, Matching(decimal=AS_TYPED, zone=get_current_timezone_name()))
    fields = {known.name: known for known in schema.fields}
    rows = []
    for number, each in enumerate(values, 1):
        row = ReadRow(dict(each), _field_errors_of(each, schema))
        for name, text in _without_repeats(corrections, number, row, fields).items():
            _correct(row, fields[name], text, reader)
        if corrections.add_alike(number, row.field_errors):
            for name in {field_error.field for field_error in row.field_errors} & corrections.by_row[number].keys():
                _correct(row, fields[name], corrections.by_row[number][name], reader)
        rows.append(GivenRow(number, row.values, row.field_errors))
    return rows


def _without_repeats(corrections: Corrections, number: int, row: ReadRow, fields: dict[str, Field]) -> dict[str, str]:
    """Return what was typed for a row and differs from the texts of its cells, which the page shows in its fields.

    A path that is not in the archive is only found to be wrong later, so texts without an error count too.
    """
    typed = corrections.by_row.get(number)
    if not typed:
        return {}
    shown = {name: type_of(fields[name]).as_text(value) for name, value in row.values.items() if name in fields}
    shown |= {field_error.field: field_error.value for field_error in row.field_errors}
    changed = {name: text for name, text in typed.items() if shown.get(name) != text}
    corrections.by_row[number] = changed
    return changed


def _correct(row: ReadRow, known: Field, text: str, reader: RowReader) -> None:
    value, field_error = reader.read_value(known, text)
    row.field_errors = [each for each in row.field_errors if each.field != known.name]
    if field_error:
        row.field_errors.append(field_error)
    elif value is None or value == "":
        row.values.pop(known.name, None)
    else:
        row.values[known.name] = value


def _field_errors_of(values: FieldValues, schema: Schema) -> list[FieldError]:
    unknown = unknown_names(values, schema)[:MOST_UNKNOWN]
    field_errors = [FieldError("", f"Unknown column “{in_sentence(name)}”", name) for name in unknown]
    for known in schema.fields:
        value = values.get(known.name)
        if rejection := rejection_of(known, value):
            text = "" if value is None else type_of(known).as_text(value)
            field_errors.append(FieldError(known.name, rejection.message, text))
    return field_errors
