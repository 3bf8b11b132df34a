"""What the person and their team sent."""

import json
import zlib
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.json_text import json_text
from pipelines_portal.core.sql import db_id, insert_many
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions import exports
from pipelines_portal.submissions.models import Export, ExportPart, Submission, SubmissionRow
from pipelines_portal.uploads.models import Stage, ZipUpload

from .people import CHUNK, FILE_WORKFLOW, WORKFLOW
from .searchable import index_rows
from .size import Size

REJECTED_ROWS = 50
# There are few of these at any time, also in a large company.
SENDING, UNCONFIRMED = 5, 40
# Of the submissions of one row, the newest. Indexing each by itself takes longer than all the rest.
MOST_INDEXED = 2_000
COLUMNS = (
    "submission_id", "index", "status", "task_id", "fields", "digest", "number", "error_field", "error_message",
)  # fmt: skip
task_ids, digests = count(1_000_000), count(1)


def fields(number: int) -> dict[str, str]:
    return {"input_text": f"Complaint of customer order{number:07}", "target_language": "French"}


def make_submissions(size: Size, person: User) -> None:
    keys = list(SavedKey.objects.filter(owner=person).order_by("pk"))
    colleagues = list(User.objects.exclude(pk=person.pk).order_by("pk")[:10])
    _make_typed(size, person, colleagues, keys)
    for number in range(size.batches):
        _make_batch(size, person, keys[0], number)
    _make_uploads(size, person, keys[0])
    _make_exports(size, person)


def submission(owner: User, key: SavedKey, workflow: int, at: datetime, **values: Any) -> Submission:
    usual: dict[str, Any] = {"kind": "form", "status": "created", "row_count": 1, "success_count": 1}
    return Submission(
        owner=owner, key=key, key_name=key.name, key_last4=key.last4, workflow_id=workflow,
        workflow_name=f"Workflow {workflow}", created_at=at, sent_at=at, finished_at=at, **usual | values,
    )  # fmt: skip


def _make_typed(size: Size, person: User, colleagues: list[User], keys: list[SavedKey]) -> None:
    """Make submissions of one row, one for each minute. A colleague sent every fourth of them."""
    now = timezone.now()
    for first in range(0, size.submissions, CHUNK):
        numbers = range(first, min(first + CHUNK, size.submissions))
        made = [
            submission(
                person if number % 4 else colleagues[number % 10], keys[0] if number % 2 else keys[-1],
                WORKFLOW if number % 2 else 1_000 + number % 20, now - timedelta(minutes=number), **_state(number),
            )
            for number in numbers
        ]  # fmt: skip
        Submission.objects.bulk_create(made)
        insert_many(SubmissionRow, COLUMNS, (_row(one, 0, number) for one, number in zip(made, numbers, strict=True)))
        for one in made[: max(MOST_INDEXED - first, 0)]:
            index_rows(one)


def _state(number: int) -> dict[str, Any]:
    if number < SENDING:
        tomorrow = timezone.now() + timedelta(days=1)
        return {"status": "sending", "success_count": 0, "sending_until": tomorrow}
    if number < SENDING + UNCONFIRMED:
        return {"status": "unconfirmed", "success_count": 0}
    return {} if number % 10 else {"status": "rejected", "success_count": 0, "error_count": 1}


def _row(of: Submission, index: int, number: int, status: str = "") -> tuple[Any, ...]:
    """Return the values of COLUMNS: with objects of the model, half a million rows would take a minute."""
    status = status or {"created": "created", "sending": "waiting"}.get(of.status, of.status)
    error = ("input_text", "Too long") if status == "rejected" else ("", "")
    task_id = next(task_ids) if status == "created" else None
    stored = (json_text(fields(number)), f"{next(digests):064x}", number + 2)
    return (db_id(of), index, status, task_id, *stored, *error)


def _make_batch(size: Size, person: User, key: SavedKey, number: int) -> None:
    at = timezone.now() - timedelta(minutes=200 + number)
    counts = {"row_count": size.batch_rows, "success_count": size.batch_rows - REJECTED_ROWS}
    batch = submission(
        person, key, WORKFLOW, at, kind="import", status="partly_created", error_count=REJECTED_ROWS, **counts
    )  # fmt: skip
    batch.save(force_insert=True)
    make_rows(batch, size.batch_rows, REJECTED_ROWS)
    index_rows(batch)


def make_rows(of: Submission, rows: int, rejected: int, first: int = 0) -> None:
    """Make the rows of a submission, the first of them rejected."""
    insert_many(
        SubmissionRow,
        COLUMNS,
        (_row(of, n, first + n, "rejected" if n < rejected else "created") for n in range(rows)),
    )


def _make_uploads(size: Size, person: User, key: SavedKey) -> None:
    """Make an upload at each step of the wizard; the last has as many rows as a batch."""
    steps = {
        Stage.CHOSEN: "draft",
        Stage.STORED: "sending",
        Stage.PROCESSING: "sending",
        Stage.COMPLETED: "partly_created",
    }
    now, preview = timezone.now(), {"good_count": 1, "labels": {"scan": "Scan"}}
    for stage, status in steps.items():
        rows, rejected = (size.batch_rows, REJECTED_ROWS) if stage == Stage.COMPLETED else (1, 0)
        sent = submission(
            person, key, FILE_WORKFLOW, now - timedelta(minutes=100), kind="zip", status=status, row_count=rows,
            success_count=rows - rejected if rejected else 0, error_count=rejected,
            sending_until=now + timedelta(days=1),
        )  # fmt: skip
        sent.save(force_insert=True)
        make_rows(sent, rows, rejected)
        ZipUpload.objects.create(
            submission=sent, file_name="scans.zip", size_bytes=10_000, task_count=rows, stage=stage, preview=preview,
            fingerprint=f"{stage:x<64}", remote_upload_id=None if stage == Stage.CHOSEN else uuid4(),
        )  # fmt: skip


def _make_exports(size: Size, person: User) -> None:
    """Make exports of fifty lines."""
    names = ("sent", "by", "workflow", "way", "status")
    nothing = dict.fromkeys(set(exports.COLUMNS) - {*names, "submission"})
    sent = Submission.objects.filter(owner=person, status="created")[0]
    line = {"submission": str(sent.pk), "values": {}} | dict.fromkeys(names, "x") | nothing
    data = zlib.compress(json.dumps([line] * 50).encode())
    for _ in range(size.exports):
        export = Export.objects.create(
            owner=person, due_at=None, zone="UTC", status="ready", total=50, done=50, part_count=1
        )
        ExportPart.objects.create(export=export, number=0, data=data)
