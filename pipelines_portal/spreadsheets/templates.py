"""Template files for a workflow: its fields as columns, and in a spreadsheet an explanation of each."""

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.limits import MAX_LINES
from pipelines_portal.spreadsheets.writing import coded, csv_lines
from pipelines_portal.workflows.fields.numbers import scale_of
from pipelines_portal.workflows.fields.types import type_of

TEXT = "@"
# Types whose cells are not formatted as text. In text cells, 007 stays 007, and 1-2 does not become a day.
TYPED_AS_NUMBERS = frozenset({"numeric", "rating", "datetime", "boolean"})
WIDTHS = (28, 28, 24, 12, 90)
WIDTH, MOST_WIDTH = 14, 40
# The longest message of a spreadsheet's message box.
LONGEST_MESSAGE = 250
MOST_LISTED = 50


def header_for(schema: Schema) -> list[str]:
    """Return the titles of the fields, or the name of a field whose title is ambiguous."""
    taken = [word for field in schema.fields for word in {field.label.casefold(), field.name.casefold()}]
    return [field.label if taken.count(field.label.casefold()) == 1 else field.name for field in schema.fields]


def csv_template(schema: Schema) -> bytes:
    """Return a CSV file with only the header."""
    return "".join(csv_lines(header_for(schema), [])).encode()


def xlsx_template(schema: Schema) -> bytes:
    """Return a spreadsheet with a sheet for the rows, one that explains the fields, and a hidden one with options."""
    book = Workbook()
    rows, explained, lists = book.worksheets[0], book.create_sheet("Fields"), book.create_sheet("Lists")
    rows.title, rows.freeze_panes, explained.freeze_panes, lists.sheet_state = "Rows", "A2", "A2", "hidden"
    _explain_head(explained)
    for column, (field, title) in enumerate(zip(schema.fields, header_for(schema), strict=True), 1):
        _add_column(rows, column, field, title)
        _explain(explained, column + 1, field, title)
        if choices := _choices(field):
            _offer(rows, lists, column, title, choices)
    if not rows.data_validations.dataValidation:
        book.remove(lists)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _add_column(sheet: Worksheet, column: int, field: Field, title: str) -> None:
    head = _write(sheet, 1, column, title)
    head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    dimension = sheet.column_dimensions[get_column_letter(column)]
    dimension.width = min(max(len(title) + 4, WIDTH), MOST_WIDTH)
    if field.type not in TYPED_AS_NUMBERS:
        dimension.number_format = head.number_format = TEXT


def _offer(sheet: Worksheet, lists: Worksheet, column: int, title: str, choices: list[Any]) -> None:
    """Add a list of choices by range, because a list in the rule itself may have at most 255 letters."""
    letter = get_column_letter(column)
    for row, choice in enumerate(choices, 1):
        _write(lists, row, column, choice)
    rule = DataValidation("list", formula1=f"Lists!${letter}$1:${letter}${len(choices)}", allow_blank=True)
    rule.showErrorMessage, rule.errorTitle = True, texts.NOT_IN_LIST
    rule.error = texts.CHOOSE_IN_LIST.format(count=len(choices))[:LONGEST_MESSAGE]
    rule.add(f"{letter}2:{letter}{MAX_LINES}")
    sheet.add_data_validation(rule)


def _choices(field: Field) -> list[Any]:
    if field.type == "boolean":
        return ["yes", "no"]
    if field.type == "rating":
        return list(scale_of(field) or ())
    return field.choices if field.type == "select" else []


def _explain_head(sheet: Worksheet) -> None:
    for column, (word, width) in enumerate(zip(texts.TEMPLATE_COLUMNS, WIDTHS, strict=True), 1):
        _write(sheet, 1, column, word).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = width


def _explain(sheet: Worksheet, row: int, field: Field, title: str) -> None:
    words = texts.FIELD_TYPES.get(field.type, field.type)
    values = (title, field.name, words, "yes" if field.required else "no", _accepted_values(field))
    for column, text in enumerate(values, 1):
        cell = _write(sheet, row, column, text)
        cell.alignment, cell.number_format = Alignment(wrap_text=True, vertical="top"), TEXT


def _accepted_values(field: Field) -> str:
    if choices := field.choices if field.type == "select" else []:
        more = [texts.MORE_CHOICES.format(count=len(choices) - MOST_LISTED)] if len(choices) > MOST_LISTED else []
        return "\n".join(choices[:MOST_LISTED] + more)
    parts = (texts.ACCEPTED.get(field.type, ""), type_of(field).help(field) if field.format_hint else "")
    return ". ".join(part.rstrip(".") for part in dict.fromkeys(parts) if part)


def _write(sheet: Worksheet, row: int, column: int, value: Any) -> Cell:
    """Write a value. A text is never a formula."""
    cell: Cell = sheet.cell(row, column)  # type: ignore[assignment]
    if isinstance(value, str):
        cell.value = coded(value)[:32_767]
        cell.data_type = "s"
    else:
        cell.value = value
    return cell
