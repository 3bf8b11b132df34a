"""How long tasks took, of those seen finished lately: computed by the job, for pages to show."""

from datetime import timedelta

from django.utils import timezone

from pipelines_portal.task_index.models import WorkflowIndex

OVER_DAYS = 7
# They are not known while more than one in ten of the tasks that left the open lists is still to be read.
MOST_UNREAD = 0.1


def measure_durations(index: WorkflowIndex) -> None:
    """Half took less than the median, 9 of 10 less than the ninth. The database sorts: there may be millions."""
    now = timezone.now()
    finished = index.tasks.filter(finished_at__gte=now - timedelta(days=OVER_DAYS), seconds_to_finish__isnull=False)
    count, unread = finished.count(), index.tasks.filter(is_suspect=True).count()
    is_known = unread == 0 or unread < (count + unread) * MOST_UNREAD
    seconds = finished.order_by("seconds_to_finish").values_list("seconds_to_finish", flat=True)
    WorkflowIndex.objects.filter(pk=index.pk).update(
        durations_of=count, durations_as_of=now if is_known else None,
        median_seconds=seconds[count // 2] if is_known and count else None,
        ninth_seconds=seconds[count * 9 // 10] if is_known and count else None,
    )  # fmt: skip
