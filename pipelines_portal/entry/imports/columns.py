"""Step 2: reading the file another way, naming the line that heads it, and settling what its columns are."""

from collections.abc import Iterator
from itertools import islice

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.api_client import Schema
from pipelines_portal.entry.imports.matching import Matching
from pipelines_portal.entry.imports.proposing import Blocks, Proposal, offered_again, propose
from pipelines_portal.entry.imports.remembering import remember
from pipelines_portal.entry.imports.transitions import Step, step
from pipelines_portal.entry.models import Import, State
from pipelines_portal.spreadsheets.blocks import LINES
from pipelines_portal.spreadsheets.cells import Lines


def blocks_of(of: Import) -> Blocks:
    """All lines, some at a time."""

    def blocks() -> Iterator[Lines]:
        lines = of.lines.order_by("number").values_list("number", "cells").iterator(LINES)
        while block := list(islice(lines, LINES)):
            yield block

    return blocks


def version_of(of: Import) -> str:
    """What a page carries, so that it changes only what it showed."""
    return of.changed_at.isoformat()


def _as_seen(of: Import) -> Q:
    return Q(changed_at=of.changed_at)


def proposed_again(of: Import, schema: Schema) -> Proposal:
    """What is kept of the matching, with the fields that its columns may be: the file is not read for it again."""
    kept = Matching.of(of.matching)
    if not kept.columns:
        return propose(of, schema, blocks_of(of))
    names = {known.name for known in schema.fields}
    for column in kept.columns:
        column.field = column.field if column.field in names else ""
    return offered_again(of, schema, kept, next(blocks_of(of)(), []))


def read_again(of: Import, asked: dict[str, str]) -> bool:
    """With another encoding, separator or sheet: what was matched and typed belongs to the lines that were."""
    with transaction.atomic():
        values = {"asked": asked, "matching": {}, "found": {}, "row_count": 0, "row_counts": {}}
        if not step(of, Step.REREAD, State.READING, _as_seen(of), **values):
            return False
        for rows in (of.lines, of.error_groups, of.changes):
            rows.all().delete()
    return True


def head_again(of: Import, schema: Schema, header_line: int) -> bool:
    """Another line names the columns: they are proposed anew."""
    proposal = propose(of, schema, blocks_of(of), header_line)
    values = {"matching": proposal.matching.kept(), "changed_at": timezone.now()}
    still = Import.objects.filter(_as_seen(of), pk=of.pk, state=State.MATCHING)
    return bool(still.update(**values))


def settle_matching(of: Import, schema: Schema, matching: Matching) -> bool:
    """Every column is settled: the rows are checked next, and the next file is matched so by itself."""
    with transaction.atomic():
        values = {"matching": matching.kept(), "schema": schema.model_dump(mode="json")}
        settled = step(of, Step.MATCH, State.CHECKING, _as_seen(of), schema_changes=[], **values)
        if settled:
            remember(of, matching)
    return settled


def match_again(of: Import) -> bool:
    """Back to the columns, as long as nothing was sent."""
    return not of.submissions.exists() and step(of, Step.REMATCH, State.MATCHING)
