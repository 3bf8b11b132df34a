"""Cells that are copied from a spreadsheet and pasted into the grid, and the fields that they belong to."""

import re

from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.entry.imports.remembered import read_remembered
from pipelines_portal.entry.rows.cells import plain_line_ends, plain_text
from pipelines_portal.entry.rows.layout import read_layout
from pipelines_portal.entry.rows.row_list import sorted_fields
from pipelines_portal.entry.rows.saving import MOST_PROBLEMS, QUOTED
from pipelines_portal.matching.columns import guesses_from
from pipelines_portal.matching.headers import match_headers
from pipelines_portal.workflows.models import OpenedWorkflow

# Headings of pasted rows: so many columns are named like fields.
LEAST_HEADINGS = 2
# A first row with more, or longer, cells is not compared with the fields.
MOST_HEADINGS, LONGEST_HEADING = 500, 200
# A copied cell and what ends it. Quotes around all of it are not its own, and those inside are doubled then.
_COPIED = re.compile(r'(?:"((?:[^"]|"")*+)"|([^\t\n]*))([\t\n])')


def pasted_cells(text: str) -> list[list[str]]:
    """Return the cells of copied spreadsheet cells: separated by tabs, with quotes around those that hold line ends."""
    text = plain_line_ends(text).removesuffix("\n")
    lines, line = list[list[str]](), list[str]()
    for found in _COPIED.finditer(text if not text or text.endswith("\n") else f"{text}\n"):
        quoted, plain, end = found[1], found[2], found[3]
        line.append(plain_text(plain if quoted is None else quoted.replace('""', '"')))
        if end == "\n":
            lines.append([] if len(line) == 1 and plain == "" else line)
            line = []
    return lines


def names_from(data: QueryDict, workflow: OpenedWorkflow, schema: Schema, person: User, columns: int) -> list[str]:
    """Return the fields for pasted columns, from the active one on: those that the page shows, or all if they are more.

    Nobody would see what a hidden field takes: if it gets a text, the page shows it.
    """
    names = [known.name for known in sorted_fields(schema)]
    shown = [each for each in data.get("columns", "").split("\n") if each in names] or names
    name = data.get("field", "")
    first = shown.index(name) if name in shown else 0
    if columns <= len(shown) - first:
        return shown[first:]
    ordered = [known.name for known in read_layout(person, workflow).order(sorted_fields(schema))]
    return ordered[ordered.index(shown[first]) :]


def fields_of_headings(lines: list[list[str]], workflow: OpenedWorkflow, schema: Schema) -> list[str]:
    """Return the fields that the cells of the first line name, "" for none, or [] if the line is a row."""
    if len(lines) < 2 or len(lines[0]) > MOST_HEADINGS:
        return []
    remembered = guesses_from(read_remembered(workflow), schema)
    matches = match_headers([cell.strip()[:LONGEST_HEADING] for cell in lines[0]], schema.fields, remembered)
    names = [match.used.field if match.used else "" for match in matches]
    return names if sum(map(bool, names)) >= LEAST_HEADINGS else []


def why_not_paste(lines: list[list[str]], names: list[str], schema: Schema) -> str:
    """Return in a sentence that pasted columns come after the last of the fields, or ""."""
    columns = max(max((place for place, text in enumerate(line, 1) if text.strip()), default=0) for line in lines)
    if columns <= len(names):
        return ""
    label = next(known.label for known in schema.fields if known.name == names[0])
    fields = "1 field" if len(names) == 1 else f"{len(names):,} fields"
    told = f"Not pasted: {columns:,} columns don’t fit into {fields} from {label} on."
    return f"{told} Begin further left, or copy fewer."


def columns_left_out(lines: list[list[str]], names: list[str]) -> list[str]:
    """Return a sentence about columns whose heading names no field."""
    left: dict[int, str] = {}
    for line in lines[1:]:
        for place, text in enumerate(line):
            if text.strip() and not (place < len(names) and names[place]):
                heading = lines[0][place] if place < len(lines[0]) else ""
                left.setdefault(place, f"“{(heading.strip() or text)[:QUOTED]}”")
    if not left:
        return []
    if len(left) == 1:
        return [
            f"1 pasted column has no field and was left out: {_quoted(left)}. To match it, import the rows as a file."
        ]
    return [
        f"{len(left):,} pasted columns have no field and were left out: {_quoted(left)}. "
        "To match them, import the rows as a file."
    ]


def _quoted(columns: dict[int, str]) -> str:
    """Return the first of the columns in their order."""
    return ", ".join(columns[place] for place in sorted(columns)[:MOST_PROBLEMS]) + (
        " …" if len(columns) > MOST_PROBLEMS else ""
    )
