"""What was sent is kept for SUBMISSION_RETENTION_DAYS; that it was sent, and what came of it, for good."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .models import Submission
from .signals import payload_goes, rows_go

MOST_AT_ONCE = 1_000
SETTLED = (Submission.State.DONE, Submission.State.PARTLY, Submission.State.REJECTED)


def drop_old_payloads() -> int:
    """Of what was settled long ago: an unknown outcome waits for a person, with all that helps to decide. How many."""
    before = timezone.now() - timedelta(days=settings.SUBMISSION_RETENTION_DAYS)
    old = Submission.objects.filter(is_dropped=False, finished_at__lt=before, state__in=SETTLED)
    return sum(_drop(each) for each in list(old.order_by("finished_at").only("pk")[:MOST_AT_ONCE]))


def _drop(submission: Submission) -> bool:
    """Values, their words and digests, and what the API said of them, which may name them."""
    with transaction.atomic():
        held = Submission.objects.select_for_update().filter(pk=submission.pk, state__in=SETTLED).first()
        if held is None or held.is_dropped:
            return False
        rows_go.send(Submission, submission=held)
        payload_goes.send(Submission, submission=held)
        held.blocks.all().delete()
        held.rows.update(digest="", error_message="")
        Submission.objects.filter(pk=held.pk).update(is_dropped=True, has_words=False, reason="")
    return True
