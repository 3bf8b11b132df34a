"""What people are told of, and how they want to be told."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.task_index.models import WorkflowIndex


class Kind(models.TextChoices):
    ATTENTION = "attention", "A task I created fails, is escalated or quarantined"
    BATCH = "batch", "My import or upload ends, or an import is handed over to me"
    UNKNOWN = "unknown", "An outcome of mine is unknown"
    KEY = "key", "A key of mine expires or is rejected, or a key becomes mine"
    TEAM = "team", "A team I lead: an outcome is unknown, or its key is rejected"


class Mail(models.TextChoices):
    GATHERED = "gathered", "At most once in 15 minutes, gathered"
    DAILY = "daily", "Once a day, at 7 in the morning"
    OFF = "off", "Never"


class Notification(models.Model):
    """One a person and subject. News of a subject that was read makes it unread again, with its count begun anew."""

    person = models.ForeignKey(User, models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    # What it is about, so that nobody is told twice: "key-rejected:3:2026-11-24T13:05:00Z".
    subject = models.CharField(max_length=120)
    # In words that hold nothing of what was sent.
    title = models.CharField(max_length=400)
    sentence = models.CharField(max_length=400, blank=True)
    address = models.CharField(max_length=300)
    tone = models.CharField(max_length=12, default="info")
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    # Whether it is listed in the portal, and still to be mailed.
    is_listed = models.BooleanField(default=True)
    is_to_mail = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "subject"], name="a_subject_is_told_once")]
        indexes: ClassVar = [
            models.Index(F("person"), F("at").desc(), name="notifications_newest"),
            models.Index(fields=["person"], condition=Q(read_at=None, is_listed=True), name="notifications_unread"),
            models.Index(fields=["person"], condition=Q(is_to_mail=True), name="notifications_to_mail"),
        ]

    def __str__(self) -> str:
        return self.title


class Choices(models.Model):
    """How a person wants to be told; who has none yet, as choices.DEFAULTS says."""

    person = models.OneToOneField(User, models.CASCADE, related_name="+")
    # Kinds, by their names.
    listed = models.JSONField(default=list)
    mailed = models.JSONField(default=list)
    mail = models.CharField(max_length=10, choices=Mail, default=Mail.GATHERED)
    # Whoever moves it forward sends the mail.
    last_mail_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person}: {self.mail}"


class Watched(models.Model):
    """From when on failures of an index's tasks are told: those before were there when somebody began to look."""

    index = models.OneToOneField(WorkflowIndex, models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.index} since {self.since}"


class ToldTask(models.Model):
    """A task whose trouble was counted once for its sender."""

    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="+", db_index=False)
    task_id = models.PositiveBigIntegerField()
    status = models.CharField(max_length=30)
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["index", "task_id", "status", "person"], name="a_trouble_is_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.status}"
