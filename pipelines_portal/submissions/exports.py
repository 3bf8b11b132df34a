"""Submissions as a CSV file, row by row: written immediately if they are few, else by the worker part by part.

A worker may be killed at any time, and two may run at once: a part is written together with the place at which the next
one begins.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Count, Sum, Value, prefetch_related_objects
from django.db.models.functions import Greatest
from django.http import StreamingHttpResponse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.messages import row_message
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core import times
from pipelines_portal.core.csv_downloads import csv_response
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.core.times import zone_named
from pipelines_portal.submissions.filters import LedgerForm, all_of, newest
from pipelines_portal.submissions.models import CHUNK, Export, ExportPart, Submission, SubmissionRow
from pipelines_portal.workflows.fields.base import FieldValues

AT_ONCE = 5_000
ROWS_A_PART = 2_000
SUBMISSIONS_A_READ = 1_000
LEASE = timedelta(minutes=2)
STORED_FOR = timedelta(days=1)
# Exports of one person that may be in preparation, and that may be stored.
MOST_OF_A_PERSON = 3
Status = Export.Status


@dataclass(frozen=True)
class Entry:
    """A row of the ledger as it is written into files. `values` is empty once they were removed."""

    NAMES: ClassVar = (
        "sent", "by", "workflow_id", "workflow", "way", "submission", "status", "row", "row_status", "task_id",
        "field", "message",
    )  # fmt: skip
    HEADS: ClassVar = (
        "Sent (UTC)", "Sent by", "Workflow ID", "Workflow", "Type", "Submission", "Status", "Row", "Row status",
        "Task ID", "Field with error", "Error",
    )  # fmt: skip

    sent: str
    by: str
    workflow_id: int
    workflow: str
    way: str
    submission: str
    status: str
    row: int | None = None
    row_status: str = ""
    task_id: int | None = None
    field: str = ""
    message: str = ""
    values: FieldValues = None  # type: ignore[assignment]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Part:
    """Entries that follow each other, and the submission they end with."""

    entries: list[Entry] = field(default_factory=list)
    last: Submission | None = None
    # Nothing follows.
    is_last: bool = False


def is_small(form: LedgerForm) -> bool:
    """Return True if the file can be written while a person waits."""
    counted = all_of(form).order_by()[: AT_ONCE + 1].aggregate(
        submissions=Count("pk"), rows=Sum(Greatest("row_count", Value(1)))
    )  # fmt: skip
    return counted["submissions"] <= AT_ONCE and (counted["rows"] or 0) <= AT_ONCE


def all_entries(form: LedgerForm) -> list[Entry]:
    """Return the entries of a small export."""
    entries: list[Entry] = []
    part = Part()
    while not part.is_last:
        part = _part_after(form, part.last)
        entries += part.entries
    return entries


def start_export(form: LedgerForm, zone: str) -> Export | None:
    """Return the new export, or None if enough of this person's are being prepared."""
    exports = Export.objects.filter(owner=form.user)
    if exports.filter(status=Status.WORKING).count() >= MOST_OF_A_PERSON:
        return None
    stored = exports.exclude(status=Status.WORKING).order_by("-created_at").values("pk")
    exports.filter(pk__in=[each["pk"] for each in stored[MOST_OF_A_PERSON - 1 :]]).delete()
    return Export.objects.create(owner=form.user, filters=form.as_data(), zone=zone)


def work_on_next() -> bool:
    """Write the next part of an export that is due. Return False if there is none."""
    now = timezone.now()
    export = Export.objects.filter(due_at__lte=now).select_related("owner").order_by("due_at").first()
    if export is None:
        return False
    if Export.objects.filter(pk=export.pk, due_at=export.due_at).update(due_at=now + LEASE):
        _write_next_part(export)
    return True


def entries_in(export: Export) -> Iterator[dict[str, Any]]:
    """Return the lines of a finished export that its owner may still see."""
    for data in export.parts.values_list("data", flat=True).iterator(4):
        entries = json.loads(zlib.decompress(data))
        visible = Submission.objects.visible_to(export.owner).filter(pk__in={entry["submission"] for entry in entries})
        ids = set(map(str, visible.order_by().values_list("pk", flat=True)))
        yield from (entry for entry in entries if entry["submission"] in ids)


def delete_old_exports() -> int:
    """Delete exports after a day, one at a time because their parts are large. Return how many."""
    return delete_in_batches(Export.objects.filter(created_at__lt=timezone.now() - STORED_FOR), 1)


