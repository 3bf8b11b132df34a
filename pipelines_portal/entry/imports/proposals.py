"""Propose how the columns and words of a file are meant, and store what a person decides."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.imports.downloads import OWN_COLUMNS
from pipelines_portal.entry.imports.headers import HeaderMatch, folded, match_headers, plain
from pipelines_portal.entry.imports.matching import (
    Column,
    Matching,
    guesses_from,
    read_remembered,
    reason_to_set_aside,
    remember,
)
from pipelines_portal.entry.models import ImportJob, Step
from pipelines_portal.spreadsheets.blocks import LINES
from pipelines_portal.spreadsheets.cells import Cell, Lines, text_of, value_of
from pipelines_portal.spreadsheets.dates import moment_text, suggest_day_first
from pipelines_portal.spreadsheets.numbers import number_text, suggest_decimal
from pipelines_portal.spreadsheets.reading import likely_header
from pipelines_portal.workflows.fields.choices import BOOLEAN_WORDS

# Each call iterates over all lines from the first one, in blocks.
Blocks = Callable[[], Iterator[Lines]]
# Lines in which the header is searched, and rows that show how numbers are written.
HEADER_LINES, NUMBER_ROWS = 20, 500
NUMBERS = ("numeric", "rating")
# The header line of a file whose first line is a row.
NO_HEADER = -1
# A date that has the month first for sure, and a time zone far from UTC: if they change nothing, all is certain.
MONTH_FIRST, OTHER_ZONE = "01/13/2020", "Asia/Tokyo"


@dataclass
class Proposal:
    """A matching to start from. It is certain if every column is a field's or remembered and no question is left."""

    matching: Matching
    is_certain: bool = False
    # The fields that each column may be.
    offered: list[list[str]] = field(default_factory=list)
    # The decimal separator of the numbers in the file. Empty if they do not show it.
    decimal: str = ""


def propose(import_job: ImportJob, schema: Schema, blocks: Blocks, header_line: int | None = None) -> Proposal:
    """Propose a matching for the header line that a person chose, or for the likely one."""
    remembered = read_remembered(import_job)
    first = next(blocks(), [])
    if header_line is None:
        header_line = _header_line(first, schema, remembered)
    headers = _headers(first, header_line, blocks)
    matches = match_headers(headers, schema.fields, guesses_from(remembered, schema))
    columns = [_column(*each, remembered) for each in zip(headers, matches, strict=True)]
    matching = Matching(header_line, columns)
    is_clear = _settle_numbers(import_job, matching, schema, first, remembered)
    words = words_of(schema, matching, blocks)
    matching.words, asked = interpret_words(schema, words, remembered.get("words", {}))
    certain = all(_is_certain(column) for column in columns) and not asked and not missing_fields(schema, matching)
    is_certain = certain and is_clear and header_line != NO_HEADER
    decimal = suggest_decimal(texts_of(schema, matching, first, NUMBERS))
    return Proposal(matching, is_certain, [match.offered for match in matches], decimal)


def _offer_again(import_job: ImportJob, schema: Schema, matching: Matching, first: Lines) -> Proposal:
    """Offer fields for the columns of a stored matching. `first` are the first lines of the file."""
    headers = [column.header for column in matching.columns]
    matches = match_headers(headers, schema.fields, guesses_from(read_remembered(import_job), schema))
    decimal = suggest_decimal(texts_of(schema, matching, first, NUMBERS))
    return Proposal(matching, offered=[match.offered for match in matches], decimal=decimal)


def missing_fields(schema: Schema, matching: Matching) -> list[Field]:
    """Return the required fields that have neither a column nor a value for all rows."""
    given = matching.places().keys() | matching.constants.keys()
    return [known for known in schema.fields if known.required and known.name not in given]


def rows_below(lines: Lines, header_line: int) -> Lines:
    return lines[header_line + 1 :]


def _header_line(lines: Lines, schema: Schema, remembered: dict[str, Any]) -> int:
    """Return the line that names most fields, or the line that looks most like names."""
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
    if folded(header) in map(folded, OWN_COLUMNS):
        return Column(header, is_aside=True, how="added by a download of this portal")
    if match.used:
        return Column(header, match.used.field, how=match.used.how)
    if how := reason_to_set_aside(remembered, header):
        return Column(header, is_aside=True, how=how)
    return Column(header)


