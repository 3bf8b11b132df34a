"""Downloads of rows, in the columns of the file: with their errors, to be imported again, or with their tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipelines_portal.api_client.task_status import label_of
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.rows.cells import LabelledError, read_errors
from pipelines_portal.entry.rows.row_list import look_of_row, requests_on_the_wire
from pipelines_portal.entry.rows.tasks import known_tasks, read_index, tasks_of
from pipelines_portal.entry.statuses import ERRORS
from pipelines_portal.matching.columns import OWN_COLUMNS, STATUS_COLUMNS, Column, Matching
from pipelines_portal.spreadsheets.cells import text_of

# The kinds of downloads and the statuses of their rows.
KINDS = {
    "rejected": (ImportRow.Status.REJECTED,),
    "to-fix": ERRORS,
    "to-look": (ImportRow.Status.TO_LOOK,),
    "not-sent": (
        ImportRow.Status.READY,
        ImportRow.Status.TO_FIX,
        ImportRow.Status.TO_LOOK,
        ImportRow.Status.DUPLICATE,
        ImportRow.Status.SKIPPED,
    ),
    "unknown": (ImportRow.Status.UNCONFIRMED,),
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


def header_of(import_job: ImportJob) -> list[str]:
    return [column.header for column in Matching.load(import_job.matching).columns]


def rows_with_errors(import_job: ImportJob, statuses: tuple[str, ...]) -> Iterator[RowWithErrors]:
    """Iterate over rows with these statuses in the order of the file."""
    # Selected by their IDs, because SQLite would read all rows of the import to sort them.
    wanted = import_job.lines.filter(status__in=statuses).order_by().values("pk")
    rows = ImportRow.objects.filter(pk__in=wanted).defer("fields").order_by("number").iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        yield from _with_reasons(import_job, batch)


def _with_reasons(import_job: ImportJob, rows: list[ImportRow]) -> list[RowWithErrors]:
    """Return each row with its cells and errors."""
    matching, reasons = Matching.load(import_job.matching), reasons_of(import_job, rows) if rows else {}
    return [
        RowWithErrors(
            row.number,
            cells_of(row, matching),
            reasons.get(row.number, []),
        )
        for row in rows
    ]


def table_of(import_job: ImportJob, kind: str) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the header and the rows of a download."""
    rows = rows_with_errors(import_job, KINDS[kind])
    return [*header_of(import_job), *OWN_COLUMNS], ([*row.cells, row.number, "; ".join(row.reasons)] for row in rows)


def cells_of(row: ImportRow, matching: Matching) -> list[str]:
    """Return the present texts of a row in the columns of the file."""
    return [_text(column, place, row) for place, column in enumerate(matching.columns)]


def _text(column: Column, place: int, row: ImportRow) -> str:
    if column.field in row.edits:
        return str(row.edits[column.field])
    return text_of(row.cells[place]) if place < len(row.cells) else ""


def reasons_of(import_job: ImportJob, rows: list[ImportRow]) -> dict[int, list[str]]:
    """Return the errors of rows, in the order of their numbers, each with the name of its field."""
    labels = {known.name: known.label for known in import_job.parsed_schema.fields}
    return {
        number: [
            LabelledError(labels.get(name, name), problem.sentence).sentence
            for name, problems in by_field.items()
            for problem in problems
        ]
        for number, by_field in read_errors(import_job, rows).items()
    }


def status_table(import_job: ImportJob) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the header and all rows with their tasks and the last statuses of these, in the order of the file."""
    number, reason = OWN_COLUMNS
    return [*header_of(import_job), number, *STATUS_COLUMNS, reason], _lines_with_status(import_job)


def _lines_with_status(import_job: ImportJob) -> Iterator[list[Any]]:
    index, matching = read_index(import_job), Matching.load(import_job.matching)
    rows = import_job.rows.defer("fields").order_by("number").iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        task_ids = tasks_of(batch)
        tasks = known_tasks(index, list(task_ids.values()))
        wrong = [row for row in batch if row.status in ERRORS]
        reasons = reasons_of(import_job, wrong) if wrong else {}
        on_the_wire = requests_on_the_wire(import_job, batch)
        for row in batch:
            task_id = task_ids.get(row.number)
            task = tasks.get(task_id or 0)
            word = look_of_row(import_job, row, on_the_wire).word
            status = label_of(task.status) if task else ""
            yield [
                *cells_of(row, matching), row.number, word, task_id or "", status,
                "; ".join(reasons.get(row.number, [])),
            ]  # fmt: skip
