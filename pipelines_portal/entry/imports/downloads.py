"""Downloads of rows, in the columns of the file: with their errors, to be imported again, or with their tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipelines_portal.api_client.task_status import label_of
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.rows.cells import LabelledError, read_errors
from pipelines_portal.entry.rows.row_list import look_of_row, requests_on_the_wire
from pipelines_portal.entry.rows.tasks import known_tasks, read_index, tasks_of
from pipelines_portal.entry.statuses import ERRORS
from pipelines_portal.matching.columns import OWN_COLUMNS, STATUS_COLUMNS, Column, Matching
from pipelines_portal.spreadsheets.cells import text_of

# The kinds of downloads and the statuses of their rows.
KINDS = {
    "rejected": (Row.Status.REJECTED,),
    "to-fix": ERRORS,
    "to-look": (Row.Status.TO_LOOK,),
    "not-sent": (
        Row.Status.READY,
        Row.Status.TO_FIX,
        Row.Status.TO_LOOK,
        Row.Status.DUPLICATE,
        Row.Status.SKIPPED,
    ),
    "unknown": (Row.Status.UNCONFIRMED,),
}
# The download of all rows.
ALL_ROWS = "all"
BATCH = 1_000


@dataclass(frozen=True)
class RowWithErrors:
    """A row with its present texts in the columns of the file, and its errors."""

    number: int
    cells: list[str]
    reasons: list[str]


def header_of(sheet: Sheet) -> list[str]:
    return [column.header for column in Matching.load(sheet.matching).columns]


def rows_with_errors(sheet: Sheet, statuses: tuple[str, ...]) -> Iterator[RowWithErrors]:
    """Iterate over rows with these statuses in the order of the file."""
    # Selected by their IDs, because SQLite would read all rows of the import to sort them.
    wanted = sheet.lines.filter(status__in=statuses).order_by().values("pk")
    rows = Row.objects.filter(pk__in=wanted).defer("fields").order_by("number").iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        yield from _with_reasons(sheet, batch)


def _with_reasons(sheet: Sheet, rows: list[Row]) -> list[RowWithErrors]:
    """Return each row with its cells and errors."""
    matching, reasons = Matching.load(sheet.matching), reasons_of(sheet, rows) if rows else {}
    return [
        RowWithErrors(
            row.number,
            cells_of(row, matching),
            reasons.get(row.number, []),
        )
        for row in rows
    ]


def table_of(sheet: Sheet, kind: str) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the header and the rows of a download."""
    rows = rows_with_errors(sheet, KINDS[kind])
    return [*header_of(sheet), *OWN_COLUMNS], ([*row.cells, row.number, "; ".join(row.reasons)] for row in rows)


def cells_of(row: Row, matching: Matching) -> list[str]:
    """Return the present texts of a row in the columns of the file."""
    return [_text(column, place, row) for place, column in enumerate(matching.columns)]


def _text(column: Column, place: int, row: Row) -> str:
    if column.field in row.edits:
        return str(row.edits[column.field])
    return text_of(row.cells[place]) if place < len(row.cells) else ""


def reasons_of(sheet: Sheet, rows: list[Row]) -> dict[int, list[str]]:
    """Return the errors of rows, in the order of their numbers, each with the name of its field."""
    labels = {known.name: known.label for known in sheet.parsed_schema.fields}
    return {
        number: [
            LabelledError(labels.get(name, name), problem.sentence).sentence
            for name, problems in by_field.items()
            for problem in problems
        ]
        for number, by_field in read_errors(sheet, rows).items()
    }


def status_table(sheet: Sheet) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the header and all rows with their tasks and the last statuses of these, in the order of the file."""
    number, reason = OWN_COLUMNS
    return [*header_of(sheet), number, *STATUS_COLUMNS, reason], _lines_with_status(sheet)


def _lines_with_status(sheet: Sheet) -> Iterator[list[Any]]:
    index, matching = read_index(sheet), Matching.load(sheet.matching)
    rows = sheet.rows.defer("fields").order_by("number").iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        task_ids = tasks_of(batch)
        tasks = known_tasks(index, list(task_ids.values()))
        wrong = [row for row in batch if row.status in ERRORS]
        reasons = reasons_of(sheet, wrong) if wrong else {}
        on_the_wire = requests_on_the_wire(sheet, batch)
        for row in batch:
            task_id = task_ids.get(row.number)
            task = tasks.get(task_id or 0)
            word = look_of_row(sheet, row, on_the_wire).word
            status = label_of(task.status) if task else ""
            yield [
                *cells_of(row, matching), row.number, word, task_id or "", status,
                "; ".join(reasons.get(row.number, [])),
            ]  # fmt: skip
