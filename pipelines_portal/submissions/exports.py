"""Submissions as a file, row by row: written immediately if they are few, else by the worker part by part.

A worker may be killed at any time, and two may run at once: a part is written together with the place at which the next
one begins.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Sum, Value, prefetch_related_objects
from django.db.models.functions import Greatest
from django.utils import timezone

from pipelines_portal.core import times
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.core.times import in_zone, zone_named
from pipelines_portal.matching.columns import OWN_COLUMNS
from pipelines_portal.submissions.acceptances import acceptances_in
from pipelines_portal.submissions.days import batches_of_imports
from pipelines_portal.submissions.filters import SentFilterForm, all_of, newest
from pipelines_portal.submissions.import_states import states_of_imports
from pipelines_portal.submissions.models import CHUNK, Export, ExportPart, Submission, SubmissionRow
from pipelines_portal.web.error_sentences import row_message
from pipelines_portal.workflows.fields.reading.times import time_or_value
from pipelines_portal.workflows.titles import column_titles, titles_of, titles_of_many

AT_ONCE = 5_000
ROWS_A_PART = 2_000
SUBMISSIONS_A_READ = 1_000
LEASE = timedelta(minutes=2)
STORED_FOR = timedelta(days=1)
# Exports of one person that may be in preparation, and that may be stored.
MOST_OF_A_PERSON = 3
Status = Export.Status


# A row of a submission as it is stored in a part. `values` are by the headings of their columns.
Entry = dict[str, Any]
# The headings of the columns after the time, by the names that entries have for them.
COLUMNS = {
    "by": "Sent by", "email": "Email", "workflow_id": "Workflow ID", "workflow": "Workflow", "way": "Type",
    "file": "File", "status": "Status", "row": "Row", "row_status": "Row status", "task_id": "Task ID",
    "field": "Field with error", "message": "Error", "submission": "ID in Sent",
    "accepted": "Accepted warnings", "accepted_by": "Accepted by", "accepted_why": "Reason",
}  # fmt: skip


@dataclass
class ExportBatch:
    """Entries that follow each other, and the submission they end with. `is_last` if nothing follows."""

    entries: list[Entry]
    last: Submission | None
    is_last: bool


def is_small(form: SentFilterForm) -> bool:
    """Return True if the file can be written while a person waits."""
    counted = all_of(form).order_by()[: AT_ONCE + 1].aggregate(
        submissions=Count("pk"), rows=Sum(Greatest("row_count", Value(1)))
    )  # fmt: skip
    return counted["submissions"] <= AT_ONCE and (counted["rows"] or 0) <= AT_ONCE


def all_entries(form: SentFilterForm) -> list[Entry]:
    """Return the entries of a small export."""
    entries: list[Entry] = []
    part = ExportBatch([], None, is_last=False)
    while not part.is_last:
        part = _part_after(form, part.last)
        entries += part.entries
    return entries


def start_export(form: SentFilterForm, zone: str) -> Export | None:
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


def entries_in(export: Export) -> Iterator[Entry]:
    """Return the entries of a finished export that its owner may still see."""
    for data in export.parts.values_list("data", flat=True).iterator(4):
        entries = json.loads(zlib.decompress(data))
        visible = Submission.objects.visible_to(export.owner).filter(pk__in={entry["submission"] for entry in entries})
        ids = set(map(str, visible.order_by().values_list("pk", flat=True)))
        yield from (entry for entry in entries if entry["submission"] in ids)


def delete_old_exports() -> int:
    """Delete exports after a day, one at a time because their parts are large. Return how many."""
    return delete_in_batches(Export.objects.filter(created_at__lt=timezone.now() - STORED_FOR), 1)


def titles_in(entries: Iterable[Entry]) -> list[str]:
    """Return the headings of the entries' values, in the order of their first appearance."""
    return list(dict.fromkeys(title for entry in entries for title in entry["values"]))


def header_and_rows(entries: Iterable[Entry], titles: list[str]) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the entries as a table, with a column for each of `titles`."""
    return [in_zone("Sent"), *COLUMNS.values(), *titles], (_row(entry, titles) for entry in entries)


def _row(entry: Entry, titles: list[str]) -> list[Any]:
    values = entry["values"]
    columns = [entry[name] for name in COLUMNS]
    return [time_or_value(entry["sent"]), *columns, *(time_or_value(values.get(title)) for title in titles)]


def rejected_rows(submission: Submission) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the rejected rows as a table that can be imported again, with the error and the values of each."""
    rejected = submission.rows.filter(status=SubmissionRow.Status.REJECTED)
    upload = getattr(submission, "zip_upload", None)
    labels = (upload.labels if upload else {}) or titles_of(submission.key_id, submission.workflow_id)
    titles = column_titles(labels)
    names = list(dict.fromkeys(name for row in rejected.iterator(CHUNK) for name in row.fields or ()))
    number, errors = OWN_COLUMNS
    header = [in_zone("Sent"), number, COLUMNS["field"], errors, *(titles.get(name, name) for name in names)]
    rows = (
        [
            submission.sent_at, row.shown_number, titles.get(row.error_field, row.error_field),
            _message(row, submission, labels) or submission.reason,
            *(time_or_value((row.fields or {}).get(name)) for name in names),
        ]
        for row in rejected.iterator(CHUNK)
    )  # fmt: skip
    return header, rows


