"""An upload is through: whoever sent it is told."""

from django.urls import reverse

from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.signals import BatchEnd, batch_ended
from pipelines_portal.uploads.models import Stage, ZipUpload


def tell_of_end(upload: ZipUpload) -> None:
    """What came of it, as the ledger has it now. Call in the transaction that ends it."""
    if upload.stage == Stage.CANCELLED:
        return
    submission = Submission.objects.select_related("owner").get(pk=upload.submission_id)
    words = f"{submission.success_count:,} created"
    words += f", {submission.error_count:,} rejected" if submission.error_count else ""
    is_good = submission.status == Submission.Status.CREATED
    end = BatchEnd(
        person=submission.owner,
        subject=f"upload:{upload.pk}:{submission.attempt}",
        title=f"{upload.file_name} is through: {words}" if submission.success_count else f"{upload.file_name} failed",
        sentence=f"ZIP upload to {submission.workflow_name}",
        address=reverse("submissions:detail", args=[submission.pk]),
        tone="finished" if is_good else "warning",
    )
    batch_ended.send(ZipUpload, end=end)
