"""Heartbeats of workers. A worker writes one each minute: more writes would wake everything that polls for work."""

from datetime import timedelta

from pipelines_portal.core.probes import OK
from pipelines_portal.system.models import WorkerHeartbeat

SILENT_AFTER = timedelta(minutes=4)
SILENT = (
    "No worker has sent a heartbeat for 4 minutes. Imports, uploads and counts wait. Start a worker "
    "(`manage.py run_worker`), or read its log."
)


def record_heartbeat() -> None:
    WorkerHeartbeat.record()


def worker() -> str:
    """Return OK or what is wrong. /ready names this check after the function."""
    return OK if WorkerHeartbeat.is_any_newer_than(SILENT_AFTER) else SILENT
