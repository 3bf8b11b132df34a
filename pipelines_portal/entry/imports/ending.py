"""An import is through: its owner is notified."""

from django.db.models import Count, Sum
from django.urls import reverse

from pipelines_portal.entry.models import ImportJob
from pipelines_portal.submissions.signals import BatchEnd, batch_ended


def tell_of_end(import_job: ImportJob) -> None:
    """Call in the transaction that ends it."""
    sent = import_job.submissions.order_by()
    sums = sent.aggregate(created=Sum("success_count"), rejected=Sum("error_count"), count=Count("pk"))
    created, rejected = sums["created"] or 0, sums["rejected"] or 0
    end = BatchEnd(
        person=import_job.owner,
        # Sent again, with rows that were fixed, it ends again.
        subject=f"import:{import_job.pk}:{sums['count']}",
        title=f"{import_job.file_name} is through: {created:,} created"
        + (f", {rejected:,} rejected" if rejected else ""),
        sentence=f"Import into {import_job.workflow_name}",
        address=reverse("imports:detail", args=[import_job.key_id, import_job.workflow_id, import_job.pk]),
        tone="warning" if rejected else "finished",
    )
    batch_ended.send(ImportJob, end=end)
