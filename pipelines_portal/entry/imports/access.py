"""Who may see an import, and act on it: see `Imports.visible_to`. Sending needs the key too."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.core.not_allowed import NotAllowed
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.access import usable_workflow
from pipelines_portal.workflows.models import OpenedWorkflow

HAS_REQUESTS = Exists(Submission.objects.filter(group=OuterRef("pk")))
# Rows that somebody may still do something with.
LEFT = (ImportRow.Status.READY, ImportRow.Status.TO_FIX, ImportRow.Status.DUPLICATE, ImportRow.Status.REJECTED)
LISTED = 20
NOT_READ = ("reading_result", "matching", "schema", "task_counts", "scan")


def visible_import(user: User, key_id: int, workflow_id: int, import_id: UUID) -> tuple[OpenedWorkflow, ImportJob]:
    """Return it with its workflow. Raise Http404 for people who may not see it, and for one of another workflow."""
    usable = Exists(SavedKey.objects.usable_by(user).filter(pk=OuterRef("key")))
    found = ImportJob.objects.visible_to(user).filter(pk=import_id, key=key_id, workflow_id=workflow_id)
    import_job = found.select_related("owner").annotate(is_key_usable=usable).first()
    if import_job is None:
        raise Http404
    opened = OpenedWorkflow.objects.select_related("key__owner")
    workflow = opened.filter(key=key_id, workflow_id=workflow_id).first()
    if workflow is None:
        usable_workflow(user, key_id, workflow_id)
        raise Http404
    import_job.key = workflow.key.on_behalf_of(user)
    return workflow, import_job


def may_use_key(import_job: ImportJob) -> bool:
    """Whether the person who asked for it with `visible_import` may use its key."""
    return bool(getattr(import_job, "is_key_usable", False))


def require_key(import_job: ImportJob) -> None:
    """Before the API is asked with its key. Raise NotAllowed for people who see the import, and may not use the key."""
    if not may_use_key(import_job):
        raise NotAllowed(f"The key {import_job.key.name} is no longer shared with you. Nothing was sent or looked up.")


def unfinished_imports(user: User, workflow: OpenedWorkflow) -> QuerySet[ImportJob]:
    """Return those they may see in which something is left to do, the newest first."""
    return unfinished(_listed(user, workflow))[:LISTED]


def deleted_imports(user: User, workflow: OpenedWorkflow) -> QuerySet[ImportJob]:
    """Return those they may see, and restore, the newest first."""
    return _listed(user, workflow).filter(status=ImportJob.Status.DELETED)[:LISTED]


def count_unfinished(person: User) -> int:
    """Return how many imports they own in which rows are left to be sent."""
    return unfinished(ImportJob.objects.filter(owner=person)).exclude(status=ImportJob.Status.UNREADABLE).count()


def count_stored(person: User) -> int:
    """Return how many imports they own whose rows are still needed: unfinished ones, and deleted ones to restore."""
    owned = ImportJob.objects.filter(owner=person)
    return (unfinished(owned) | owned.filter(status=ImportJob.Status.DELETED)).count()


def unfinished(imports: QuerySet[ImportJob]) -> QuerySet[ImportJob]:
    """Return those of them in which something is left to do."""
    open_rows = ImportRow.objects.filter(import_job=OuterRef("pk"), status__in=LEFT)
    return imports.exclude(status=ImportJob.Status.DELETED).exclude(~Exists(open_rows), status=ImportJob.Status.CHECKED)


def _listed(user: User, workflow: OpenedWorkflow) -> QuerySet[ImportJob]:
    imports = ImportJob.objects.visible_to(user).filter(key=workflow.key, workflow_id=workflow.workflow_id)
    return imports.select_related("owner").defer(*NOT_READ)


def page_url(import_job: ImportJob) -> str:
    """The page of its state: what is to be done with it, or how it goes."""
    return reverse(_page(import_job), args=[import_job.key_id, import_job.workflow_id, import_job.pk])


def _page(import_job: ImportJob) -> str:
    if import_job.status == ImportJob.Status.MATCHING:
        return "imports:match"
    if import_job.status in (
        ImportJob.Status.READING,
        ImportJob.Status.UNREADABLE,
        ImportJob.Status.CHECKING,
        ImportJob.Status.DELETED,
    ):
        return "imports:detail"
    return (
        "imports:progress"
        if import_job.status == ImportJob.Status.SENDING or _has_requests(import_job)
        else "imports:check"
    )


def _has_requests(import_job: ImportJob) -> bool:
    """As it was read with it by those who read many."""
    known = getattr(import_job, "has_requests", None)
    return import_job.submissions.exists() if known is None else bool(known)
