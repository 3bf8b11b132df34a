"""What the person and their team sent."""

import json
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.search.models import Sender, Word
from pipelines_portal.search.tokens import tokens_of
from pipelines_portal.search.words import words_of
from pipelines_portal.submissions.models import Export, ExportPart, RowBlock, Submission, SubmissionRow
from pipelines_portal.submissions.rows import BLOCK, packed, row_text
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.web.encryption import encrypt

from .people import CHUNK, FILE_WORKFLOW, WORKFLOW, insert
from .size import Size

REJECTED_ROWS = 50
# There are few of these at any time, also in a large company.
SENDING, UNCONFIRMED = 5, 40
MOST_WITH_WORDS = 50_000
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
    usual: dict[str, Any] = {"kind": "form", "state": "done", "row_count": 1, "success_count": 1, "has_words": True}
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
        rows = SubmissionRow.objects.bulk_create(_row(one, 0) for one in made)
        blocks = zip(made, (packed([row_text(fields(number))]) for number in numbers), strict=True)
        RowBlock.objects.bulk_create(RowBlock(submission=one, first=0, row_count=1, data=data) for one, data in blocks)
        if first < MOST_WITH_WORDS:
            insert(Word, _words(made, rows, first))
    insert(Sender, (Sender(key=key, person=one) for key in (keys[0], keys[-1]) for one in [person, *colleagues]))


def _state(number: int) -> dict[str, Any]:
    if number < SENDING:
        tomorrow = timezone.now() + timedelta(days=1)
        return {"state": "sending", "success_count": 0, "sending_until": tomorrow, "has_words": False}
    if number < SENDING + UNCONFIRMED:
        return {"state": "unknown", "success_count": 0}
    return {} if number % 10 else {"state": "rejected", "success_count": 0, "error_count": 1}


def _words(made: list[Submission], rows: list[SubmissionRow], first: int) -> Iterator[Word]:
    for number, (one, row) in enumerate(zip(made, rows, strict=True), first):
        for token in tokens_of(one.owner_id, words_of(fields(number)), settings.ENCRYPTION_KEYS[0]):
            yield Word(token=token, row_id=row.pk)


def _row(of: Submission, index: int, state: str = "") -> SubmissionRow:
    state = state or {"done": "created", "sending": "waiting"}.get(of.state, of.state)
    error = {"error_field": "input_text", "error_message": "Too long"} if state == "rejected" else {}
    task_id = next(task_ids) if state == "created" else None
    digest = f"{next(digests):032x}"
    return SubmissionRow(submission=of, index=index, state=state, task_id=task_id, digest=digest, **error)


def _make_batch(size: Size, person: User, key: SavedKey, number: int) -> None:
    at = timezone.now() - timedelta(minutes=200 + number)
    counts = {"row_count": size.batch_rows, "success_count": size.batch_rows - REJECTED_ROWS}
    batch = submission(
        person, key, WORKFLOW, at, kind="import", state="partly", error_count=REJECTED_ROWS, **counts
    )  # fmt: skip
    batch.save(force_insert=True)
    make_rows(batch, size.batch_rows, REJECTED_ROWS)


def make_rows(of: Submission, rows: int, rejected: int) -> None:
    """Make the rows of a submission, the first of them rejected. All blocks have the same content."""
    data = packed(row_text(fields(number)) for number in range(min(BLOCK, rows)))
    starts = range(0, rows, BLOCK)
    insert(
        RowBlock, (RowBlock(submission=of, first=n, row_count=min(BLOCK, rows - n), data=data) for n in starts)
    )  # fmt: skip
    insert(SubmissionRow, (_row(of, n, "rejected" if n < rejected else "created") for n in range(rows)))


def _make_uploads(size: Size, person: User, key: SavedKey) -> None:
    """Make an upload at each step of the wizard; the last has as many rows as a batch."""
    steps = {Stage.CHOSEN: "draft", Stage.STORED: "sending", Stage.PROCESSING: "sending", Stage.COMPLETED: "partly"}
    now, preview = timezone.now(), {"good_count": 1, "labels": {"scan": "Scan"}}
    for stage, state in steps.items():
        rows, rejected = (size.batch_rows, REJECTED_ROWS) if stage == Stage.COMPLETED else (1, 0)
        sent = submission(
            person, key, FILE_WORKFLOW, now - timedelta(minutes=100), kind="zip", state=state, row_count=rows,
            has_words=False, success_count=rows - rejected if rejected else 0, error_count=rejected,
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
    names = ("sent", "by", "workflow", "way", "state")
    nothing = dict.fromkeys(("workflow_id", "row", "row_state", "task_id", "field", "message"))
    sent = Submission.objects.filter(owner=person, state="done")[0]
    line = {"submission": str(sent.pk), "values": {}} | dict.fromkeys(names, "x") | nothing
    data = encrypt(zlib.compress(json.dumps([line] * 50).encode()))
    for _ in range(size.exports):
        export = Export.objects.create(
            owner=person, due_at=None, format="csv", zone="UTC", state="ready", total=50, done=50, part_count=1
        )
        ExportPart.objects.create(export=export, number=0, data=data)
