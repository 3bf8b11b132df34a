"""An import is through: its owner is notified."""

from django.db.models import Count, Sum
from django.urls import reverse

from pipelines_portal.entry.models import Import
from pipelines_portal.submissions.signals import BatchEnd, batch_ended


def tell_of_end(of: Import) -> None:
    """Call in the transaction that ends it."""
    sent = of.submissions.order_by()
    sums = sent.aggregate(created=Sum("success_count"), rejected=Sum("error_count"), count=Count("pk"))
    created, rejected = sums["created"] or 0, sums["rejected"] or 0
    end = BatchEnd(
        person=of.owner,
        # Sent again, with rows that were fixed, it ends again.
        subject=f"import:{of.pk}:{sums['count']}",
        title=f"{of.file_name} is through: {created:,} created" + (f", {rejected:,} rejected" if rejected else ""),
        sentence=f"Import into {of.workflow_name}",
        address=reverse("imports:detail", args=[of.key_id, of.workflow_id, of.pk]),
        tone="warning" if rejected else "finished",
    )
    batch_ended.send(Import, end=end)
