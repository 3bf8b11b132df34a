"""Steps of an import that also concern its requests: stop, finish, transfer, delete and restore it.

The other steps are methods of ImportJob.
"""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Q, Sum
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_requests import UNSETTLED, give_back_unsent, open_submission
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.signals import import_transferred
from pipelines_portal.entry.statuses import BEING_SENT, CAN_BE_TRANSFERRED, ImportStep
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import stop_waiting
from pipelines_portal.submissions.signals import BatchEnd, batch_ended


def pause_import(import_job: ImportJob, by: User) -> bool:
    """Pause the sending. The request that is being sent continues."""
    with transaction.atomic():
        _lock_open_requests(import_job)
        is_paused = _stop_sending(import_job, ImportStep.PAUSE, ImportJob.Status.PAUSED, by, paused_by=by)
        give_back_typed(import_job)
    return is_paused


def stop_import(import_job: ImportJob, by: User) -> bool:
    """Stop the sending and return the rows that were not sent. The request that is being sent continues.

    One that waits for a lost answer is not repeated.
    """
    with transaction.atomic():
        _lock_open_requests(import_job)
        is_stopped = _stop_sending(import_job, ImportStep.STOP, ImportJob.Status.CHECKED, by)
        if is_stopped:
            stop_waiting(import_job.submissions, by)
            give_back_unsent(import_job)
    return is_stopped


def _stop_sending(import_job: ImportJob, step: ImportStep, status: str, by: User, **values: Any) -> bool:
    is_stopped = import_job.take_step(step, status, **values)
    if is_stopped:
        record(Verb.IMPORT_STOPPED, by=by, target=import_job, label=import_job.label, how=step.value)
    return is_stopped


def pause_for(import_job: ImportJob, problem: str) -> bool:
    """Pause the sending for a reason that only a person can resolve. Only the lease holder can do this."""
    with transaction.atomic():
        _lock_open_requests(import_job)
        before = import_job.lock()
        is_paused = import_job.take_step(
            ImportStep.PAUSE, ImportJob.Status.PAUSED, import_job.lease_is_held, problem=problem
        )
        if is_paused and before and before.away_since:
            notify_not_sent(import_job, before.away_since, problem)
        give_back_typed(import_job)
    return is_paused


def stop_unconfirmed(import_job: ImportJob, problem: str) -> bool:
    """Stop until a person decides about an unconfirmed request, even if the import was paused before.

    If somebody has decided by now, the sending goes on.
    """
    with transaction.atomic():
        _lock_open_requests(import_job)
        if not import_job.has_unconfirmed:
            import_job.release_lease()
            return False
        is_stopped = import_job.take_step(ImportStep.STOP_UNCONFIRMED, ImportJob.Status.UNCONFIRMED, problem=problem)
        give_back_typed(import_job)
    return is_stopped


def give_back_typed(import_job: ImportJob) -> None:
    """Return typed rows that were not sent to the grid, where a person can change them and ask for them again."""
    if import_job.is_typed and import_job.status != ImportJob.Status.SENDING:
        give_back_unsent(import_job)


def finish_import(import_job: ImportJob) -> None:
    """Finish the sending and notify the owner. Only the lease holder can do this.

    A file is not finished while a row of it is ready, whatever the stored counts say.
    """
    ready = import_job.rows.filter(status=ImportRow.Status.READY)
    is_sent = Q() if import_job.is_typed else Q(~Exists(ready))
    with transaction.atomic():
        if import_job.is_typed and import_job.lock() and open_submission(import_job):
            import_job.release_lease()  # more rows were requested at the same time
        elif import_job.take_step(ImportStep.FINISH, ImportJob.Status.CHECKED, import_job.lease_is_held, is_sent):
            if not import_job.is_typed:
                notify_end(import_job)
        elif import_job.lock(import_job.lease_is_held) and ready.exists():
            import_job.store_counts()
            import_job.release_lease()


def notify_not_sent(import_job: ImportJob, away_since: datetime, why: str) -> None:
    """Send the signal that rows which waited for Pipelines are not sent before a person has looked at them."""
    page = "sheets:page" if import_job.is_typed else "sheets:detail"
    end = BatchEnd(
        person=import_job.owner,
        subject=f"waited:{import_job.pk}:{int(away_since.timestamp())}",
        title=texts.NOT_SENT_AFTER_WAITING.format(workflow=import_job.workflow_name),
        sentence=why,
        address=reverse(page, args=[import_job.pk]),
        tone="warning",
    )
    batch_ended.send(ImportJob, end=end)


