"""Deleting imports: a person can restore a deleted import for 30 days; the retention removes old ones for good."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.tidying import remove_each
from pipelines_portal.entry.imports.requests import give_back_unsent, lock_unsent
from pipelines_portal.entry.imports.transitions import Step, step
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.submissions.models import Submission

RESTORABLE_FOR = timedelta(days=30)
# Nothing may be lost that is on its way, or of which nobody knows what became of it.
ON_THE_WAY = (ImportJob.Status.SENDING, ImportJob.Status.UNCONFIRMED)
UNSETTLED = (Submission.Status.SENDING, Submission.Status.UNCONFIRMED)
IMPORTS_AT_ONCE = 100


def delete_import(import_job: ImportJob, by: User) -> bool:
    """Return False while something of it is on its way. What was sent stays in the ledger."""
    with transaction.atomic():
        held = _removable(import_job)
        if held is None or held.status == ImportJob.Status.DELETED:
            transaction.set_rollback(True)
            return False
        values = _stays(held) | {"deleted_by": by, "deleted_at": timezone.now(), "status_before_deletion": held.status}
        step(held, Step.DELETE, ImportJob.Status.DELETED, **values)
        record(Verb.IMPORT_DELETED, by=by, target=held, label=held.label)
    return True


def restore_import(import_job: ImportJob, by: User) -> bool:
    """Put it back as it was when it was deleted. Return False if it has been restored already."""
    with transaction.atomic():
        held = ImportJob.objects.select_for_update().filter(pk=import_job.pk, status=ImportJob.Status.DELETED).first()
        if held is None:
            return False
        values = _stays(held) | {"deleted_by": None, "deleted_at": None, "status_before_deletion": ""}
        step(held, Step.RESTORE, held.status_before_deletion, **values)
        record(Verb.IMPORT_RESTORED, by=by, target=held, label=held.label)
    return True


def _stays(held: ImportJob) -> dict[str, object]:
    """Return the values that every other step clears: the message on its page, and who paused it and when."""
    return {name: getattr(held, name) for name in ("problem", "paused_by", "paused_at")}


def fixed_rows(import_job: ImportJob) -> int:
    """How many rows hold what people typed."""
    return import_job.lines.exclude(edits={}).count()


def removed_at(import_job: ImportJob) -> object:
    """When a deleted import is removed for good."""
    return import_job.deleted_at + RESTORABLE_FOR if import_job.deleted_at else None


def forget_old_imports() -> int:
    """Remove for good those deleted long ago, and those nobody touched for long. How many."""
    old = _old().only("pk").order_by("changed_at", "pk")
    return remove_each(old, _forget, IMPORTS_AT_ONCE)


def _old() -> QuerySet[ImportJob]:
    now = timezone.now()
    is_deleted = Q(status=ImportJob.Status.DELETED)
    untouched = Q(changed_at__lt=now - timedelta(days=settings.IMPORT_RETENTION_DAYS)) & ~is_deleted
    old = untouched | is_deleted & Q(deleted_at__lt=now - RESTORABLE_FOR)
    return ImportJob.objects.filter(old).exclude(status__in=ON_THE_WAY)


def _forget(import_job: ImportJob) -> bool:
    with transaction.atomic():
        held = _removable(import_job)
        if held is None or not _old().filter(pk=import_job.pk).exists():
            transaction.set_rollback(True)
            return False
        held.delete()
        return True


def _removable(import_job: ImportJob) -> ImportJob | None:
    """Return it locked, with what has not left given back. None while something is on its way; then roll back.

    Call in a transaction.
    """
    lock_unsent(import_job)
    held = ImportJob.objects.select_for_update().filter(pk=import_job.pk).exclude(status__in=ON_THE_WAY).first()
    if held is None or held.submissions.filter(status__in=UNSETTLED).exists():
        return None
    # What leaves just now is not given back.
    return held if give_back_unsent(held) else None
