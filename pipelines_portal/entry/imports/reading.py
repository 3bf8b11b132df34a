"""Start an import, store its file, and read the file's lines."""

import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import AWAY, PipelinesError, Schema
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.json_text import json_text
from pipelines_portal.core.sql import db_id, insert_many
from pipelines_portal.entry.imports.proposals import propose
from pipelines_portal.entry.models import FilePart, Row, Sheet
from pipelines_portal.entry.rows.checking import LeaseLost
from pipelines_portal.entry.statuses import SheetStep
from pipelines_portal.keys.clients import KeyCannotBeOpened, client_for
from pipelines_portal.keys.permissions import teams_through
from pipelines_portal.matching.columns import Matching
from pipelines_portal.spreadsheets.cells import Lines
from pipelines_portal.spreadsheets.limits import MAX_CELL, MAX_TEXT, RowsFileError
from pipelines_portal.spreadsheets.reading import Bounds, ReadingOptions, lines_in, read_lines
from pipelines_portal.web.form_fields import one_line
from pipelines_portal.web.time_budget import TimeBudget, within
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import known_schema

LONGEST_NAME = 255
PART_BYTES = 1024 * 1024


def start_import(
    by: User, workflow: OpenedWorkflow, file: "File[bytes]", name: str, token: UUID, zone: str = ""
) -> Sheet:
    """Create an import with its file, or return the one that the same form created before."""
    values = {
        "key": workflow.key,
        "workflow_id": workflow.workflow_id,
        "workflow_name": workflow.name,
        "file_name": one_line(name)[-LONGEST_NAME:] or "Rows",
        "size_bytes": file.size,
        "zone": zone,
    }
    with transaction.atomic():
        sheet, is_new = Sheet.objects.get_or_create(owner=by, token=token, defaults=values)
        if is_new:
            sheet.teams.set(teams_through(by, workflow.key))
            store_file(sheet, file.chunks())
            record(Verb.IMPORT_BEGUN, by=by, target=sheet, label=sheet.label, size=sheet.size_bytes)
    return sheet


def store_file(sheet: Sheet, chunks: Iterable[bytes]) -> None:
    for number, part in enumerate(_parts(chunks)):
        FilePart.objects.create(sheet=sheet, number=number, data=part)


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        while len(rest) >= PART_BYTES:
            yield rest[:PART_BYTES]
            rest = rest[PART_BYTES:]
    if rest:
        yield rest


@contextmanager
def file_on_disk(sheet: Sheet) -> Iterator[Path]:
    """Write the file to a temporary path, and remove that afterwards."""
    with tempfile.NamedTemporaryFile(prefix="import-") as file:
        for part in sheet.parts.iterator(4):
            file.write(part.data)
        file.flush()
        yield Path(file.name)


def read_file(sheet: Sheet, budget: TimeBudget) -> None:
    """Store the lines of the file, and match its columns. Raise LeaseLost and OutOfTime.

    The rows are checked next if a column matched. If none did, a person has to match them.
    """
    try:
        blocks, result = _read_blocks(sheet, budget)
    except RowsFileError as error:
        budget.check()  # a page that runs out of time ends the reader
        problem = f"{error.title} {error.advice}".strip()
        sheet.take_step(SheetStep.REJECT, Sheet.Status.UNREADABLE, sheet.lease_is_held, problem=problem)
        return
    schema = _read_schema(sheet)
    matching = propose(sheet, schema, lambda: map(_lines, within(budget, blocks))) if schema else Matching()
    status = Sheet.Status.CHECKING if matching.imported else Sheet.Status.MATCHING
    values = {
        "reading_result": result,
        "schema": schema.model_dump(mode="json") if schema else {},
        "matching": matching.dump() if schema else {},
    }
    with transaction.atomic():
        sheet.lines.all().delete()
        for block in blocks:
            store_lines(sheet, _lines(block))
        if not sheet.take_step(SheetStep.READ, status, sheet.lease_is_held, **values):
            raise LeaseLost


def _read_blocks(sheet: Sheet, budget: TimeBudget) -> tuple[list[bytes], dict[str, Any]]:
    """Return the compressed blocks of lines and the facts about the file. Raise RowsFileError, LeaseLost, OutOfTime."""
    bounds = Bounds(
        rows=settings.IMPORT_MAX_ROWS, bytes=settings.IMPORT_MAX_MB * 1024**2, longest_cell=MAX_CELL, text=MAX_TEXT
    )
    blocks: list[bytes] = []
    with file_on_disk(sheet) as path:
        reading = read_lines(sheet.file_name, path, ReadingOptions(**sheet.reading_options), bounds)
        reading.silence = min(reading.silence, budget.seconds)
        with reading:
            for block in within(budget, reading.blocks):
                blocks.append(zlib.compress(block, 1))
                if not sheet.renew_lease():
                    raise LeaseLost
    if not blocks:
        raise RowsFileError(f"{sheet.file_name} has no rows.", "Check that it’s the right file, or the right sheet.")
    return blocks, asdict(reading.found)


def _lines(block: bytes) -> Lines:
    return lines_in(zlib.decompress(block))


def store_lines(sheet: Sheet, lines: Lines) -> None:
    """Store lines as unchecked rows."""
    pk, status, nothing = db_id(sheet), Row.Status.UNCHECKED.value, json_text({})
    rows = [(pk, number, json_text(cells), nothing, nothing, "", status, False) for number, cells in lines]
    columns = ("sheet_id", "number", "cells", "edits", "accepted", "digest", "status", "is_duplicate_wanted")
    insert_many(Row, columns, rows)


def _read_schema(sheet: Sheet) -> Schema | None:
    """Return the schema; as it was read last if the API is away; None after other errors, or if none was read.

    The page that matches columns asks again. Before rows are sent, they are checked by the schema of then.
    """
    try:
        return client_for(sheet.key.on_behalf_of(sheet.owner)).schema(sheet.workflow_id)
    except AWAY:
        place = OpenedWorkflow.objects.filter(key=sheet.key_id, workflow_id=sheet.workflow_id)
        return known_schema(workflow) if (workflow := place.first()) else None
    except (PipelinesError, KeyCannotBeOpened):
        return None
