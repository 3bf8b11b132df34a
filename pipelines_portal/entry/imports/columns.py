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
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.spreadsheets.blocks import LINES
from pipelines_portal.spreadsheets.cells import Lines


def blocks_of(import_job: ImportJob) -> Blocks:
    """All lines, some at a time."""

    def blocks() -> Iterator[Lines]:
        lines = import_job.lines.order_by("number").values_list("number", "cells").iterator(LINES)
        while block := list(islice(lines, LINES)):
            yield block

    return blocks


def version_of(import_job: ImportJob) -> str:
    """What a page carries, so that it changes only what it showed."""
    return import_job.changed_at.isoformat()


def _as_seen(import_job: ImportJob) -> Q:
    return Q(changed_at=import_job.changed_at)


def proposed_again(import_job: ImportJob, schema: Schema) -> Proposal:
    """What is kept of the matching, with the fields that its columns may be: the file is not read for it again."""
    kept = Matching.of(import_job.matching)
    if not kept.columns:
        return propose(import_job, schema, blocks_of(import_job))
    names = {known.name for known in schema.fields}
    for column in kept.columns:
        column.field = column.field if column.field in names else ""
    return offered_again(import_job, schema, kept, next(blocks_of(import_job)(), []))


def read_again(import_job: ImportJob, options: dict[str, str]) -> bool:
    """With another encoding, separator or sheet: what was matched and typed belongs to the lines that were."""
    with transaction.atomic():
        values = {"reading_options": options, "matching": {}, "reading_result": {}, "row_count": 0, "row_counts": {}}
        if not step(import_job, Step.REREAD, ImportJob.Status.READING, _as_seen(import_job), **values):
            return False
        for rows in (import_job.lines, import_job.error_groups, import_job.changes):
            rows.all().delete()
    return True


def head_again(import_job: ImportJob, schema: Schema, header_line: int) -> bool:
    """Another line names the columns: they are proposed anew."""
    proposal = propose(import_job, schema, blocks_of(import_job), header_line)
    values = {"matching": proposal.matching.kept(), "changed_at": timezone.now()}
    still = ImportJob.objects.filter(_as_seen(import_job), pk=import_job.pk, status=ImportJob.Status.MATCHING)
    return bool(still.update(**values))


def settle_matching(import_job: ImportJob, schema: Schema, matching: Matching) -> bool:
    """Every column is settled: the rows are checked next, and the next file is matched so by itself."""
    with transaction.atomic():
        values = {"matching": matching.kept(), "schema": schema.model_dump(mode="json")}
        settled = step(
            import_job, Step.MATCH, ImportJob.Status.CHECKING, _as_seen(import_job), schema_changes=[], **values
        )
        if settled:
            remember(import_job, matching)
    return settled


def match_again(import_job: ImportJob) -> bool:
    """Back to the columns, as long as nothing was sent."""
    return not import_job.submissions.exists() and step(import_job, Step.REMATCH, ImportJob.Status.MATCHING)
