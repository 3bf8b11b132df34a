"""Find how the columns of an import are meant, and store what a person decides."""

from collections.abc import Iterator, Mapping
from itertools import islice

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.api_client import Schema
from pipelines_portal.entry.imports.remembered import read_remembered, remember
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows.learned_words import forget_word, learned_words
from pipelines_portal.entry.statuses import SheetStep
from pipelines_portal.matching import proposals
from pipelines_portal.matching.columns import Column, Matching, guesses_from
from pipelines_portal.matching.headers import match_headers
from pipelines_portal.matching.notation import settle_notation
from pipelines_portal.matching.proposals import Blocks, fields_left, numbers_and_dates, unmatched_columns
from pipelines_portal.spreadsheets.blocks import LINES
from pipelines_portal.spreadsheets.cells import Lines


def propose(sheet: Sheet, schema: Schema, blocks: Blocks, header_line: int | None = None) -> Matching:
    """Return what is certain about the columns, with what was remembered and learned for the key and workflow."""
    return proposals.propose(
        schema,
        blocks,
        zone=sheet.zone,
        remembered=read_remembered(sheet),
        words=learned_words(sheet, schema),
        header_line=header_line,
    )


def offer_fields(sheet: Sheet, schema: Schema, matching: Matching) -> list[list[str]]:
    """Return for each column the fields that it may be."""
    headers = [column.header for column in matching.columns]
    matches = match_headers(headers, schema.fields, guesses_from(read_remembered(sheet), schema))
    left = {known.name for known in fields_left(schema, matching)}
    likely = [[match.used.field] if match.used else match.offered for match in matches]
    return [[name for name in names if name in left] for names in likely]


def blocks_of(sheet: Sheet) -> Blocks:
    """Iterate over all lines of an import in blocks."""

    def blocks() -> Iterator[Lines]:
        lines = sheet.lines.order_by("number").values_list("number", "cells").iterator(LINES)
        while block := list(islice(lines, LINES)):
            yield block

    return blocks


def stored_matching(sheet: Sheet, schema: Schema) -> Matching:
    """Return the matching as it is stored, without fields that are gone. Propose one if there is none."""
    matching = Matching.load(sheet.matching)
    if not matching.columns:
        return propose(sheet, schema, blocks_of(sheet))
    names = {known.name for known in schema.fields}
    for column in matching.columns:
        column.field = column.field if column.field in names else ""
    return matching


def read_again(sheet: Sheet, options: dict[str, str]) -> bool:
    """Read the file with other options, and drop what was matched and typed. Return False if the import changed."""
    if sheet.is_typed:
        return False
    values = {"reading_options": options, "matching": {}, "reading_result": {}, "row_count": 0, "row_counts": {}}
    with transaction.atomic():
        if not sheet.take_step(SheetStep.REREAD, Sheet.Status.READING, _is_as_seen(sheet), **values):
            return False
        for rows in (sheet.lines, sheet.error_groups, sheet.changes):
            rows.all().delete()
    return True


def choose_header(sheet: Sheet, schema: Schema, header_line: int) -> bool:
    """Propose the columns again for another header line. Return False if the import changed."""
    matching = propose(sheet, schema, blocks_of(sheet), header_line)
    unchanged = Sheet.objects.filter(_is_as_seen(sheet), pk=sheet.pk, status=Sheet.Status.MATCHING)
    return bool(unchanged.update(matching=matching.dump(), changed_at=timezone.now()))


def settle_matching(sheet: Sheet, schema: Schema, matching: Matching) -> bool:
    """Check the rows with this matching, and remember it. Return False if the import changed."""
    matching.words = learned_words(sheet, schema)
    values = {"matching": matching.dump(), "schema": schema.model_dump(mode="json"), "schema_changes": []}
    with transaction.atomic():
        is_settled = sheet.take_step(SheetStep.MATCH, Sheet.Status.CHECKING, _is_as_seen(sheet), **values)
        if is_settled:
            remember(sheet, matching)
    return is_settled


def match_again(sheet: Sheet) -> bool:
    """Return to the columns of a file if nothing was sent so far. Return whether that was possible."""
    if sheet.is_typed:
        return False
    with transaction.atomic():
        if sheet.submissions.exists() or not sheet.take_step(SheetStep.REMATCH, Sheet.Status.MATCHING):
            return False
        # With other columns, a row may be another task.
        decided = sheet.lines.filter(Q(corrects_task__isnull=False) | Q(is_duplicate_wanted=True))
        decided.update(corrects_task=None, is_duplicate_wanted=False)
    return True


def match_columns(sheet: Sheet, chosen: Mapping[int, str]) -> bool:
    """Match columns that were left out, by place, with fields that have none, and check the rows. See `match_again`."""
    schema = sheet.parsed_schema
    matching = stored_matching(sheet, schema)
    left = {known.name for known in fields_left(schema, matching)}
    for place in unmatched_columns(matching):
        if (name := chosen.get(place, "")) in left:
            matching.columns[place] = Column(matching.columns[place].header, name)
            left.remove(name)
    first = next(blocks_of(sheet)(), [])
    settle_notation(matching, *numbers_and_dates(schema, matching, first))
    return settle_matching(sheet, schema, matching)


def forget_and_check(sheet: Sheet, field_name: str, word: str) -> bool:
    """Forget a learned word, and check the rows without it. Return False if rows were sent or the import changed."""
    matching = Matching.load(sheet.matching)
    is_met = matching.words.get(field_name, {}).pop(word, None) is not None
    if not is_met or sheet.status != Sheet.Status.CHECKED or sheet.submissions.exists():
        return False
    with transaction.atomic():
        is_taken = sheet.take_step(
            SheetStep.RECHECK, Sheet.Status.CHECKING, _is_as_seen(sheet), matching=matching.dump()
        )
        if is_taken:
            forget_word(sheet, field_name, word)
    return is_taken


def _is_as_seen(sheet: Sheet) -> Q:
    return Q(changed_at=sheet.changed_at)
