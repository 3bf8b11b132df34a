"""How long tasks took, of those seen finished lately: computed by the job, for pages to show."""

from datetime import timedelta

from django.utils import timezone

from .models import WorkflowIndex

OVER_DAYS = 7


def measure_durations(index: WorkflowIndex) -> None:
    """Half took less than the median, 9 of 10 less than the ninth."""
    now = timezone.now()
    finished = index.tasks.filter(finished_at__gte=now - timedelta(days=OVER_DAYS), seconds_to_finish__isnull=False)
    seconds = list(finished.order_by().values_list("seconds_to_finish", flat=True))
    seconds.sort()
    WorkflowIndex.objects.filter(pk=index.pk).update(
        durations_of=len(seconds), durations_as_of=now,
        median_seconds=seconds[len(seconds) // 2] if seconds else None,
        ninth_seconds=seconds[len(seconds) * 9 // 10] if seconds else None,
    )  # fmt: skip
