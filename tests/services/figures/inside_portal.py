"""What tests of figures do inside a running portal."""

from uuid import uuid4

from django.utils import timezone

from pipelines_portal.system.models import BackupRun
from pipelines_portal.uploads.polling import poll_upload


def enqueue_jobs(count: int) -> None:
    """Each finds nothing to do, once a worker takes it."""
    for _ in range(count):
        poll_upload.enqueue(str(uuid4()), timezone.now().isoformat())


def record_backup() -> None:
    BackupRun.objects.create(started_at=timezone.now(), ok=True, file="portal.tar")
