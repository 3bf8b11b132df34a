"""Templates for the rows of a workflow: its fields as columns, and in a spreadsheet an explanation of each."""

import io
from typing import IO, TYPE_CHECKING, Any

from pipelines_portal.api_client import Schema
from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.limits import MAX_LINES
from pipelines_portal.spreadsheets.writing import LONGEST_TEXT, write_text
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.titles import column_titles

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

TEXT = {"num_format": "@"}
WRAPPED = {"text_wrap": True, "valign": "top"}
WIDTHS = (28, 28, 24, 12, 90)
WIDTH, MOST_WIDTH = 14, 40
# The longest message of a spreadsheet's message box.
LONGEST_MESSAGE = 250
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
            kind = type_of(field)
            # In text cells, 007 stays 007, and 1-2 does not become a day.
            form = TEXT if kind.has_text_cells else {}
            rows.set_column(column, column, min(max(len(title) + 4, WIDTH), MOST_WIDTH), book.add_format(form))
            _write(rows, 0, column, title, book.add_format({"bold": True} | WRAPPED | form))
            _explain(explained, column + 1, kind, title, wrapped)
            if choices := kind.choices_in_files:
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


def _explain(sheet: "Worksheet", row: int, kind: FieldType, title: str, cell_format: "Format") -> None:
    field = kind.field
    required = "yes" if field.required else "no" if field.is_optional else ""
    values = (title, field.name, kind.label_in_files, required, kind.accepted_in_files)
    for column, text in enumerate(values):
        _write(sheet, row, column, text, cell_format)


def _write(sheet: "Worksheet", row: int, column: int, value: Any, cell_format: "Format | None" = None) -> None:
    if isinstance(value, str):
        write_text(sheet, row, column, value[:MOST_CHARACTERS], cell_format)
    else:
        sheet.write_number(row, column, value, cell_format)
