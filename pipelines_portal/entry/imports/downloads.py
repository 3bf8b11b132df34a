"""Rows to take away with what is wrong with them: as they were in the file, so that they can come back."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipelines_portal.api_client import Schema
from pipelines_portal.entry.imports.matching import Column, Matching
from pipelines_portal.entry.models import ImportJob, ImportRow, RowError
from pipelines_portal.spreadsheets.cells import text_of

# Columns of ours. An import of such a file sets them aside by itself.
OWN_COLUMNS = ("Row in the file", "What is wrong")
WITH_FAULTS = (ImportRow.Status.TO_FIX, ImportRow.Status.REJECTED)
# What a download may be asked for.
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
SHOWN = 50


@dataclass(frozen=True)
class FaultyRow:
    """A row as it stands, by the names of the file's columns, and what is said against it."""

    number: int
    cells: list[str]
    reasons: list[str]


def header_of(import_job: ImportJob) -> list[str]:
    return [column.header for column in Matching.of(import_job.matching).columns]


def faulty_rows(import_job: ImportJob, statuses: tuple[str, ...]) -> Iterator[FaultyRow]:
    """Rows of these states in the order of the file."""
    # By their IDs: to have them in order, SQLite would read all rows of the import.
    wanted = import_job.lines.filter(status__in=statuses).order_by().values("pk")
    rows = ImportRow.objects.filter(pk__in=wanted).defer("fields").order_by("number").iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        yield from with_reasons(import_job, batch)


def with_reasons(import_job: ImportJob, rows: list[ImportRow]) -> list[FaultyRow]:
    """Each with its cells, and what is wrong with it."""
    matching, reasons = Matching.of(import_job.matching), _reasons(import_job, rows) if rows else {}
    return [
        FaultyRow(
            row.number,
            [_text(column, place, row) for place, column in enumerate(matching.columns)],
            reasons.get(row.number, []),
        )
        for row in rows
    ]


def first_rejected(import_job: ImportJob) -> list[FaultyRow]:
    """As many as a page shows."""
    rejected = import_job.rows.filter(status=ImportRow.Status.REJECTED).defer("fields").order_by("number")
    return with_reasons(import_job, list(rejected[:SHOWN]))


def table_of(import_job: ImportJob, kind: str) -> tuple[list[str], Iterator[list[Any]]]:
    """Header and rows of a download."""
    rows = faulty_rows(import_job, KINDS[kind])
    return [*header_of(import_job), *OWN_COLUMNS], ([*row.cells, row.number, "; ".join(row.reasons)] for row in rows)


def _text(column: Column, place: int, row: ImportRow) -> str:
    """What was typed over a cell is shown in its place."""
    if column.field in row.edits:
        return str(row.edits[column.field])
    return text_of(row.cells[place]) if place < len(row.cells) else ""


def _reasons(import_job: ImportJob, rows: list[ImportRow]) -> dict[int, list[str]]:
    labels = {known.name: known.label for known in Schema.model_validate(import_job.schema).fields}
    found: dict[int, list[str]] = {}
    # By their range: to look for each number in each of ten thousand groups takes seconds.
    numbers = (rows[0].number, rows[-1].number)
    errors = RowError.objects.filter(group__import_job=import_job, number__range=numbers)
    for error in errors.select_related("group").order_by("pk"):
        group = error.group
        label = labels.get(group.field_name, group.field_name)
        message = group.message
        found.setdefault(error.number, []).append(message if label in message or not label else f"{label}: {message}")
    return found
