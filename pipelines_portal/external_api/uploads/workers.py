"""Heartbeats of background workers, and leases of uploads.

A worker sends heartbeats regularly. It leases an upload for a while and renews the lease before it runs out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from pipelines_portal.core.metrics import UPLOADS_ENDED
from pipelines_portal.core.shutdown import is_stopping
from pipelines_portal.external_api.models import Upload, WorkerHeartbeat

HEARTBEAT_SECONDS = 5
MISSING_AFTER = timedelta(seconds=30)


def worker_is_live() -> bool:
    return WorkerHeartbeat.is_any_newer_than(MISSING_AFTER)


class LeaseLostError(Exception):
    """Another worker has the lease, or the upload has ended."""


class StoppingError(Exception):
    """This process is stopping: another worker should continue the upload."""


def lease_time() -> timedelta:
    return timedelta(seconds=settings.UPLOAD_LEASE_SECONDS)


@dataclass
class Lease:
    """The lease of an upload. Every change requires that the row still has the end of our lease."""

    upload_id: UUID
    until: datetime

    def renew(self, **changes: Any) -> None:
        """Renew the lease and save `changes`. Raise LeaseLostError if the lease is no longer ours."""
        until = timezone.now() + lease_time()
        self._update(leased_until=until, **changes)
        self.until = until

    def renew_if_due(self) -> None:
        """Renew the lease if a third of it has passed. Raise StoppingError if the process is stopping."""
        if is_stopping():
            raise StoppingError
        if self.until - timezone.now() < lease_time() * 2 / 3:
            self.renew()

    def finish(self, status: Upload.Status, error_message: str | None = None) -> None:
        """End the upload with its last status."""
        self._update(status=status, error_message=error_message, leased_until=None, finished_at=timezone.now())
        UPLOADS_ENDED.labels(status.value).inc()

    def release(self) -> None:
        """Release the upload for another worker, without counting this attempt."""
        attempts = Greatest(F("attempts") - 1, 0)
        self._update(leased_until=None, enqueued_at=timezone.now(), attempts=attempts)

    def _update(self, **changes: Any) -> None:
        if not Upload.objects.filter(pk=self.upload_id, leased_until=self.until).update(**changes):
            raise LeaseLostError


def take_lease(upload_id: UUID) -> Lease | None:
    """Return the lease, or None if there is nothing to do or another worker has it."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    lease = Lease(upload_id, now + lease_time())
    taken = Upload.objects.filter(free, pk=upload_id, status=Upload.Status.PROCESSING).update(
        leased_until=lease.until, attempts=F("attempts") + 1
    )
    return lease if taken else None
