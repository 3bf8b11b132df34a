"""Download rows with their errors, in the columns of the file, so that they can be imported again."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.rows.cells import labelled_errors
from pipelines_portal.matching.columns import OWN_COLUMNS, Column, Matching
from pipelines_portal.spreadsheets.cells import text_of

WITH_FAULTS = (ImportRow.Status.TO_FIX, ImportRow.Status.REJECTED)
# The kinds of downloads and the statuses of their rows.
KINDS = {
    "rejected": (ImportRow.Status.REJECTED,),
    "to-fix": WITH_FAULTS,
    "not-sent": (
        ImportRow.Status.READY,
        ImportRow.Status.TO_FIX,
        ImportRow.Status.DUPLICATE,
        ImportRow.Status.SET_ASIDE,
    ),
    "unknown": (ImportRow.Status.UNCONFIRMED,),
}
BATCH = 1_000


@dataclass(frozen=True)
class FaultyRow:
    """A row with its present texts in the columns of the file, and its errors."""

    number: int
    cells: list[str]
    reasons: list[str]


def header_of(import_job: ImportJob) -> list[str]:
    return [column.header for column in Matching.load(import_job.matching).columns]


def faulty_rows(import_job: ImportJob, statuses: tuple[str, ...]) -> Iterator[FaultyRow]:
    """Iterate over rows with these statuses in the order of the file."""
    # Selected by their IDs, because SQLite would read all rows of the import to sort them.
    wanted = import_job.lines.filter(status__in=statuses).order_by().values("pk")
    rows = ImportRow.objects.filter(pk__in=wanted).defer("fields").order_by("number").iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        yield from _with_reasons(import_job, batch)


def _with_reasons(import_job: ImportJob, rows: list[ImportRow]) -> list[FaultyRow]:
    """Return each row with its cells and errors."""
    matching, reasons = Matching.load(import_job.matching), reasons_of(import_job, rows) if rows else {}
    return [
        FaultyRow(
            row.number,
            cells_of(row, matching),
            reasons.get(row.number, []),
        )
        for row in rows
    ]


def table_of(import_job: ImportJob, kind: str) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the header and the rows of a download."""
    rows = faulty_rows(import_job, KINDS[kind])
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
    errors = labelled_errors(import_job, rows)
    return {number: [error.sentence for error in each] for number, each in errors.items()}
