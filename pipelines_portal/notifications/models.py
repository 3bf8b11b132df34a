"""Notifications, how people want to receive them, and which tasks they were notified about."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import ClassVar, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.task_index.models import WorkflowIndex

# Mails come at most this often, or at this hour of the person's time zone.
GATHERING_MINUTES, MORNING_HOUR = 15, 7


class Kind(models.TextChoices):
    ATTENTION = "attention", "My task fails, or is escalated or quarantined"
    STUCK = "stuck", "My task is stuck"
    BATCH = "batch", "My import or upload finishes, or an import is transferred to me"
    UNCONFIRMED = "unconfirmed", "We don’t know if something I sent was created (unconfirmed)"
    KEY = "key", "My API key expires or is rejected, I become the owner of one, or someone wants an entry in its lists"
    TEAM = (
        "team",
        "In a team I lead: we don’t know if something sent was created, an API key is rejected, or a list lacks a code",
    )


class MailFrequency(models.TextChoices):
    GATHERED = "gathered", f"Every {GATHERING_MINUTES} minutes at most"
    DAILY = "daily", f"Daily at {MORNING_HOUR:02}:00"
    OFF = "off", "Never"


# The events about a key, as subjects begin with them.
KEY_EVENTS = ("key-rejected", "key-ends", "key-owned")


@dataclass(frozen=True)
class Message:
    """The content of a notification. It holds nothing of what was sent.

    `subject` identifies the event: a person is notified once about it.
    """

    kind: str
    subject: str
    title: str
    url: str
    sentence: str = ""
    tone: str = "info"

    def fields(self) -> dict[str, str]:
        """Return the values of a Notification, without the subject."""
        return {
            "kind": self.kind,
            "title": self.title[:400],
            "sentence": self.sentence[:400],
            "address": self.url,
            "tone": self.tone,
        }


class Notifications(models.QuerySet["Notification"]):
    def notify(self, person: User, message: Message) -> bool:
        """Notify the person. Return False if they were notified already, or want no notification of the kind."""
        return bool(self.notify_all([(person, message)]))

    def notify_all(self, messages: Iterable[tuple[User, Message]]) -> int:
        """Notify each person who was not notified of the event yet, and wants to be. Return their number.

        The number of queries is the same for any number of messages.
        """
        wanted = {(person.pk, message.subject): (person, message) for person, message in messages}
        people, subjects = {pk for pk, _ in wanted}, {subject for _, subject in wanted}
        notified = set(self.filter(person__in=people, subject__in=subjects).values_list("person", "subject"))
        new = [wanted[each] for each in wanted if each not in notified]
        preferences = Preferences.objects.of_people([person for person, _ in new])
        rows = []
        for person, message in new:
            channels = preferences[person.pk].channels(message.kind)
            if any(channels.values()):
                rows.append(Notification(person=person, subject=message.subject, **message.fields(), **channels))
        # Another worker may have created some of them since.
        self.bulk_create(rows, ignore_conflicts=True)
        return len(rows)

    def add_tasks(self, person: User, message: Message, count: int, title: Callable[[int], str]) -> None:
        """Add `count` tasks to the number of a notification, which starts again after the person has read it.

        `title` returns the title for a number of tasks. Call it in a transaction.
        """
        channels = Preferences.objects.for_person(person).channels(message.kind)
        if not any(channels.values()):
            return
        stored = self.select_for_update().filter(person=person, subject=message.subject).first()
        total = count + (stored.count if stored and stored.read_at is None else 0)
        values = message.fields() | channels | {"count": total, "title": title(total)[:400]}
        values |= {"read_at": None, "at": timezone.now()}
        self.update_or_create(person=person, subject=message.subject, defaults=values)

    def delete_for_key(self, key_id: int) -> None:
        """Delete the notifications about a key that is removed, because they ask for something impossible."""
        subjects = [Q(subject__startswith=f"{event}:{key_id}:") for event in KEY_EVENTS]
        self.filter(reduce(or_, subjects), kind__in=(Kind.KEY, Kind.TEAM)).delete()

    def mark_all_read(self, person: User) -> int:
        """Mark all listed notifications as read. Those that the person wants by mail alone stay to be mailed."""
        unread = self.filter(person=person, read_at=None, is_listed=True)
        return unread.update(read_at=timezone.now(), is_to_mail=False)

    @transaction.atomic
    def mark_read(self, person: User, number: int) -> "Notification | None":
        """Mark one notification as read and return it, or None if it is not the person's."""
        notification = self.select_for_update().filter(person=person, pk=number).first()
        if notification is not None and notification.read_at is None:
            notification.read_at, notification.is_to_mail = timezone.now(), False
            notification.save(update_fields=["read_at", "is_to_mail"])
        return notification


