"""The duplicates of an import."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.submissions.models import SubmissionRow


@dataclass(frozen=True)
class Duplicates:
    """Rows that equal others of the same import, and those that were sent before. Of a single one, which row and task.

    The task is not known while its request is unconfirmed.
    """

    in_import: int
    sent: int
    row: Row | None = None
    sent_by: User | None = None
    sent_at: datetime | None = None


def duplicates_to_decide(sheet: Sheet) -> QuerySet[Row]:
    """Return the duplicates in order, without the copies that are still as the tasks they are to replace."""
    duplicates = sheet.rows.filter(status=Row.Status.DUPLICATE)
    return duplicates.exclude(corrects_task=F("duplicate_of_task")).order_by("number")


def count_unchanged_copies(sheet: Sheet) -> int:
    """Return how many rows are corrected copies in which nothing was changed."""
    copies = sheet.rows.filter(status=Row.Status.DUPLICATE, corrects_task=F("duplicate_of_task"))
    return copies.count() if sheet.is_typed else 0


def duplicates_in(sheet: Sheet, count: int) -> Duplicates | None:
    """Return what the page says of its `count` duplicates, or None if it has none."""
    if not count:
        return None
    if count > 1:
        others = duplicates_to_decide(sheet).filter(duplicate_of_row__isnull=False, duplicate_of_task=None)
        in_import = others.count()
        return Duplicates(in_import, count - in_import)
    row = duplicates_to_decide(sheet).defer("cells", "edits", "fields").first()
    if row is None:
        return None
    of_place = Q(submission__key=sheet.key_id, submission__workflow_id=sheet.workflow_id)
    found = SubmissionRow.objects.filter(of_place, task_id=row.duplicate_of_task).order_by("pk")
    sent = found.defer("fields").select_related("submission__owner").last() if row.duplicate_of_task else None
    in_import = int(row.duplicate_of_row is not None)
    by, at = (sent.submission.owner, sent.submission.sent_at) if sent else (None, None)
    return Duplicates(in_import, 1 - in_import, row, by, at)
