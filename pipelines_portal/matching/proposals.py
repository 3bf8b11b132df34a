"""Find how the columns of a file are meant, as far as it is certain."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.matching.columns import (
    NO_HEADER,
    OWN,
    OWN_COLUMNS,
    STATUS_COLUMNS,
    Column,
    Matching,
    guesses_from,
    reason_to_skip,
)
from pipelines_portal.matching.headers import HeaderMatch, match_headers
from pipelines_portal.matching.notation import settle_notation
from pipelines_portal.spreadsheets.cells import Cell, Lines, text_of, value_of
from pipelines_portal.spreadsheets.reading import likely_header
from pipelines_portal.workflows.fields.circumstances import Words
from pipelines_portal.workflows.fields.reading.plain_words import folded
from pipelines_portal.workflows.fields.types import type_of

# Each call iterates over all lines from the first one, in blocks.
Blocks = Callable[[], Iterator[Lines]]
# Lines in which the header is searched, and rows that show how numbers are written.
HEADER_LINES, NUMBER_ROWS = 20, 500


def propose(
    schema: Schema,
    blocks: Blocks,
    *,
    zone: str = "",
    remembered: dict[str, Any] | None = None,
    words: Words | None = None,
    header_line: int | None = None,
) -> Matching:
    """Return what is certain about the columns, for the header line that a person chose or for the likely one.

    A column is matched by name or title, or as a person matched it before. Any other is not imported. Columns without
    names may be others than the last time, so a person chooses theirs.
    """
    remembered, words = remembered or {}, words or {}
    first = next(blocks(), [])
    if header_line is None:
        header_line = _header_line(first, schema, remembered)
    headers = _headers(first, header_line, blocks)
    guesses = guesses_from(remembered, schema) if header_line != NO_HEADER else {}
    matches = match_headers(headers, schema.fields, guesses)
    columns = [_column(*each, remembered) for each in zip(headers, matches, strict=True)]
    matching = Matching(header_line, columns, words=words)
    settle_notation(matching, *numbers_and_dates(schema, matching, first))
    matching.decimal = matching.decimal or remembered.get("decimal", "")
    matching.day_first = remembered.get("day_first") if matching.day_first is None else matching.day_first
    matching.serials = remembered.get("serials")
    matching.zone = zone
    return matching


def rows_below(lines: Lines, header_line: int) -> Lines:
    return lines[header_line + 1 :]


def _header_line(lines: Lines, schema: Schema, remembered: dict[str, Any]) -> int:
    """Return the line that names most fields, or else the line that looks most like names."""
    guesses = guesses_from(remembered, schema)
    counts = [
        sum(match.used is not None for match in match_headers(_texts(cells), schema.fields, guesses))
        for _, cells in lines[:HEADER_LINES]
    ]
    most = max(counts, default=0)
    return counts.index(most) if most else likely_header(lines)


def _headers(first: Lines, header_line: int, blocks: Blocks) -> list[str]:
    """Return the names of the columns. The name of an empty column without a header is empty."""
    named = _texts(first[header_line][1]) if 0 <= header_line < len(first) else []
    used = _used_places(named, header_line, blocks)
    width = max([len(named), *(place + 1 for place in used)])
    named += [""] * (width - len(named))
    return [text or (f"Column {place + 1}" if place in used else "") for place, text in enumerate(named)]


def _used_places(named: Sequence[str], header_line: int, blocks: Blocks) -> set[int]:
    """Return the indexes of columns without a name that have a value in some row."""
    used = set[int]()
    unsure = [place for place, text in enumerate(named) if not text]
    for number, lines in enumerate(blocks()):
        for _, cells in lines if number else rows_below(lines, header_line):
            if len(cells) > len(named):
                used.update(place for place in range(len(named), len(cells)) if cells[place])
            if unsure:
                used.update(place for place in unsure if place < len(cells) and cells[place])
                unsure = [place for place in unsure if place not in used]
    return used


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [" ".join(text_of(cell).split())[:300] for cell in cells]


def _column(header: str, match: HeaderMatch, remembered: dict[str, Any]) -> Column:
    if not header:
        return Column("", is_aside=True, how="empty")
    if folded(header) in map(folded, (*OWN_COLUMNS, *STATUS_COLUMNS)):
        return Column(header, is_aside=True, how=OWN)
    if match.used:
        return Column(header, match.used.field, how=match.used.how)
    if how := reason_to_skip(remembered, header):
        return Column(header, is_aside=True, how=how)
    return Column(header)


def unmatched_columns(matching: Matching) -> list[int]:
    """Return the indexes of the columns of which nothing is known."""
    columns = enumerate(matching.columns)
    return [place for place, column in columns if column.header and not column.field and not column.is_aside]


def fields_left(schema: Schema, matching: Matching) -> list[Field]:
    places = matching.places()
    return [known for known in schema.fields if known.name not in places]


def numbers_and_dates(schema: Schema, matching: Matching, first: Lines) -> tuple[list[str], list[str]]:
    """Return the texts of the first rows in columns for numbers, and those in columns for dates.

    A spreadsheet's own numbers are no texts and can be read in one way only. Its dates have no offset.
    """
    kinds = [type_of(known) for known in schema.fields]
    numbers = {each.field.name for each in kinds if each.is_number}
    dates = {each.field.name for each in kinds if each.is_time}
    return _texts_of(numbers, matching, first), _texts_of(dates, matching, first)


def _texts_of(fields: set[str], matching: Matching, first: Lines) -> list[str]:
    places = [place for name, place in matching.places().items() if name in fields]
    rows = islice(rows_below(first, matching.header_line), NUMBER_ROWS)
    found = [cells[place] for _, cells in rows for place in places if place < len(cells)]
    values = [cell if isinstance(cell, str) else value_of(cell) for cell in found]
    return [value for value in values if isinstance(value, str)]
