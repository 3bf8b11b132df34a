"""Templates for the rows of a workflow: its fields as columns, and in a spreadsheet an explanation of each."""

import io
from typing import IO, TYPE_CHECKING, Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.limits import MAX_LINES
from pipelines_portal.spreadsheets.writing import LONGEST_TEXT, write_text
from pipelines_portal.workflows.fields.reading.limits import scale_of
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.titles import column_titles

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

TEXT = {"num_format": "@"}
WRAPPED = {"text_wrap": True, "valign": "top"}
# Types whose cells are not formatted as text. In text cells, 007 stays 007, and 1-2 does not become a day.
TYPED_AS_NUMBERS = frozenset({"numeric", "rating", "datetime", "boolean"})
WIDTHS = (28, 28, 24, 12, 90)
WIDTH, MOST_WIDTH = 14, 40
# The longest message of a spreadsheet's message box.
LONGEST_MESSAGE = 250
MOST_LISTED = 50
# They fit into a cell, whatever they are.
MOST_CHARACTERS = LONGEST_TEXT // 2


def header_for(schema: Schema) -> list[str]:
    return list(column_titles({field.name: field.label for field in schema.fields}).values())


def xlsx_template(schema: Schema) -> IO[bytes]:
    """Return a spreadsheet with a sheet for the rows, one that explains the fields, and a hidden one with options."""
    # Most processes never need this memory.
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        rows, explained = book.add_worksheet("Rows"), book.add_worksheet("Fields")
        for sheet in (rows, explained):
            sheet.freeze_panes(1, 0)
        bold, wrapped = book.add_format({"bold": True}), book.add_format(WRAPPED | TEXT)
        for column, (word, width) in enumerate(zip(texts.TEMPLATE_COLUMNS, WIDTHS, strict=True)):
            explained.set_column(column, column, width)
            _write(explained, 0, column, word, bold)
        lists = None
        for column, (field, title) in enumerate(zip(schema.fields, header_for(schema), strict=True)):
            form = {} if field.type in TYPED_AS_NUMBERS else TEXT
            rows.set_column(column, column, min(max(len(title) + 4, WIDTH), MOST_WIDTH), book.add_format(form))
            _write(rows, 0, column, title, book.add_format({"bold": True} | WRAPPED | form))
            _explain(explained, column + 1, field, title, wrapped)
            if choices := _choices(field):
                lists = lists or _add_hidden_sheet(book)
                _offer(rows, lists, column, choices)
    out.seek(0)
    return out


def _add_hidden_sheet(book: "Workbook") -> "Worksheet":
    lists = book.add_worksheet("Lists")
    lists.hide()
    return lists


def _offer(sheet: "Worksheet", lists: "Worksheet", column: int, choices: list[Any]) -> None:
    """Add a list of choices by range, because a list in the rule itself may have at most 255 letters."""
    from xlsxwriter.utility import xl_range_abs

    for row, choice in enumerate(choices):
        _write(lists, row, column, choice)
    rule = {
        "validate": "list",
        "source": f"=Lists!{xl_range_abs(0, column, len(choices) - 1, column)}",
        "error_title": "Not in the list",
        "error_message": f"Select one of the {len(choices)} values in the list. See the sheet Fields."[
            :LONGEST_MESSAGE
        ],
    }
    sheet.data_validation(1, column, MAX_LINES - 1, column, rule)


def _choices(field: Field) -> list[Any]:
    if field.type == "boolean":
        return ["yes", "no"]
    if field.type == "rating":
        return list(scale_of(field) or ())
    return field.choices if field.type == "select" else []


def _explain(sheet: "Worksheet", row: int, field: Field, title: str, cell_format: "Format") -> None:
    words = texts.FIELD_TYPES.get(field.type, field.type)
    required = "yes" if field.required else "no" if field.is_optional else ""
    values = (title, field.name, words, required, _accepted_values(field))
    for column, text in enumerate(values):
        _write(sheet, row, column, text, cell_format)


def _accepted_values(field: Field) -> str:
    if choices := field.choices if field.type == "select" else []:
        more = [f"and {len(choices) - MOST_LISTED} more in the list"] if len(choices) > MOST_LISTED else []
        return "\n".join(choices[:MOST_LISTED] + more)
    parts = (texts.ACCEPTED.get(field.type, ""), type_of(field).help(field) if field.format_hint else "")
    return ". ".join(part.rstrip(".") for part in dict.fromkeys(parts) if part)


def _write(sheet: "Worksheet", row: int, column: int, value: Any, cell_format: "Format | None" = None) -> None:
    if isinstance(value, str):
        write_text(sheet, row, column, value[:MOST_CHARACTERS], cell_format)
    else:
        sheet.write_number(row, column, value, cell_format)
