"""Steps of an import that also concern its requests: stop, finish, transfer, delete and restore it.

The other steps are methods of Sheet.
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
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.signals import import_transferred
from pipelines_portal.entry.statuses import BEING_SENT, CAN_BE_TRANSFERRED, SheetStep
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import stop_waiting
from pipelines_portal.submissions.signals import BatchEnd, batch_ended


def pause_import(sheet: Sheet, by: User) -> bool:
    """Pause the sending. The request that is being sent continues."""
    with transaction.atomic():
        _lock_open_requests(sheet)
        is_paused = _stop_sending(sheet, SheetStep.PAUSE, Sheet.Status.PAUSED, by, paused_by=by)
        give_back_typed(sheet)
    return is_paused


def stop_import(sheet: Sheet, by: User) -> bool:
    """Stop the sending and return the rows that were not sent. The request that is being sent continues.

    One that waits for a lost answer is not repeated.
    """
    with transaction.atomic():
        _lock_open_requests(sheet)
        is_stopped = _stop_sending(sheet, SheetStep.STOP, Sheet.Status.CHECKED, by)
        if is_stopped:
            stop_waiting(sheet.submissions, by)
            give_back_unsent(sheet)
    return is_stopped


def _stop_sending(sheet: Sheet, step: SheetStep, status: str, by: User, **values: Any) -> bool:
    is_stopped = sheet.take_step(step, status, **values)
    if is_stopped:
        record(Verb.IMPORT_STOPPED, by=by, target=sheet, label=sheet.label, how=step.value)
    return is_stopped


def pause_for(sheet: Sheet, problem: str) -> bool:
    """Pause the sending for a reason that only a person can resolve. Only the lease holder can do this."""
    with transaction.atomic():
        _lock_open_requests(sheet)
        before = sheet.lock()
        is_paused = sheet.take_step(SheetStep.PAUSE, Sheet.Status.PAUSED, sheet.lease_is_held, problem=problem)
        if is_paused and before and before.away_since:
            notify_not_sent(sheet, before.away_since, problem)
        give_back_typed(sheet)
    return is_paused


def stop_unconfirmed(sheet: Sheet, problem: str) -> bool:
    """Stop until a person decides about an unconfirmed request, even if the import was paused before.

    If somebody has decided by now, the sending goes on.
    """
    with transaction.atomic():
        _lock_open_requests(sheet)
        if not sheet.has_unconfirmed:
            sheet.release_lease()
            return False
        is_stopped = sheet.take_step(SheetStep.STOP_UNCONFIRMED, Sheet.Status.UNCONFIRMED, problem=problem)
        give_back_typed(sheet)
    return is_stopped


def give_back_typed(sheet: Sheet) -> None:
    """Return typed rows that were not sent to the grid, where a person can change them and ask for them again."""
    if sheet.is_typed and sheet.status != Sheet.Status.SENDING:
        give_back_unsent(sheet)


def finish_import(sheet: Sheet) -> None:
    """Finish the sending and notify the owner. Only the lease holder can do this.

    A file is not finished while a row of it is ready, whatever the stored counts say.
    """
    ready = sheet.rows.filter(status=Row.Status.READY)
    is_sent = Q() if sheet.is_typed else Q(~Exists(ready))
    with transaction.atomic():
        if sheet.is_typed and sheet.lock() and open_submission(sheet):
            sheet.release_lease()  # more rows were requested at the same time
        elif sheet.take_step(SheetStep.FINISH, Sheet.Status.CHECKED, sheet.lease_is_held, is_sent):
            if not sheet.is_typed:
                notify_end(sheet)
        elif sheet.lock(sheet.lease_is_held) and ready.exists():
            sheet.store_counts()
            sheet.release_lease()


def notify_not_sent(sheet: Sheet, away_since: datetime, why: str) -> None:
    """Send the signal that rows which waited for Pipelines are not sent before a person has looked at them."""
    page = "sheets:page" if sheet.is_typed else "sheets:detail"
    end = BatchEnd(
        person=sheet.owner,
        subject=f"waited:{sheet.pk}:{int(away_since.timestamp())}",
        title=texts.NOT_SENT_AFTER_WAITING.format(workflow=sheet.workflow_name),
        sentence=why,
        address=reverse(page, args=[sheet.pk]),
        tone="warning",
    )
    batch_ended.send(Sheet, end=end)


def notify_end(sheet: Sheet) -> None:
    """Send the signal that all rows were sent."""
    sent = sheet.submissions.order_by()
    sums = sent.aggregate(created=Sum("success_count"), rejected=Sum("error_count"), count=Count("pk"))
    created, rejected = sums["created"] or 0, sums["rejected"] or 0
    end = BatchEnd(
        person=sheet.owner,
        # An import that is sent again, with rows that were fixed, ends again.
        subject=f"import:{sheet.pk}:{sums['count']}",
        title=texts.import_finished(sheet.file_name, created, rejected, sheet.counts_as_read.duplicate),
        sentence=f"Import into {sheet.workflow_name}",
        address=reverse("sheets:detail", args=[sheet.pk]),
        tone="warning" if rejected or not created else "finished",
    )
    batch_ended.send(Sheet, end=end)


def transfer_import(sheet: Sheet, to: User, by: User) -> bool:
    """Make `to` the owner. Return False if it is being sent or deleted, or if its owner changed.

    Submissions that were sent stay the former owner's. Drafts are made again in the name of the new owner.
    """
    former = sheet.owner
    # With a new token, it cannot collide with an import that the new owner started.
    values = {"owner": to, "token": uuid.uuid4(), "changed_at": timezone.now()}
    if sheet.is_typed:  # they do not become those that the new owner is typing
        values["name"] = sheet.name or sheet.usual_name
    with transaction.atomic():
        _lock_open_requests(sheet)
        if not Sheet.objects.filter(CAN_BE_TRANSFERRED, pk=sheet.pk, owner=former).update(**values):
            return False
        sheet.refresh_from_db()
        give_back_unsent(sheet, only_of_others=True)
        owners = {"former_owner": former.email, "owner": to.email}
        record(Verb.IMPORT_TRANSFERRED, by=by, target=sheet, label=sheet.label, **owners)
        if to != by:
            import_transferred.send(Sheet, sheet=sheet, by=by)
    return True


def delete_import(sheet: Sheet, by: User) -> bool:
    """Delete it so that it can be restored. Return False while a request is being sent or is unconfirmed.

    Submissions stay in Sent.
    """
    with transaction.atomic():
        locked = lock_removable(sheet)
        if locked is None or locked.status == Sheet.Status.DELETED:
            transaction.set_rollback(True)
            return False
        values = {"deleted_by": by, "deleted_at": timezone.now(), "status_before_deletion": locked.status}
        locked.take_step(SheetStep.DELETE, Sheet.Status.DELETED, **_pause_values(locked), **values)
        record(Verb.IMPORT_DELETED, by=by, target=locked, label=locked.label)
    return True


def restore_import(sheet: Sheet, by: User) -> bool:
    """Restore its status from before the deletion. Return False if it has been restored already."""
    with transaction.atomic():
        locked = sheet.lock(Q(status=Sheet.Status.DELETED))
        if locked is None:
            return False
        values = {"deleted_by": None, "deleted_at": None, "status_before_deletion": ""}
        if locked.is_typed and not locked.name and locked.has_successor():
            values["name"] = locked.usual_name
        status = locked.status_before_deletion
        locked.take_step(SheetStep.RESTORE, status, **_pause_values(locked), **values)
        record(Verb.IMPORT_RESTORED, by=by, target=locked, label=locked.label)
    return True


def _pause_values(sheet: Sheet) -> dict[str, Any]:
    """Return the reason, the person and the time of the pause.

    Deletion and restoration keep these values; other steps clear them.
    """
    return {name: getattr(sheet, name) for name in ("problem", "paused_by", "paused_at")}


def lock_removable(sheet: Sheet) -> Sheet | None:
    """Return it locked, with its drafts given back. Return None while a request is being sent or is unconfirmed.

    Call in a transaction, and roll that back after None.
    """
    _lock_open_requests(sheet)
    locked = sheet.lock(~Q(status__in=BEING_SENT))
    if locked is None or locked.submissions.filter(status__in=UNSETTLED).exists():
        return None
    # False if a draft is being sent right now.
    return locked if give_back_unsent(locked) else None


def _lock_open_requests(sheet: Sheet) -> None:
    """Lock its drafts and what is being sent. Call before the import is locked: outcomes lock in that order, too."""
    is_open = (Submission.Status.DRAFT, Submission.Status.SENDING)
    requests = sheet.submissions.filter(status__in=is_open).order_by("pk").select_for_update()
    list(requests.values_list("pk", flat=True))