class Notification(models.Model):
    """A notification of one person about one subject. More tasks make it unread again."""

    person = models.ForeignKey(User, models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    # The event, such as "key-rejected:3:2026-11-24T13:05:00Z". A person has one notification about it.
    subject = models.CharField(max_length=120)
    # The texts hold nothing of what was sent.
    title = models.CharField(max_length=400)
    sentence = models.CharField(max_length=400, blank=True)
    address = models.CharField(max_length=300)
    tone = models.CharField(max_length=12, default="info")
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    is_listed = models.BooleanField(default=True)
    # It is still to be mailed.
    is_to_mail = models.BooleanField(default=False)

    objects = Notifications.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "subject"], name="unique_notification_subject")
        ]
        indexes: ClassVar = [
            models.Index(F("person"), F("at").desc(), name="notifications_newest"),
            models.Index(fields=["person"], condition=Q(read_at=None, is_listed=True), name="notifications_unread"),
            models.Index(fields=["person"], condition=Q(is_to_mail=True), name="notifications_to_mail"),
        ]

    def __str__(self) -> str:
        return self.title


class PreferencesQuerySet(models.QuerySet["Preferences"]):
    def for_person(self, person: User) -> "Preferences":
        return self.of_people([person])[person.pk]

    def of_people(self, people: list[User]) -> dict[int, "Preferences"]:
        """Return the preferences of each person by their id, unsaved defaults for those who chose nothing."""
        stored = {one.person_id: one for one in self.filter(person__in=people)} if people else {}
        return {person.pk: stored.get(person.pk) or Preferences.default(person) for person in people}


class Preferences(models.Model):
    """The kinds of notifications that a person wants in the portal and by mail, and how often mails come."""

    person = models.OneToOneField(User, models.CASCADE, related_name="+")
    # Values of Kind.
    listed = models.JSONField(default=list)
    mailed = models.JSONField(default=list)
    mail = models.CharField(max_length=10, choices=MailFrequency, default=MailFrequency.GATHERED)
    # The worker whose update moves it forward sends the mail.
    last_mail_at = models.DateTimeField(null=True)

    objects = PreferencesQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.person}: {self.mail}"

    @classmethod
    def default(cls, person: User) -> Self:
        mailed = [Kind.BATCH.value, Kind.UNCONFIRMED.value, Kind.KEY.value]
        return cls(person=person, listed=[kind.value for kind in Kind], mailed=mailed)

    def channels(self, kind: str) -> dict[str, bool]:
        """Return the fields of a notification that say where it appears."""
        is_to_mail = kind in self.mailed and self.mail != MailFrequency.OFF
        return {"is_listed": kind in self.listed, "is_to_mail": is_to_mail}


class TaskWatch(models.Model):
    """The times from which people are notified about the tasks of an index. What was so before is no news."""

    index = models.OneToOneField(WorkflowIndex, models.CASCADE, related_name="+")
    # Of tasks that came to need attention.
    since = models.DateTimeField(default=timezone.now)
    # People were notified of the stuck tasks that last moved before this time. It only goes forward.
    stuck_before = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.index} since {self.since}"

    def advance(self, stuck_before: datetime) -> bool:
        """Move `stuck_before` forward. Only the one caller that gets True notifies people."""
        unchanged = TaskWatch.objects.filter(pk=self.pk, stuck_before=self.stuck_before)
        return bool(unchanged.update(stuck_before=stuck_before))


class NotifiedTask(models.Model):
    """A task in a status about which its sender was notified."""

    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="+", db_index=False)
    task_id = models.PositiveBigIntegerField()
    status = models.CharField(max_length=30)
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["index", "task_id", "status", "person"], name="unique_notified_task")
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.status}"
