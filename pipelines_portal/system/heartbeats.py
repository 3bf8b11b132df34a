"""Heartbeats of workers. A worker writes one each minute: more writes would wake everything that polls for work."""

from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import get_random_string

from pipelines_portal.core.probes import OK
from pipelines_portal.system.models import WorkerHeartbeat

SILENT_AFTER = timedelta(minutes=4)
DELETED_AFTER = timedelta(days=7)
SILENT = (
    "No worker has sent a heartbeat for 4 minutes. Imports, uploads and counts wait. Start a worker "
    "(`manage.py run_worker`), or read its log."
)
# Identifies this process.
_worker_id = get_random_string(32)


def record_heartbeat() -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.update_or_create(worker_id=_worker_id, defaults={"seen_at": now})
    WorkerHeartbeat.objects.filter(seen_at__lt=now - DELETED_AFTER).delete()


def end_heartbeat() -> None:
    """Remove the heartbeat of this process, which ends properly."""
    WorkerHeartbeat.objects.filter(worker_id=_worker_id).delete()


def worker() -> str:
    """Return OK or what is wrong. /ready names this check after the function."""
    is_live = WorkerHeartbeat.objects.filter(seen_at__gt=timezone.now() - SILENT_AFTER).exists()
    return OK if is_live else SILENT
