"""Receivers that notify people in the transaction of the event."""

from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.times import machine
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.entry.signals import import_removed, import_transferred
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.signals import key_handed_over, key_removed
from pipelines_portal.notifications import texts
from pipelines_portal.notifications.models import Kind, Message, Notification
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.signals import BatchEnd, batch_ended, outcome_written


@receiver(batch_ended)
def notify_of_end(sender: object, end: BatchEnd, **more: Any) -> None:
    message = Message(Kind.BATCH, f"ended:{end.subject}", end.title, end.address, end.sentence, end.tone)
    Notification.objects.notify(end.person, message)


@receiver(outcome_written)
def read_decided(sender: object, submission: Submission, **more: Any) -> None:
    """Take what a person has decided for read: there is nothing left to do about it."""
    if submission.is_decided_by_person and submission.status != Submission.Status.UNCONFIRMED:
        about = Notification.objects.filter(subject=f"unconfirmed:{submission.pk}:{submission.attempt}", read_at=None)
        about.update(read_at=timezone.now())


@receiver(import_transferred)
def notify_new_owner(sender: object, import_job: ImportJob, by: User, **more: Any) -> None:
    place = [import_job.key_id, import_job.workflow_id, import_job.pk]
    # The time lets the same owner be notified again after another handover.
    subject = f"handed-over:{import_job.pk}:{machine(import_job.changed_at)}"
    title = texts.import_transferred(str(by), import_job.label)
    advice = texts.IMPORT_TRANSFERRED_ADVICE
    message = Message(Kind.BATCH, subject, title, reverse("imports:detail", args=place), advice)
    Notification.objects.notify(import_job.owner, message)


@receiver(import_removed)
def notify_owner_of_a_removed_import(sender: object, removed: ImportJob, key: SavedKey, by: User, **more: Any) -> None:
    if removed.owner == by:
        return
    title = texts.import_deleted(removed.label)
    sentence = texts.import_deleted_with_key(str(by), key.name)
    address = reverse("submissions:list")
    message = Message(Kind.BATCH, f"import-removed:{removed.pk}", title, address, sentence, "warning")
    Notification.objects.notify(removed.owner, message)


@receiver(key_handed_over)
def notify_new_owner_of_a_key(sender: object, key: SavedKey, former: User, by: User, **more: Any) -> None:
    """Notify the new owner, unless they are the administrator who handed the key over."""
    if key.owner == by:
        return
    address = reverse("keys:detail", args=[key.pk])
    sentence = texts.key_owned_before(str(former))
    subject = f"key-owned:{key.pk}:{machine(timezone.now())}"
    message = Message(Kind.KEY, subject, texts.key_owned(key.name), address, sentence)
    Notification.objects.notify(key.owner, message)


@receiver(key_removed)
def delete_notifications_about_a_key(sender: object, key: SavedKey, **more: Any) -> None:
    Notification.objects.delete_for_key(key.pk)
