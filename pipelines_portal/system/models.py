from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.core.heartbeats import Heartbeat
from pipelines_portal.core.housekeeping import delete_in_batches

# For how long records of backups are stored. The last one and the last successful one stay.
STORED_FOR = timedelta(days=100)
# A nightly backup is overdue if the last successful one is older.
OVERDUE_AFTER = timedelta(hours=26)
LONGEST_PROBLEM = 1000


class WorkerHeartbeat(Heartbeat):
    """The last heartbeat of one worker process."""

    DELETED_AFTER = timedelta(days=7)


class BackupRun(models.Model):
    """A run of `manage.py backup`. `problem` is a text for people, and `file` a name without its folder.

    A run that is not `ok` and has `bytes` made a backup without some of the files.
    """

    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(default=timezone.now)
    ok = models.BooleanField()
    problem = models.CharField(max_length=LONGEST_PROBLEM, blank=True)
    file = models.CharField(max_length=255)
    bytes = models.BigIntegerField(default=0)
    # Names, separated by commas.
    databases = models.CharField(max_length=100, blank=True)
    files = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.file}, {'ok' if self.ok else self.problem}"


def last_runs() -> tuple[BackupRun | None, BackupRun | None]:
    """Return the last run, and the last successful one. A clock that was wrong once must not hide later runs."""
    runs = BackupRun.objects.order_by("-pk")
    last = runs.first()
    return last, last if last is None or last.ok else runs.filter(ok=True).first()


def last_made() -> BackupRun | None:
    """Return the last run that made a backup, also one that lacks files."""
    return BackupRun.objects.filter(Q(ok=True) | Q(bytes__gt=0)).order_by("-pk").first()


def delete_old_runs() -> int:
    """Delete old records of backups and return their number. For the worker."""
    kept = [run.pk for run in last_runs() if run]
    limit = timezone.now() - STORED_FOR
    return delete_in_batches(BackupRun.objects.filter(started_at__lt=limit).exclude(pk__in=kept))


class MailResult(models.Model):
    """What the mail server did with the last mail. `reason` says why it was not accepted."""

    at = models.DateTimeField()
    reason = models.CharField(max_length=LONGEST_PROBLEM, blank=True)

    def __str__(self) -> str:
        return self.reason or "accepted"


class RecoveryFile(models.Model):
    """The word of an administrator that the recovery file with these encryption keys is stored elsewhere."""

    # The SHA-256 of the setting ENCRYPTION_KEYS.
    fingerprint = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.fingerprint[:8]}, {self.at}"
