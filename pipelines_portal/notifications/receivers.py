"""Receivers that notify people in the transaction of the event."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.times import machine
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.signals import (
    NoteNotSent,
    entry_requested,
    import_removed,
    import_transferred,
    rule_questioned,
)
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.signals import key_removed, key_transferred
from pipelines_portal.notifications.models import Kind, Message, Notification
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import lease
from pipelines_portal.submissions.signals import BatchEnd, batch_ended, outcome_written
from pipelines_portal.workflows.models import OpenedWorkflow, ReferenceList
from pipelines_portal.workflows.permissions import note_writers
from pipelines_portal.workflows.rules.stored import WorkflowRule

# Of one person in an hour, to the same people.
MOST_NOTES = 20


@receiver(batch_ended)
def notify_of_end(sender: object, end: BatchEnd, **more: Any) -> None:
    message = Message(Kind.BATCH, f"ended:{end.subject}", end.title, end.address, end.sentence, end.tone)
    Notification.objects.notify(end.person, message)


@receiver(outcome_written)
def mark_decided_read(sender: object, submission: Submission, **more: Any) -> None:
    """Mark notifications as read once a person or a late answer has settled it: there is nothing left to do.

    An answer in time to a first try comes before anybody is notified. The clock may have been set back since then.
    """
    sent_at, finished_at = submission.sent_at, submission.finished_at
    is_late = sent_at is not None and finished_at is not None and abs(finished_at - sent_at) > lease()
    # An upload that was restored is asked for once more.
    is_later_try = submission.attempt > 1 or submission.kind == Submission.Kind.ZIP
    is_settled = submission.status != Submission.Status.UNCONFIRMED
    if is_settled and (submission.is_decided_by_person or is_late or is_later_try):
        subjects = [f"unconfirmed:{submission.pk}:{attempt}" for attempt in range(submission.attempt + 1)]
        Notification.objects.filter(subject__in=subjects, read_at=None).update(read_at=timezone.now())


@receiver(import_transferred)
def notify_new_owner(sender: object, sheet: Sheet, by: User, **more: Any) -> None:
    message = Message(
        Kind.BATCH,
        # The time lets the same owner be notified again after another transfer.
        f"handed-over:{sheet.pk}:{machine(sheet.changed_at)}",
        f"{by} transferred the import {sheet.label} to you",
        reverse("sheets:detail", args=[sheet.pk]),
        "Rows not sent yet are sent in your name when you continue it",
    )
    Notification.objects.notify(sheet.owner, message)


@receiver(entry_requested)
def notify_list_writers(
    sender: object, reference_list: ReferenceList, code: str, by: User, workflow: OpenedWorkflow, **more: Any
) -> None:
    digest = sha256(code.encode(errors="replace")).hexdigest()[:16]
    url = reverse("lists:detail", args=[workflow.key_id, workflow.workflow_id, reference_list.pk])
    title = f"{by} asks to add “{code}” to {reference_list}"
    message = Message(Kind.KEY, f"list-entry:{reference_list.pk}:{digest}", title, url, f"For {workflow.name}")
    for person in note_writers(workflow.key):
        kind = Kind.KEY if person.pk == workflow.key.owner_id else Kind.TEAM
        Notification.objects.notify(person, replace(message, kind=kind))


@receiver(rule_questioned)
def notify_rule_writers(
    sender: object, rule: WorkflowRule, sentence: str, note: str, by: User, workflow: OpenedWorkflow, **more: Any
) -> None:
    """Notify those who may change the rule, each time somebody writes. Raise NoteNotSent."""
    writers, of_author = note_writers(workflow.key), f"rule:{by.pk}:"
    notes = Notification.objects.filter(person__in=writers, subject__startswith=of_author)
    if (
        notes.filter(at__gt=timezone.now() - timedelta(hours=1)).order_by().values("subject").distinct().count()
        >= MOST_NOTES
    ):
        raise NoteNotSent(f"You sent {MOST_NOTES} notes in the last hour. Send this one later.")
    url = reverse("rules:edit", args=[workflow.key_id, workflow.workflow_id, rule.pk])
    subject = f"{of_author}{rule.pk}:{uuid4()}"
    message = Message(Kind.KEY, subject, f"{by} asks about a rule in {workflow.name}: {sentence}", url, note)
    kinds = [Kind.KEY if person.pk == workflow.key.owner_id else Kind.TEAM for person in writers]
    copies = [(person, replace(message, kind=kind)) for person, kind in zip(writers, kinds, strict=True)]
    if not Notification.objects.notify_all(copies):
        raise NoteNotSent("The people who can change the rule get no notifications. Ask them directly.")


@receiver(import_removed)
def notify_owner_of_a_removed_import(sender: object, removed: Sheet, key: SavedKey, by: User, **more: Any) -> None:
    if removed.owner == by:
        return
    message = Message(
        Kind.BATCH,
        f"import-removed:{removed.pk}",
        f"Your import {removed.label} was deleted",
        reverse("submissions:list"),
        f"{by} removed API key {key.name} and its unsent rows",
        "warning",
    )
    Notification.objects.notify(removed.owner, message)


@receiver(key_transferred)
def notify_new_owner_of_a_key(sender: object, key: SavedKey, former: User, by: User, **more: Any) -> None:
    """Notify the new owner, unless they are the administrator who transferred the key."""
    if key.owner == by:
        return
    message = Message(
        Kind.KEY,
        f"key-owned:{key.pk}:{machine(timezone.now())}",
        f"You now own API key {key.name}",
        reverse("keys:detail", args=[key.pk]),
        f"Previous owner: {former}",
    )
    Notification.objects.notify(key.owner, message)


@receiver(key_removed)
def delete_notifications_about_a_key(sender: object, key: SavedKey, **more: Any) -> None:
    Notification.objects.delete_for_key(key.pk)
