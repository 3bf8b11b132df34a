"""Match the columns of a file of rows: what is certain, and what a person chose on the page."""

from collections.abc import Iterator, Set
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.timezone import get_current_timezone_name

from pipelines_portal.api_client import Schema
from pipelines_portal.core.zip_archives import path_in_archive
from pipelines_portal.matching.columns import Column, Matching
from pipelines_portal.matching.notation import settle_notation
from pipelines_portal.matching.proposals import numbers_and_dates, propose, rows_below
from pipelines_portal.spreadsheets.cells import Lines, text_of
from pipelines_portal.spreadsheets.limits import MAX_ROWS, RowsFileError, too_many_rows

# The share of a column's cells that have to name files of the archive. Some files may be missing in it.
LEAST_SHARE_OF_PATHS = 0.6
LONGEST_SAMPLE = 40
SAMPLED_ROWS, MOST_COLUMNS = 200, 50
NAMES_FILES = "Names files of the archive"


@dataclass
class ShownColumn:
    """A column with the name of its select and its first value."""

    name: str
    column: Column
    sample: str


def match_columns(name: str, lines: Lines, schema: Schema, paths: Set[str] = frozenset()) -> Matching:
    """Match the columns as an import does, without what was remembered. Raise RowsFileError if there are no rows.

    `paths` are those of the archive. They show which column names its files.
    """

    def blocks() -> Iterator[Lines]:
        yield lines

    matching = propose(schema, blocks, zone=get_current_timezone_name()) if lines else Matching()
    rows = rows_below(lines, matching.header_line)
    if not rows:
        raise RowsFileError(f"{name} has no rows.", "Add a row for each task below the header row.")
    if len(rows) > MAX_ROWS:
        raise too_many_rows(name, MAX_ROWS)
    _match_by_paths(matching, rows, schema, paths)
    return matching


def choose_columns(matching: Matching, posted: QueryDict, lines: Lines, schema: Schema) -> None:
    """Set the fields that a person chose for columns. A field that moves leaves its other column."""
    names = {known.name for known in schema.fields} | {""}
    for place, column in enumerate(matching.columns):
        chosen = posted.get(_name(place), column.field)
        if column.header and chosen != column.field and chosen in names:
            for other in matching.columns:
                if chosen and other.field == chosen:
                    other.field, other.how = "", ""
            matching.columns[place] = Column(column.header, chosen, is_aside=not chosen)
    settle_notation(matching, *numbers_and_dates(schema, matching, lines))


def shown_columns(matching: Matching, lines: Lines) -> list[ShownColumn]:
    """Return the columns that a person may choose fields for."""
    rows = rows_below(lines, matching.header_line)[:SAMPLED_ROWS]
    columns = [(place, column) for place, column in enumerate(matching.columns) if column.header]
    return [ShownColumn(_name(place), column, _sample(rows, place)) for place, column in columns[:MOST_COLUMNS]]


def _name(place: int) -> str:
    return f"column-{place}"


def _sample(rows: Lines, place: int) -> str:
    found = (text_of(cells[place]) for _, cells in rows if place < len(cells))
    return " ".join(next((text for text in found if text.strip()), "")[:LONGEST_SAMPLE].split())


def _match_by_paths(matching: Matching, rows: Lines, schema: Schema, paths: Set[str]) -> None:
    """Match the only file field that is left with the only column that names files of the archive."""
    taken = matching.places()
    fields = [known.name for known in schema.file_fields if known.name not in taken]
    places = [
        place
        for place, column in enumerate(matching.columns)
        if column.header and not column.field and not column.is_aside and _names_files(rows, place, paths)
    ]
    if len(fields) == len(places) == 1:
        column = matching.columns[places[0]]
        matching.columns[places[0]] = Column(column.header, fields[0], how=NAMES_FILES)


def _names_files(rows: Lines, place: int, paths: Set[str]) -> bool:
    found = [text_of(cells[place]) for _, cells in rows[:SAMPLED_ROWS] if place < len(cells)]
    found = [text for text in found if text.strip()]
    return bool(found) and sum(path_in_archive(text) in paths for text in found) >= LEAST_SHARE_OF_PATHS * len(found)
