"""What the person and their team sent."""

import json
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

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

from .people import CHUNK, FILES, WORKFLOW, make
from .size import Size

REJECTED = 50  # rows of each batch
UNKNOWN, SENDING = 40, 5  # few at any time, on both sides
task_ids = count(1_000_000)
digests = count(1)


def fields(number: int) -> dict[str, str]:
    return {"input_text": f"Complaint of customer order{number:07}", "target_language": "French"}


def make_ledger(size: Size, person: User) -> None:
    keys = list(SavedKey.objects.filter(owner=person).order_by("pk"))
    others = list(User.objects.exclude(pk=person.pk).order_by("pk")[:10])
    _singles(size, person, others, keys)
    for number in range(size.batches):
        _batch(size, person, keys[0], number)
    _uploads(size, person, keys[0])
    _exports(size, person)


def _sent(person: User, key: SavedKey, workflow: int, at: datetime, **more: Any) -> Submission:
    said: dict[str, Any] = {"kind": "form", "state": "done", "row_count": 1, "success_count": 1, "has_words": True}
    return Submission(
        owner=person, key=key, key_name=key.name, key_last4=key.last4, workflow_id=workflow,
        workflow_name=f"Workflow {workflow}", created_at=at, sent_at=at, finished_at=at, **said | more,
    )  # fmt: skip


def _state(number: int) -> dict[str, Any]:
    """The newest of them: those that nobody knows of, and those on their way."""
    if number < SENDING:
        until = timezone.now() + timedelta(days=1)
        return {"state": "sending", "success_count": 0, "sending_until": until, "has_words": False}
    if number < SENDING + UNKNOWN:
        return {"state": "unknown", "success_count": 0}
    return {"state": "rejected", "success_count": 0, "error_count": 1} if number % 10 == 0 else {}


def _singles(size: Size, person: User, others: list[User], keys: list[SavedKey]) -> None:
    """Every minute one; of four, one is somebody else's, sent with the first key."""
    now = timezone.now()
    for first in range(0, size.singles, CHUNK):
        numbers = range(first, min(first + CHUNK, size.singles))
        sent = [
            _sent(
                others[number % 10] if number % 4 == 0 else person, keys[0] if number % 2 else keys[-1],
                WORKFLOW if number % 2 else 1_000 + number % 20, now - timedelta(minutes=number), **_state(number),
            )
            for number in numbers
        ]  # fmt: skip
        Submission.objects.bulk_create(sent)
        rows = SubmissionRow.objects.bulk_create([_row(one, 0) for one in sent])
        data = [packed([row_text(fields(number))]) for number in numbers]
        RowBlock.objects.bulk_create(
            [RowBlock(submission=one, first=0, row_count=1, data=kept) for one, kept in zip(sent, data, strict=True)]
        )
        found = [(row, number) for row, number in zip(rows, numbers, strict=True) if number < size.words]
        make(Word, _words(sent, found))
    make(Sender, (Sender(key=key, person=one) for key in (keys[0], keys[-1]) for one in [person, *others]))


def _words(sent: list[Submission], found: list[tuple[SubmissionRow, int]]) -> Iterator[Word]:
    from django.conf import settings

    for submission, (row, number) in zip(sent, found, strict=False):
        for token in tokens_of(submission.owner_id, words_of(fields(number)), settings.ENCRYPTION_KEYS[0]):
            yield Word(token=token, row_id=row.pk)


def _row(of: Submission, index: int, state: str = "") -> SubmissionRow:
    state = state or {"done": "created", "sending": "waiting"}.get(of.state, of.state)
    task_id = next(task_ids) if state == "created" else None
    wrong = {"error_field": "input_text", "error_message": "Too long"} if state == "rejected" else {}
    return SubmissionRow(
        submission=of, index=index, state=state, task_id=task_id, digest=f"{next(digests):032x}", **wrong
    )


def _batch(size: Size, person: User, key: SavedKey, number: int) -> Submission:
    at = timezone.now() - timedelta(minutes=200 + number)
    counts = {"row_count": size.batch_rows, "success_count": size.batch_rows - REJECTED, "error_count": REJECTED}
    sent = _sent(person, key, WORKFLOW, at, kind="import", state="partly", **counts)
    sent.save(force_insert=True)
    fill_rows(sent, size.batch_rows, REJECTED)
    return sent


def fill_rows(sent: Submission, rows: int, rejected: int) -> None:
    """All blocks say the same: what is in them is not compared."""
    data = packed(row_text(fields(number)) for number in range(min(BLOCK, rows)))
    blocks = (
        RowBlock(submission=sent, first=first, row_count=min(BLOCK, rows - first), data=data)
        for first in range(0, rows, BLOCK)
    )
    make(RowBlock, blocks)
    make(SubmissionRow, (_row(sent, n, "rejected" if n < rejected else "created") for n in range(rows)))


def _uploads(size: Size, person: User, key: SavedKey) -> None:
    """One at each of the wizard's steps, the last one with as many rows as a batch."""
    preview = {"good_count": 1, "labels": {"scan": "Scan"}}
    for stage in (Stage.CHOSEN, Stage.STORED, Stage.PROCESSING, Stage.COMPLETED):
        rows = size.batch_rows if stage == Stage.COMPLETED else 1
        state = "partly" if stage == Stage.COMPLETED else "draft" if stage == Stage.CHOSEN else "sending"
        at = timezone.now() - timedelta(minutes=100)
        sent = _sent(person, key, FILES, at, kind="zip", state=state, row_count=rows, has_words=False)
        sent.success_count, sent.error_count = (rows - REJECTED, REJECTED) if rows > REJECTED else (0, 0)
        sent.sending_until = timezone.now() + timedelta(days=1)
        sent.save(force_insert=True)
        fill_rows(sent, rows, REJECTED if rows > REJECTED else 0)
        ZipUpload.objects.create(
            submission=sent, file_name="scans.zip", size_bytes=10_000, task_count=rows, stage=stage, preview=preview,
            fingerprint=f"{stage:x<64}", remote_upload_id=None if stage == Stage.CHOSEN else uuid4(),
        )  # fmt: skip


def _exports(size: Size, person: User) -> None:
    """Each of fifty lines, which are somebody's that was sent."""
    sent = Submission.objects.filter(owner=person, state="done")[0]
    line: dict[str, Any] = {"submission": str(sent.pk), "values": {}} | dict.fromkeys(
        ("sent", "by", "workflow", "way", "state"), "x"
    )
    line |= dict.fromkeys(("workflow_id", "row", "row_state", "task_id", "field", "message"))
    data = encrypt(zlib.compress(json.dumps([line] * 50).encode()))
    for _ in range(size.exports):
        kept = {"format": "csv", "zone": "UTC", "state": "ready", "total": 50, "done": 50, "part_count": 1}
        export = Export.objects.create(owner=person, due_at=None, **kept)
        ExportPart.objects.create(export=export, number=0, data=data)
