"""A first proposal of how the columns of a file are meant."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.imports.downloads import OWN_COLUMNS
from pipelines_portal.entry.imports.headers import HeaderMatch, match_headers
from pipelines_portal.entry.imports.matching import Column, Matching, folded
from pipelines_portal.entry.imports.remembering import guesses_from, remembered_of, was_set_aside
from pipelines_portal.entry.imports.words import meant_words, words_of
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.spreadsheets.cells import Cell, Lines, text_of, value_of
from pipelines_portal.spreadsheets.dates import moment_text, suggest_day_first
from pipelines_portal.spreadsheets.numbers import number_text, suggest_decimal
from pipelines_portal.spreadsheets.reading import likely_header

# All lines from the first on, a block at a time, as often as it is called.
Blocks = Callable[[], Iterator[Lines]]
LOOKED_AT_FOR_HEADER, LOOKED_AT_FOR_NUMBERS = 20, 500
NUMBERS = ("numeric", "rating")
# The first line is a row already.
NO_HEADER = -1
# A date that only those who write the month first can mean: whoever is told otherwise by other dates outweighs it.
MONTH_FIRST, ELSEWHERE = "01/13/2020", "Asia/Tokyo"


@dataclass
class Proposal:
    """`is_certain`: every column is exactly a field's, or as remembered, and nothing is left to ask."""

    matching: Matching
    is_certain: bool = False
    # Fields that each column may be, to be had by a click.
    offered: list[list[str]] = field(default_factory=list)
    # How the file's own numbers are written; "" when they do not tell.
    decimal: str = ""


def propose(import_job: ImportJob, schema: Schema, blocks: Blocks, header_line: int | None = None) -> Proposal:
    """By the line that a person named, or the one that looks most like it."""
    remembered = remembered_of(import_job)
    first = next(blocks(), [])
    if header_line is None:
        header_line = _header_line(first, schema, remembered)
    headers = _headers(first, header_line, blocks)
    matches = match_headers(headers, schema.fields, guesses_from(remembered, schema))
    columns = [_column(*each, remembered) for each in zip(headers, matches, strict=True)]
    matching = Matching(header_line, columns)
    is_clear = _say_how_numbers_are(import_job, matching, schema, first, remembered)
    words = words_of(schema, matching, blocks)
    matching.words, asked = meant_words(schema, words, remembered.get("words", {}))
    certain = all(_is_certain(column) for column in columns) and not asked and not missing_fields(schema, matching)
    is_certain = certain and is_clear and header_line != NO_HEADER
    decimal = suggest_decimal(texts_of(schema, matching, first, NUMBERS))
    return Proposal(matching, is_certain, [match.offered for match in matches], decimal)


def offered_again(import_job: ImportJob, schema: Schema, matching: Matching, first: Lines) -> Proposal:
    """What its columns may be besides; `first` are the first lines of the file."""
    headers = [column.header for column in matching.columns]
    matches = match_headers(headers, schema.fields, guesses_from(remembered_of(import_job), schema))
    decimal = suggest_decimal(texts_of(schema, matching, first, NUMBERS))
    return Proposal(matching, offered=[match.offered for match in matches], decimal=decimal)


def missing_fields(schema: Schema, matching: Matching) -> list[Field]:
    """Required ones that no row would have a value for."""
    given = matching.places().keys() | matching.constants.keys()
    return [known for known in schema.fields if known.required and known.name not in given]


def rows_below(lines: Lines, header_line: int) -> Lines:
    return lines[header_line + 1 :]


def _header_line(lines: Lines, schema: Schema, remembered: dict[str, Any]) -> int:
    """Of the first lines the one that names most fields; where none names any, the one that looks like names."""
    guesses = guesses_from(remembered, schema)
    counts = [
        sum(match.taken is not None for match in match_headers(_texts(cells), schema.fields, guesses))
        for _, cells in lines[:LOOKED_AT_FOR_HEADER]
    ]
    most = max(counts, default=0)
    return counts.index(most) if most else likely_header(lines)


def _headers(first: Lines, header_line: int, blocks: Blocks) -> list[str]:
    """What each column is called; "" for one that is empty from top to bottom, and has no name either."""
    named = _texts(first[header_line][1]) if 0 <= header_line < len(first) else []
    used = _used_places(named, header_line, blocks)
    width = max([len(named), *(place + 1 for place in used)])
    named += [""] * (width - len(named))
    return [text or (f"Column {place + 1}" if place in used else "") for place, text in enumerate(named)]


def _used_places(named: Sequence[str], header_line: int, blocks: Blocks) -> set[int]:
    """Places without a name that hold something in some row."""
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
    if folded(header) in map(folded, OWN_COLUMNS):
        return Column(header, is_aside=True, how="added by a download of this portal")
    if match.taken:
        return Column(header, match.taken.field, how=match.taken.how)
    if how := was_set_aside(remembered, header):
        return Column(header, is_aside=True, how=how)
    return Column(header)


def _is_certain(column: Column) -> bool:
    """One that is only very nearly a field's is to be looked at."""
    return column.is_settled and " like " not in column.how


def _say_how_numbers_are(
    import_job: ImportJob, matching: Matching, schema: Schema, first: Lines, remembered: dict[str, Any]
) -> bool:
    """As the file itself shows, else as remembered. False where it matters, and neither tells."""
    numbers = texts_of(schema, matching, first, NUMBERS)
    decimal = suggest_decimal(numbers)
    matching.decimal = decimal or remembered.get("decimal", ".")
    is_known = decimal or "decimal" in remembered or not any(map(_can_be_two_numbers, numbers))
    return _say_how_dates_are(
        import_job, matching, texts_of(schema, matching, first, ("datetime",)), remembered
    ) and bool(is_known)


def _say_how_dates_are(import_job: ImportJob, matching: Matching, dates: list[str], remembered: dict[str, Any]) -> bool:
    """By the clocks around whoever brought the file; a colleague's are the next best."""
    is_day_first, is_month_first = suggest_day_first([*dates, MONTH_FIRST]), not suggest_day_first(dates)
    matching.day_first = is_day_first or (not is_month_first and remembered.get("day_first", True))
    zone = import_job.zone or remembered.get("zone", "")
    matching.zone = zone or "UTC"
    order_is_known = is_day_first or is_month_first or "day_first" in remembered
    orders = [matching.day_first] if order_is_known else [True, False]
    zones = [zone] if zone else ["UTC", ELSEWHERE]
    return all(len({moment_text(text, *said) for said in product(orders, zones)}) == 1 for text in dates)


def _can_be_two_numbers(text: str) -> bool:
    return number_text(text, ".") != number_text(text, ",")


def texts_of(schema: Schema, matching: Matching, first: Lines, types: Sequence[str]) -> list[str]:
    """Of the columns that became fields of these types, as the first rows have them. A spreadsheet's own numbers are
    no texts, and read one way only; its dates have no offset.
    """
    wanted = {known.name for known in schema.fields if known.type in types}
    places = [place for name, place in matching.places().items() if name in wanted]
    rows = islice(rows_below(first, matching.header_line), LOOKED_AT_FOR_NUMBERS)
    found = [cells[place] for _, cells in rows for place in places if place < len(cells)]
    values = [cell if isinstance(cell, str) else value_of(cell) for cell in found]
    return [value for value in values if isinstance(value, str)]