def notify_end(import_job: ImportJob) -> None:
    """Send the signal that all rows were sent."""
    sent = import_job.submissions.order_by()
    sums = sent.aggregate(created=Sum("success_count"), rejected=Sum("error_count"), count=Count("pk"))
    created, rejected = sums["created"] or 0, sums["rejected"] or 0
    end = BatchEnd(
        person=import_job.owner,
        # An import that is sent again, with rows that were fixed, ends again.
        subject=f"import:{import_job.pk}:{sums['count']}",
        title=texts.import_finished(import_job.file_name, created, rejected, import_job.counts_as_read.duplicate),
        sentence=f"Import into {import_job.workflow_name}",
        address=reverse("sheets:detail", args=[import_job.pk]),
        tone="warning" if rejected or not created else "finished",
    )
    batch_ended.send(ImportJob, end=end)


def transfer_import(import_job: ImportJob, to: User, by: User) -> bool:
    """Make `to` the owner. Return False if it is being sent or deleted, or if its owner changed.

    Submissions that were sent stay the former owner's. Drafts are made again in the name of the new owner.
    """
    former = import_job.owner
    # With a new token, it cannot collide with an import that the new owner started.
    values = {"owner": to, "token": uuid.uuid4(), "changed_at": timezone.now()}
    if import_job.is_typed:  # they do not become those that the new owner is typing
        values["name"] = import_job.name or import_job.usual_name
    with transaction.atomic():
        _lock_open_requests(import_job)
        if not ImportJob.objects.filter(CAN_BE_TRANSFERRED, pk=import_job.pk, owner=former).update(**values):
            return False
        import_job.refresh_from_db()
        give_back_unsent(import_job, only_of_others=True)
        owners = {"former_owner": former.email, "owner": to.email}
        record(Verb.IMPORT_TRANSFERRED, by=by, target=import_job, label=import_job.label, **owners)
        if to != by:
            import_transferred.send(ImportJob, import_job=import_job, by=by)
    return True


def delete_import(import_job: ImportJob, by: User) -> bool:
    """Delete it so that it can be restored. Return False while a request is being sent or is unconfirmed.

    Submissions stay in Sent.
    """
    with transaction.atomic():
        locked = lock_removable(import_job)
        if locked is None or locked.status == ImportJob.Status.DELETED:
            transaction.set_rollback(True)
            return False
        values = {"deleted_by": by, "deleted_at": timezone.now(), "status_before_deletion": locked.status}
        locked.take_step(ImportStep.DELETE, ImportJob.Status.DELETED, **_pause_values(locked), **values)
        record(Verb.IMPORT_DELETED, by=by, target=locked, label=locked.label)
    return True


def restore_import(import_job: ImportJob, by: User) -> bool:
    """Restore its status from before the deletion. Return False if it has been restored already."""
    with transaction.atomic():
        locked = import_job.lock(Q(status=ImportJob.Status.DELETED))
        if locked is None:
            return False
        values = {"deleted_by": None, "deleted_at": None, "status_before_deletion": ""}
        if locked.is_typed and not locked.name and locked.has_successor():
            values["name"] = locked.usual_name
        status = locked.status_before_deletion
        locked.take_step(ImportStep.RESTORE, status, **_pause_values(locked), **values)
        record(Verb.IMPORT_RESTORED, by=by, target=locked, label=locked.label)
    return True


def _pause_values(import_job: ImportJob) -> dict[str, Any]:
    """Return the reason, the person and the time of the pause.

    Deletion and restoration keep these values; other steps clear them.
    """
    return {name: getattr(import_job, name) for name in ("problem", "paused_by", "paused_at")}


def lock_removable(import_job: ImportJob) -> ImportJob | None:
    """Return it locked, with its drafts given back. Return None while a request is being sent or is unconfirmed.

    Call in a transaction, and roll that back after None.
    """
    _lock_open_requests(import_job)
    locked = import_job.lock(~Q(status__in=BEING_SENT))
    if locked is None or locked.submissions.filter(status__in=UNSETTLED).exists():
        return None
    # False if a draft is being sent right now.
    return locked if give_back_unsent(locked) else None


def _lock_open_requests(import_job: ImportJob) -> None:
    """Lock its drafts and what is being sent. Call before the import is locked: outcomes lock in that order, too."""
    is_open = (Submission.Status.DRAFT, Submission.Status.SENDING)
    requests = import_job.submissions.filter(status__in=is_open).order_by("pk").select_for_update()
    list(requests.values_list("pk", flat=True))