def entries_of(submission: Submission) -> Iterator[Entry]:
    """Return one entry for each row; a single one for an archive without rows of its own."""
    of_all: dict[str, Any] = {
        "sent": times.machine(submission.sent_at or submission.created_at),
        "by": submission.owner.email,
        "workflow_id": submission.workflow_id,
        "workflow": submission.workflow_name,
        "way": submission.get_kind_display(),
        "submission": str(submission.pk),
        "status": submission.shown_status.label,
    }
    if not submission.row_count:
        yield Entry(**of_all, message=submission.reason, values={})
    is_one = submission.has_one_file_field
    # The row of a single task was prefetched.
    rows = submission.rows.all() if submission.row_count == 1 else submission.rows.iterator(CHUNK)
    for row in rows:
        yield Entry(
            **of_all,
            row=row.shown_number,
            row_status=row.get_status_display(),
            task_id=row.task_id,
            field=row.error_field,
            message=row_message(row.error_message, has_one_file_field=is_one),
            values=row.fields or {},
        )


def rejected_rows(submission: Submission) -> Iterator[list[Any]]:
    """Return the lines of a CSV: a head, then the error and the values of each rejected row."""
    rejected = submission.rows.filter(status=SubmissionRow.Status.REJECTED)
    is_one = submission.has_one_file_field
    names = list(dict.fromkeys(name for row in rejected.iterator(CHUNK) for name in row.fields or ()))
    yield ["row", "field", "message", *names]
    for row in rejected.iterator(CHUNK):
        values = row.fields or {}
        message = row_message(row.error_message, has_one_file_field=is_one) or submission.reason
        yield [row.shown_number, row.error_field, message, *(values.get(name) for name in names)]


def csv_of_rows(submission: Submission, rows: Iterable[Iterable[Any]], by: User) -> StreamingHttpResponse:
    """Return `rows` of the submission as a file, and record the download in the audit log."""
    record(Verb.SUBMISSION_EXPORTED, by=by, target=submission, label=submission.label)
    return csv_response(f"errors-{str(submission.pk)[:8]}.csv", rows)


def _write_next_part(export: Export) -> None:
    with timezone.override(zone_named(export.zone) or "UTC"):
        form = LedgerForm(export.owner, export.filters)
        if not export.owner.is_active or not form.is_valid():
            Export.objects.filter(pk=export.pk).update(status=Status.FAILED, due_at=None)
            return
        total = export.total
        if total is None:
            total = all_of(form).order_by().aggregate(rows=Sum("row_count"))["rows"] or 0
        last = None
        if export.last_id is not None and export.last_at is not None:
            # Its place is enough: it may have been discarded.
            last = Submission(pk=export.last_id, created_at=export.last_at)
        _store_part(export, _part_after(form, last), total)


def _store_part(export: Export, part: Part, total: int) -> None:
    """Store the part, unless another worker has stored it."""
    lines = [entry.as_dict() for entry in part.entries]
    names = dict.fromkeys([*export.names, *(name for entry in part.entries for name in entry.values)])
    ends = {"status": Status.READY, "due_at": None} if part.is_last else {"due_at": timezone.now()}
    with transaction.atomic():
        unchanged = Export.objects.filter(pk=export.pk, part_count=export.part_count, status=Status.WORKING)
        is_ours = unchanged.update(
            part_count=export.part_count + 1,
            total=total,
            done=export.done + len(lines),
            names=list(names),
            last_id=part.last.pk if part.last else export.last_id,
            last_at=part.last.created_at if part.last else export.last_at,
            **ends,
        )
        if is_ours:
            data = zlib.compress(json.dumps(lines, separators=(",", ":")).encode(), 1)
            ExportPart.objects.create(export=export, number=export.part_count, data=data)


def _part_after(form: LedgerForm, last: Submission | None) -> Part:
    """Return as many whole submissions as make a part."""
    found = newest(form, last, SUBMISSIONS_A_READ + 1)
    part = Part(last=last)
    prefetch_related_objects([each for each in found if each.row_count == 1], "rows")
    for submission in found[:SUBMISSIONS_A_READ]:
        part.entries += entries_of(submission)
        part.last = submission
        if len(part.entries) >= ROWS_A_PART:
            return part
    part.is_last = len(found) <= SUBMISSIONS_A_READ
    return part


def csv_lines(entries: Iterable[dict[str, Any]], names: list[str]) -> Iterator[list[Any]]:
    """Return the lines of a CSV, with a column for each of `names`."""
    yield [*Entry.HEADS, *names]
    for entry in entries:
        values = entry["values"]
        # A part that an earlier version of the portal wrote may lack a column.
        yield [*(entry.get(name) for name in Entry.NAMES), *(_cell(values.get(name)) for name in names)]


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
