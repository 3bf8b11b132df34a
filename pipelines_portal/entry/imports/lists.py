"""Lists of imports: recent, deleted, and those that wait for a person."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Sheet, Sheets
from pipelines_portal.entry.models.sheet import drafts
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow

HAS_REQUESTS = Exists(Submission.objects.filter(group=OuterRef("pk")))
LARGE_COLUMNS = ("reading_result", "matching", "schema")
# What a line about an import shows. Each column that a query names takes 20 µs.
LINE_COLUMNS = (
    "size_bytes", "status", "key", "workflow_id", "workflow_name", "file_name", "name", "row_count", "row_counts",
    "away_since", "changed_at", "owner__name", "owner__email",
)  # fmt: skip
MOST_LISTED, MOST_WAITING = 20, 500
# Each import has its file in the database.
MOST_STORED = 300


def list_recent(user: User, workflow: OpenedWorkflow) -> Sheets:
    """Return the visible imports of a workflow, the last changed first, without deleted ones and typed rows."""
    files = _visible_in(user, workflow).filter(size_bytes__gt=0)
    return files.exclude(status=Sheet.Status.DELETED).annotate(has_requests=HAS_REQUESTS)


def list_deleted(user: User, workflow: OpenedWorkflow) -> Sheets:
    """Return the deleted imports of a workflow that the person may restore, the newest first."""
    return _visible_in(user, workflow).filter(status=Sheet.Status.DELETED)[:MOST_LISTED]


def list_unfinished_with(key: SavedKey) -> Sheets:
    return Sheet.objects.filter(key=key).unfinished().select_related("owner")


def count_unfinished(person: User) -> int:
    """Return the number of imports of a person in which rows are left to be sent."""
    return Sheet.objects.filter(owner=person).unfinished().exclude(status=Sheet.Status.UNREADABLE).count()


def count_stored(person: User) -> int:
    """Return the number of imports of a person whose rows are still needed, unfinished or to be restored."""
    owned = Sheet.objects.filter(owner=person)
    return (owned.unfinished() | owned.filter(status=Sheet.Status.DELETED)).count()


def list_waiting(user: User, others_since: datetime | None) -> list[Sheet]:
    """Return visible imports that wait for a person: unconfirmed ones, paused ones, and the person's drafts and what of
    theirs waits for Pipelines.

    With those that are being sent, or that others have checked, if they changed since `others_since`.
    """
    checked = Q(status=Sheet.Status.CHECKED)
    away = Q(owner=user, status=Sheet.Status.SENDING, away_since__isnull=False)
    shown = (Q(owner=user) & drafts()) | away | Q(status__in=(Sheet.Status.UNCONFIRMED, Sheet.Status.PAUSED))
    if others_since:
        shown |= Q(status=Sheet.Status.SENDING, changed_at__gte=others_since)
        shown |= Q(checked, ~Q(owner=user), changed_at__gte=others_since)
    return list(as_lines(Sheet.objects.visible_to(user).filter(shown))[:MOST_WAITING])


def as_lines(imports: Sheets) -> Sheets:
    """Read only what a line about each import shows."""
    return imports.select_related("owner").only(*LINE_COLUMNS).annotate(has_requests=HAS_REQUESTS)


def _visible_in(user: User, workflow: OpenedWorkflow) -> Sheets:
    visible = Sheet.objects.visible_to(user).filter(key=workflow.key, workflow_id=workflow.workflow_id)
    return visible.select_related("owner").defer(*LARGE_COLUMNS)