def _message(row: SubmissionRow, submission: Submission, labels: dict[str, str]) -> str:
    return row_message(row.error_message, labels, has_one_file_field=submission.has_one_file_field)


def _write_next_part(export: Export) -> None:
    with timezone.override(zone_named(export.zone) or "UTC"):
        form = SentFilterForm(export.owner, export.filters)
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


def _store_part(export: Export, part: ExportBatch, total: int) -> None:
    """Store the part, unless another worker has stored it."""
    names = dict.fromkeys([*export.names, *titles_in(part.entries)])
    ends = {"status": Status.READY, "due_at": None} if part.is_last else {"due_at": timezone.now()}
    with transaction.atomic():
        unchanged = Export.objects.filter(pk=export.pk, part_count=export.part_count, status=Status.WORKING)
        is_ours = unchanged.update(
            part_count=export.part_count + 1,
            total=total,
            done=export.done + len(part.entries),
            names=list(names),
            last_id=part.last.pk if part.last else export.last_id,
            last_at=part.last.created_at if part.last else export.last_at,
            **ends,
        )
        if is_ours:
            data = zlib.compress(json.dumps(part.entries, separators=(",", ":")).encode(), 1)
            ExportPart.objects.create(export=export, number=export.part_count, data=data)


def _part_after(form: SentFilterForm, last: Submission | None) -> ExportBatch:
    """Return as many whole submissions as make a part."""
    found = newest(form, last, SUBMISSIONS_A_READ + 1)
    submissions, rows = [], 0
    for submission in found[:SUBMISSIONS_A_READ]:
        submissions.append(submission)
        rows += max(submission.row_count, 1)
        if rows >= ROWS_A_PART:
            break
    prefetch_related_objects([each for each in submissions if each.row_count == 1], "rows")
    words = _words_of_imports(form, submissions)
    labels = titles_of_many({(each.key_id, each.workflow_id) for each in submissions})
    titles = {place: column_titles(of_place) for place, of_place in labels.items()}
    entries: list[Entry] = []
    for each in submissions:
        status = (each.group and words.get(each.group)) or str(each.shown_status.label)
        place = each.key_id, each.workflow_id
        entries += _entries_of(each, status, labels.get(place, {}), titles.get(place, {}))
    return ExportBatch(entries, submissions[-1] if submissions else last, is_last=len(submissions) == len(found))


def _words_of_imports(form: SentFilterForm, submissions: list[Submission]) -> dict[UUID, str]:
    """Return the statuses of whole imports, as the list of submissions shows them."""
    batches = batches_of_imports(submissions, all_of(form))
    states = states_of_imports(form.user, list(batches))
    words = {group: str(Submission.Status(of_import.status).label) for group, of_import in batches.items()}
    return words | {group: state.word for group, state in states.items()}


def _entries_of(submission: Submission, status: str, labels: dict[str, str], titles: dict[str, str]) -> Iterator[Entry]:
    """Return one entry for each row; a single one for an archive without rows of its own."""
    upload = getattr(submission, "zip_upload", None)
    of_all: Entry = {
        "sent": times.machine(submission.sent_at or submission.created_at),
        "by": str(submission.owner),
        "email": submission.owner.email,
        "workflow_id": submission.workflow_id,
        "workflow": submission.workflow_name,
        "way": submission.get_kind_display(),
        "file": submission.group_name or (upload.file_name if upload else ""),
        "status": status,
        "submission": str(submission.pk),
    }
    if not submission.row_count:
        yield of_all | {"message": submission.reason, "values": {}}
    # The row of a single task was prefetched.
    rows = submission.rows.all() if submission.row_count == 1 else submission.rows.iterator(CHUNK)
    accepted = acceptances_in(submission) if submission.accepted_count else {}
    for row in rows:
        yield of_all | {
            "row": row.shown_number,
            "row_status": row.get_status_display(),
            "task_id": row.task_id,
            "field": titles.get(row.error_field, row.error_field),
            "message": _message(row, submission, labels),
            "accepted": "; ".join(f"{titles.get(each.field, each.field)}: {each}" for each in accepted.get(row.pk, ())),
            "accepted_by": "; ".join(dict.fromkeys(each.who for each in accepted.get(row.pk, ()))),
            "accepted_why": "; ".join(each.reason for each in accepted.get(row.pk, ()) if each.reason),
            "values": {titles.get(name, name): value for name, value in (row.fields or {}).items()},
        }
