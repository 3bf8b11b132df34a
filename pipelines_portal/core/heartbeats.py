"""Heartbeats of workers: the table of a program has a row for each of its running workers."""

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.crypto import get_random_string

from pipelines_portal.core.shutdown import is_stopping

# Identifies this process.
WORKER_ID = get_random_string(32)
# Between the clocks of machines that share a database.
CLOCKS_DIFFER = timedelta(minutes=2)


class Heartbeat(models.Model):
    """When a worker was last live. A worker without a heartbeat for `DELETED_AFTER` is forgotten."""

    DELETED_AFTER: ClassVar[timedelta]

    worker_id = models.CharField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.worker_id}, {self.seen_at}"

    @classmethod
    def record(cls) -> None:
        """Record a heartbeat of this process. While it is stopping, a late heartbeat does not create its row again."""
        now = timezone.now()
        if not cls._default_manager.filter(worker_id=WORKER_ID).update(seen_at=now) and not is_stopping():
            cls._default_manager.get_or_create(worker_id=WORKER_ID, defaults={"seen_at": now})
        cls._default_manager.filter(seen_at__lt=now - cls.DELETED_AFTER).delete()

    @classmethod
    def remove(cls) -> None:
        """Remove the heartbeat of this process, which ends properly."""
        cls._default_manager.filter(worker_id=WORKER_ID).delete()

    @classmethod
    def credible(cls) -> models.QuerySet[Self]:
        """Return the rows without those in the future, which a wrong clock left."""
        return cls._default_manager.filter(seen_at__lte=timezone.now() + CLOCKS_DIFFER)

    @classmethod
    def is_any_newer_than(cls, age: timedelta) -> bool:
        return cls.credible().filter(seen_at__gt=timezone.now() - age).exists()
