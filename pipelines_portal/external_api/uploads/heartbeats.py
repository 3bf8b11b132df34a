"""Whether a background worker is running."""

from datetime import timedelta

from django.utils import timezone

from pipelines_portal.external_api.models import WorkerHeartbeat

BEAT_SECONDS = 5
MISSED_AFTER = timedelta(seconds=30)


def beat(worker_id: str) -> None:
    """Say that this worker lives; forget those that have not said so for a long time."""
    now = timezone.now()
    WorkerHeartbeat.objects.update_or_create(worker_id=worker_id, defaults={"seen_at": now})
    WorkerHeartbeat.objects.filter(seen_at__lt=now - MISSED_AFTER * 10).delete()


def stop_beating(worker_id: str) -> None:
    WorkerHeartbeat.objects.filter(worker_id=worker_id).delete()


def worker_is_live() -> bool:
    return WorkerHeartbeat.objects.filter(seen_at__gt=timezone.now() - MISSED_AFTER).exists()