def _is_certain(column: Column) -> bool:
    """Return whether nobody needs to look at the column: it is settled, and not only similar to a field."""
    return column.is_settled and " like " not in column.how


def _settle_numbers(
    import_job: ImportJob, matching: Matching, schema: Schema, first: Lines, remembered: dict[str, Any]
) -> bool:
    """Set how numbers and dates are written, as the file shows or as remembered. Return whether that is certain."""
    numbers = texts_of(schema, matching, first, NUMBERS)
    decimal = suggest_decimal(numbers)
    matching.decimal = decimal or remembered.get("decimal", ".")
    is_known = decimal or "decimal" in remembered or not any(map(_can_be_two_numbers, numbers))
    dates = texts_of(schema, matching, first, ("datetime",))
    return _settle_dates(import_job, matching, dates, remembered) and bool(is_known)


def _settle_dates(import_job: ImportJob, matching: Matching, dates: list[str], remembered: dict[str, Any]) -> bool:
    """Use the time zone of the person who started the import, or the remembered one. Return whether that is certain."""
    is_day_first, is_month_first = suggest_day_first([*dates, MONTH_FIRST]), not suggest_day_first(dates)
    matching.day_first = is_day_first or (not is_month_first and remembered.get("day_first", True))
    zone = import_job.zone or remembered.get("zone", "")
    matching.zone = zone or "UTC"
    order_is_known = is_day_first or is_month_first or "day_first" in remembered
    orders = [matching.day_first] if order_is_known else [True, False]
    zones = [zone] if zone else ["UTC", OTHER_ZONE]
    return all(len({moment_text(text, *said) for said in product(orders, zones)}) == 1 for text in dates)


def _can_be_two_numbers(text: str) -> bool:
    return number_text(text, ".") != number_text(text, ",")


def texts_of(schema: Schema, matching: Matching, first: Lines, types: Sequence[str]) -> list[str]:
    """Return the texts of the first rows in columns for fields of these types.

    A spreadsheet's own numbers are no texts and can be read in one way only. Its dates have no offset.
    """
    wanted = {known.name for known in schema.fields if known.type in types}
    places = [place for name, place in matching.places().items() if name in wanted]
    rows = islice(rows_below(first, matching.header_line), NUMBER_ROWS)
    found = [cells[place] for _, cells in rows for place in places if place < len(cells)]
    values = [cell if isinstance(cell, str) else value_of(cell) for cell in found]
    return [value for value in values if isinstance(value, str)]


MOST_WORDS = 200
LONGEST_WORD = 100
Words = dict[str, Counter[str]]


@dataclass(frozen=True)
class Word:
    """A word of the file that is no choice of its field, with the number of rows that have it."""

    text: str
    count: int

    @property
    def key(self) -> str:
        """A hash for the name of its input."""
        return hashlib.sha256(folded(self.text).encode()).hexdigest()[:16]


def choices_of(known: Field) -> list[tuple[str, str]]:
    """Return the values and labels of a field's choices, or nothing for a field without choices."""
    if known.type == "boolean":
        return [("true", "Yes"), ("false", "No")]
    if known.type == "select":
        return [(choice, choice) for choice in known.choices]
    return []


def words_of(schema: Schema, matching: Matching, blocks: Callable[[], Iterator[Lines]]) -> dict[str, list[Word]]:
    """Return for each field the most frequent words of its column that are no choice."""
    places = matching.places()
    wanted = [(known, places[known.name]) for known in schema.fields if known.name in places and choices_of(known)]
    counted: Words = {known.name: Counter() for known, _ in wanted}
    for number, lines in enumerate(blocks() if wanted else ()):
        for _, cells in lines[0 if number else matching.header_line + 1 :]:
            for known, place in wanted:
                if place < len(cells):
                    _count(counted[known.name], text_of(cells[place]))
    return {known.name: _others(known, counted[known.name]) for known, _ in wanted}


def _count(counter: Counter[str], text: str) -> None:
    """Count a word. A column with very many words hardly holds choices, so only the first ones are counted."""
    if text in counter or len(counter) < MOST_WORDS * 5:
        counter[text] += 1


