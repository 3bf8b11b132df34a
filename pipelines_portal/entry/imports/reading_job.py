"""Reading the file of an import, as the worker, and a first proposal of how its columns are meant."""

import zlib
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction

from pipelines_portal.api_client import PipelinesError, Schema
from pipelines_portal.core.json_text import json_text
from pipelines_portal.core.many_rows import db_id, insert_many
from pipelines_portal.core.page_work import TimeBudget, within
from pipelines_portal.entry.imports.checking import LeaseLost
from pipelines_portal.entry.imports.files import file_on_disk
from pipelines_portal.entry.imports.proposing import propose
from pipelines_portal.entry.imports.transitions import Step, keep_turn, mine, step
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.keys.clients import KeyCannotBeOpened, client_for
from pipelines_portal.spreadsheets.cells import Lines
from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.spreadsheets.reading import Asked, Bounds, lines_in, read_lines


def read_file(import_job: ImportJob, budget: TimeBudget) -> None:
    """Read its lines, and propose what the columns are. Raise TurnLost and OutOfTime."""
    try:
        blocks, result = _read(import_job, budget)
    except RowsFileError as error:
        budget.check()  # its reader may have been ended because the page had no more time
        step(
            import_job,
            Step.REFUSE,
            ImportJob.Status.UNREADABLE,
            mine(import_job),
            problem=f"{error.title} {error.advice}".strip(),
        )
        return
    schema = _schema(import_job)
    proposal = propose(import_job, schema, lambda: map(_lines, within(budget, blocks))) if schema else None
    values = {"reading_result": result, "schema": schema.model_dump(mode="json") if schema else {}}
    values["matching"] = proposal.matching.kept() if proposal else {}
    is_certain = proposal is not None and proposal.is_certain
    with transaction.atomic():
        import_job.lines.all().delete()
        for block in blocks:
            insert_lines(import_job, _lines(block))
        if not step(
            import_job,
            Step.READ,
            ImportJob.Status.CHECKING if is_certain else ImportJob.Status.MATCHING,
            mine(import_job),
            **values,
        ):
            raise LeaseLost


def _read(import_job: ImportJob, budget: TimeBudget) -> tuple[list[bytes], dict[str, Any]]:
    """All blocks of lines, and what was found. Raises RowsFileError, TurnLost and OutOfTime."""
    bounds = Bounds(rows=settings.IMPORT_MAX_ROWS, bytes=settings.IMPORT_MAX_MB * 1024**2)
    blocks: list[bytes] = []
    with file_on_disk(import_job) as path:
        reading = read_lines(import_job.file_name, path, Asked(**import_job.reading_options), bounds)
        reading.silence = min(reading.silence, budget.seconds)
        with reading:
            for block in within(budget, reading.blocks):
                blocks.append(zlib.compress(block, 1))
                if not keep_turn(import_job):
                    raise LeaseLost
    if not blocks:
        raise RowsFileError(
            f"{import_job.file_name} holds no rows.", "Look whether it is the right file, or the right sheet."
        )
    return blocks, asdict(reading.found)


def _lines(block: bytes) -> Lines:
    return lines_in(zlib.decompress(block))


def insert_lines(import_job: ImportJob, lines: Lines) -> None:
    """Store lines as they were read, to be checked."""
    place, status, nothing = db_id(import_job), ImportRow.Status.UNCHECKED.value, json_text({})
    rows = [(place, number, json_text(cells), nothing, "", status, False) for number, cells in lines]
    insert_many(
        ImportRow, ("import_job_id", "number", "cells", "edits", "digest", "status", "is_duplicate_wanted"), rows
    )


def _schema(import_job: ImportJob) -> Schema | None:
    """None when the API cannot be asked now: the page to match columns asks again."""
    try:
        return client_for(import_job.key.on_behalf_of(import_job.owner)).schema(import_job.workflow_id)
    except (PipelinesError, KeyCannotBeOpened):
        return None
