"""Rows to take away with what is wrong with them: as they were in the file, so that they can come back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from pipelines_portal.api_client import Schema
from pipelines_portal.rows.cells import Cell, text_of

from .cells import batches_of, cells_of
from .matching import Column, Matching
from .models import Import, ImportRow, RowError, RowState

# Columns of ours. An import of such a file sets them aside by itself.
OWN_COLUMNS = ("Row in the file", "What is wrong")
WITH_FAULTS = (RowState.TO_FIX, RowState.REJECTED)
# What a download may be asked for.
KINDS = {
    "rejected": (RowState.REJECTED,),
    "to-fix": WITH_FAULTS,
    "not-sent": (RowState.READY, RowState.TO_FIX, RowState.TWICE, RowState.ASIDE),
    "unknown": (RowState.UNKNOWN,),
}
BATCH = 1_000
SHOWN = 50


@dataclass(frozen=True)
class FaultyRow:
    """A row as it stands, by the names of the file's columns, and what is said against it."""

    number: int
    cells: list[str]
    reasons: list[str]


def header_of(of: Import) -> list[str]:
    return [column.header for column in Matching.of(of.matching).columns]


def faulty_rows(of: Import, states: tuple[str, ...], at_once: int = BATCH) -> Iterator[FaultyRow]:
    """Rows of these states in the order of the file. Raises Undecryptable."""
    rows = of.rows.filter(generation=of.generation)
    for batch in batches_of(rows, states, at_once):
        yield from told(of, batch)


def told(of: Import, rows: list[ImportRow]) -> Iterator[FaultyRow]:
    """Each with its cells and reasons. Raises Undecryptable."""
    matching = Matching.of(of.matching)
    cells, reasons = cells_of(of, rows), _reasons(of, rows) if rows else {}
    for row in rows:
        yield FaultyRow(row.number, _texts(matching, cells[row.number], row), reasons.get(row.number, []))


def first_rejected(of: Import) -> QuerySet[ImportRow]:
    """As many as a page shows."""
    return of.rows.filter(generation=of.generation, state=RowState.REJECTED).order_by("number")[:SHOWN]


def table_of(of: Import, kind: str) -> tuple[list[str], Iterator[list[Any]]]:
    """Header and rows of a download. Raises Undecryptable while they are read."""
    rows = faulty_rows(of, KINDS[kind])
    return [*header_of(of), *OWN_COLUMNS], ([*row.cells, row.number, "; ".join(row.reasons)] for row in rows)


def _texts(matching: Matching, cells: list[Cell], row: ImportRow) -> list[str]:
    """What was typed over a cell stands in its place."""
    typed = row.typed()
    return [_text(column, place, cells, typed) for place, column in enumerate(matching.columns)]


def _text(column: Column, place: int, cells: list[Cell], typed: dict[str, str]) -> str:
    if column.field in typed:
        return typed[column.field]
    return text_of(cells[place]) if place < len(cells) else ""


def _reasons(of: Import, rows: list[ImportRow]) -> dict[int, list[str]]:
    labels = {known.name: known.label for known in Schema.model_validate(of.schema).fields}
    found: dict[int, list[str]] = {}
    # By their range: to look for each number in each of ten thousand groups takes seconds.
    numbers = (rows[0].number, rows[-1].number)
    errors = RowError.objects.filter(group__of=of, group__generation=of.generation, number__range=numbers)
    for error in errors.select_related("group").order_by("pk"):
        group = error.group
        label = labels.get(group.field_name, group.field_name)
        message = group.detail.get("message", "")
        found.setdefault(error.number, []).append(message if label in message or not label else f"{label}: {message}")
    return found
