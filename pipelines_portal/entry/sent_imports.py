"""What Sent shows of imports: see submissions.import_states."""

from typing import Any
from uuid import UUID

from django.db.models import IntegerField, Q, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.lists import LARGE_COLUMNS
from pipelines_portal.entry.models import Sheet, Sheets
from pipelines_portal.entry.statuses import SHEET_LOOKS, UNDER_WAY, UNFINISHED, look_of
from pipelines_portal.submissions.import_states import ImportsOfStatus, ImportState
from pipelines_portal.submissions.statuses import Status

# The statuses of imports whose word is not that of an ending, by the status that a list is filtered by.
_BY_FILTER = {status.value: status for status in UNDER_WAY}
# See RowCounts.ending.
_ENDINGS: dict[str, Q] = {
    Status.UNCONFIRMED: Q(rows_unconfirmed__gt=0),
    Status.PARTLY_CREATED: Q(rows_unconfirmed=0, rows_created__gt=0, rows_unfinished__gt=0),
    Status.CREATED: Q(rows_unconfirmed=0, rows_created__gt=0, rows_unfinished=0),
    Status.REJECTED: Q(rows_unconfirmed=0, rows_created=0, rows_rejected__gt=0),
    Status.DRAFT: Q(rows_unconfirmed=0, rows_created=0, rows_rejected=0),
}


def describe_imports(user: User, ids: list[UUID]) -> dict[UUID, ImportState]:
    """Return the states of those imports that the person may see."""
    found = Sheet.objects.visible_to(user).filter(pk__in=ids).defer(*LARGE_COLUMNS)
    return {sheet.pk: _state_of(sheet) for sheet in found.annotate(has_requests=Value(True))}


def find_imports_of_status(user: User, status: str) -> ImportsOfStatus:
    """Return the imports that the person may see, and those of them that are shown with the status."""
    visible = Sheet.objects.visible_to(user).order_by()
    return ImportsOfStatus(visible.values("pk"), shown_with(visible, status).values("pk"))


def _state_of(sheet: Sheet) -> ImportState:
    counts = sheet.counts_as_read
    return ImportState(
        *look_of(sheet.status, counts),
        is_under_way=sheet.status in UNDER_WAY,
        rows=counts.total,
        to_send=counts.to_send,
        created=counts.created,
        rejected=counts.rejected,
        with_errors=counts.to_fix,
        duplicates=counts.duplicate,
        skipped=counts.skipped,
        not_sent=counts.not_sent,
        address=sheet.get_absolute_url(),
    )


def shown_with(imports: Sheets, status: str) -> Sheets:
    """Return the imports for which `look_of` has the word of a status, which is a submission's or "paused"."""
    found = Q(status=_BY_FILTER[status]) if status in _BY_FILTER else Q()
    if ending := _ENDINGS.get(status):
        found |= ~Q(status__in=list(SHEET_LOOKS)) & ending
    counted = imports.annotate(
        rows_unconfirmed=_rows("unconfirmed"), rows_created=_rows("created"), rows_rejected=_rows("rejected"),
        rows_unfinished=sum(map(_rows, UNFINISHED), _rows("requested")),
    )  # fmt: skip
    return counted.filter(found) if found else imports.none()


def _rows(status: str) -> Any:
    """Return the number of rows of an import with this status, as a database expression."""
    return Coalesce(Cast(KT(f"row_counts__{status}"), IntegerField()), 0)