def _others(known: Field, counter: Counter[str]) -> list[Word]:
    words: dict[str, Word] = {}
    for text, count in counter.items():
        if text.strip() and len(text) <= LONGEST_WORD and not _is_choice(known, text):
            before = words.get(folded(text))
            words[folded(text)] = Word(before.text if before else text, count + (before.count if before else 0))
    return sorted(words.values(), key=lambda word: -word.count)[:MOST_WORDS]


def _is_choice(known: Field, text: str) -> bool:
    if known.type == "boolean":
        return text.strip().lower() in BOOLEAN_WORDS
    return text in known.choices


def same_choice(known: Field, text: str) -> str:
    """Return the choice that differs from `text` only in case, accents and spaces, or an empty string."""
    wanted = plain(text)
    found = {choice for choice, label in choices_of(known) if wanted in (plain(choice), plain(label))}
    return found.pop() if len(found) == 1 else ""


def interpret_words(
    schema: Schema, words: dict[str, list[Word]], remembered: dict[str, dict[str, str]]
) -> tuple[dict[str, dict[str, str]], int]:
    """Return the known meanings, as in Matching.words, and the number of words without one."""
    fields = {known.name: known for known in schema.fields}
    meant: dict[str, dict[str, str]] = {}
    asked = 0
    for name, words_of_field in words.items():
        values = {choice for choice, _ in choices_of(fields[name])}
        for word in words_of_field:
            before = remembered.get(name, {}).get(folded(word.text), "")
            choice = before if before in values else same_choice(fields[name], word.text)
            if choice:
                meant.setdefault(name, {})[folded(word.text)] = choice
            asked += not choice
    return meant, asked


def blocks_of(import_job: ImportJob) -> Blocks:
    """Iterate over all lines of an import in blocks."""

    def blocks() -> Iterator[Lines]:
        lines = import_job.lines.order_by("number").values_list("number", "cells").iterator(LINES)
        while block := list(islice(lines, LINES)):
            yield block

    return blocks


def propose_again(import_job: ImportJob, schema: Schema) -> Proposal:
    """Return the stored matching with the fields that are offered for its columns, without reading the whole file."""
    matching = Matching.load(import_job.matching)
    if not matching.columns:
        return propose(import_job, schema, blocks_of(import_job))
    names = {known.name for known in schema.fields}
    for column in matching.columns:
        column.field = column.field if column.field in names else ""
    return _offer_again(import_job, schema, matching, next(blocks_of(import_job)(), []))


def read_again(import_job: ImportJob, options: dict[str, str]) -> bool:
    """Read the file with other options, and drop what was matched and typed. Return False if the import changed."""
    values = {"reading_options": options, "matching": {}, "reading_result": {}, "row_count": 0, "row_counts": {}}
    with transaction.atomic():
        if not import_job.take_step(Step.REREAD, ImportJob.Status.READING, _is_as_seen(import_job), **values):
            return False
        for rows in (import_job.lines, import_job.error_groups, import_job.changes):
            rows.all().delete()
    return True


def choose_header(import_job: ImportJob, schema: Schema, header_line: int) -> bool:
    """Propose the columns again for another header line. Return False if the import changed."""
    proposal = propose(import_job, schema, blocks_of(import_job), header_line)
    unchanged = ImportJob.objects.filter(_is_as_seen(import_job), pk=import_job.pk, status=ImportJob.Status.MATCHING)
    return bool(unchanged.update(matching=proposal.matching.dump(), changed_at=timezone.now()))


def settle_matching(import_job: ImportJob, schema: Schema, matching: Matching) -> bool:
    """Check the rows with this matching, and remember it. Return False if the import changed."""
    values = {"matching": matching.dump(), "schema": schema.model_dump(mode="json"), "schema_changes": []}
    with transaction.atomic():
        is_settled = import_job.take_step(Step.MATCH, ImportJob.Status.CHECKING, _is_as_seen(import_job), **values)
        if is_settled:
            remember(import_job, matching)
    return is_settled


def match_again(import_job: ImportJob) -> bool:
    """Return to the columns if nothing was sent so far. Return whether that was possible."""
    return not import_job.submissions.exists() and import_job.take_step(Step.REMATCH, ImportJob.Status.MATCHING)


def _is_as_seen(import_job: ImportJob) -> Q:
    return Q(changed_at=import_job.changed_at)
