"""Background workers: whether one is running, and which of them works on an upload.

A worker says now and then that it lives. An upload it holds for a while, and has to say so again before that runs out.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from pipelines_portal.core.metrics.counted import UPLOADS_ENDED
from pipelines_portal.core.stopping import is_stopping
from pipelines_portal.external_api.models import Upload, WorkerHeartbeat

BEAT_SECONDS = 5
MISSED_AFTER = timedelta(seconds=30)


def beat(worker_id: str, stopping: threading.Event) -> None:
    """Say that this worker lives; forget those that have not said so for a long time.

    One that waited for the database while the worker said goodbye finds its row gone, and writes none anew.
    """
    now = timezone.now()
    if not WorkerHeartbeat.objects.filter(worker_id=worker_id).update(seen_at=now) and not stopping.is_set():
        WorkerHeartbeat.objects.get_or_create(worker_id=worker_id, defaults={"seen_at": now})
    WorkerHeartbeat.objects.filter(seen_at__lt=now - MISSED_AFTER * 10).delete()


def stop_beating(worker_id: str) -> None:
    WorkerHeartbeat.objects.filter(worker_id=worker_id).delete()


def worker_is_live() -> bool:
    return WorkerHeartbeat.objects.filter(seen_at__gt=timezone.now() - MISSED_AFTER).exists()


class LeaseLostError(Exception):
    """Another worker took the upload over, or it is finished."""


class ToldToEndError(Exception):
    """This program is told to end: the upload is to be left to another."""


def lease_time() -> timedelta:
    return timedelta(seconds=settings.UPLOAD_LEASE_SECONDS)


@dataclass
class Lease:
    """The hold on one upload. The time it runs out is also the proof that it is ours: every change asks for it."""

    upload_id: UUID
    until: datetime

    def keep(self, **changes: Any) -> None:
        """Hold on, and save `changes` with it; raises LeaseLostError when the upload is no longer ours."""
        until = timezone.now() + lease_time()
        self._update(leased_until=until, **changes)
        self.until = until

    def keep_if_due(self) -> None:
        """For loops that turn faster than there is need to write. Raises ToldToEndError, too."""
        if is_stopping():
            raise ToldToEndError
        if self.until - timezone.now() < lease_time() * 2 / 3:
            self.keep()

    def finish(self, status: Upload.Status, error_message: str | None = None) -> None:
        """Let go of the upload in its last state."""
        self._update(status=status, error_message=error_message, leased_until=None, finished_at=timezone.now())
        UPLOADS_ENDED.labels(status.value).inc()

    def give_back(self) -> None:
        """To whoever is next, as if it had not been taken but for the rows that are done."""
        attempts = Greatest(F("attempts") - 1, 0)
        self._update(leased_until=None, enqueued_at=timezone.now(), attempts=attempts)

    def _update(self, **changes: Any) -> None:
        if not Upload.objects.filter(pk=self.upload_id, leased_until=self.until).update(**changes):
            raise LeaseLostError


def take_lease(upload_id: UUID) -> Lease | None:
    """The lease, or None when there is nothing to do or another worker is at it."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    lease = Lease(upload_id, now + lease_time())
    taken = Upload.objects.filter(free, pk=upload_id, status=Upload.Status.PROCESSING).update(
        leased_until=lease.until, attempts=F("attempts") + 1
    )
    return lease if taken else None
