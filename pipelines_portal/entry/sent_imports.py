"""What Sent shows of imports: see submissions.import_states."""

from uuid import UUID

from django.db.models import Value

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.import_status import look_of, shown_with
from pipelines_portal.entry.imports.lists import LARGE_COLUMNS
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.submissions.import_states import ImportsOfStatus, ImportState

UNDER_WAY = (ImportJob.Status.SENDING, ImportJob.Status.PAUSED, ImportJob.Status.UNCONFIRMED)


def describe_imports(user: User, ids: list[UUID]) -> dict[UUID, ImportState]:
    """Return the states of those imports that the person may see."""
    found = ImportJob.objects.visible_to(user).filter(pk__in=ids).defer(*LARGE_COLUMNS)
    return {import_job.pk: _state_of(import_job) for import_job in found.annotate(has_requests=Value(True))}


def find_imports_of_status(user: User, status: str) -> ImportsOfStatus:
    """Return the imports that the person may see, and those of them that are shown with the status."""
    visible = ImportJob.objects.visible_to(user).order_by()
    return ImportsOfStatus(visible.values("pk"), shown_with(visible, status).values("pk"))


def _state_of(import_job: ImportJob) -> ImportState:
    counts = import_job.counts_as_read
    return ImportState(
        *look_of(import_job, counts),
        is_under_way=import_job.status in UNDER_WAY,
        rows=counts.total,
        to_send=counts.to_send,
        created=counts.created,
        rejected=counts.rejected,
        with_errors=counts.to_fix,
        duplicates=counts.duplicate,
        skipped=counts.skipped,
        not_sent=counts.not_sent,
        address=import_job.get_absolute_url(),
    )
