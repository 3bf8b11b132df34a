"""What was sent is kept for SUBMISSION_RETENTION_DAYS; that it was sent, and what came of it, for good."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.core.tidying import remove_each
from pipelines_portal.submissions.discarding import discard
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.rows import forget_values
from pipelines_portal.submissions.signals import payload_goes

SETTLED = (Submission.Status.CREATED, Submission.Status.PARTLY_CREATED, Submission.Status.REJECTED)
_never_leaves_again = Q(status__in=SETTLED) | Q(status=Submission.Status.DRAFT, is_called_off=True)


def drop_old_payloads() -> int:
    """Of what was settled or called off long ago: an unknown outcome waits for a person, with all that helps to decide.
    Drafts tried that long ago go as a whole. How many.
    """
    before = timezone.now() - timedelta(days=settings.SUBMISSION_RETENTION_DAYS)
    kept = Submission.objects.filter(is_dropped=False)
    settled = kept.filter(finished_at__lt=before, status__in=SETTLED).order_by("finished_at", "pk")
    called_off = kept.filter(_old_drafts(before), is_called_off=True).order_by("created_at", "pk")
    dropped = sum(remove_each(old.only("pk"), _drop) for old in (settled, called_off))
    return dropped + _discard_tried(before)


def _discard_tried(before: datetime) -> int:
    """Those whose rows an import may still send have its own retention."""
    tried = Submission.objects.filter(_old_drafts(before), is_earlier_try_uncertain=False, group=None)
    return remove_each(tried.as_listed().order_by("created_at", "pk"), lambda each: discard(each, None))


def _old_drafts(before: datetime) -> Q:
    return Q(status=Submission.Status.DRAFT, created_at__lt=before) & (Q(sent_at=None) | Q(sent_at__lt=before))


def _drop(submission: Submission) -> bool:
    """Remove its values, their digests, and what the API said of them, which may name them."""
    with transaction.atomic():
        held = Submission.objects.select_for_update().filter(_never_leaves_again, pk=submission.pk).first()
        if held is None or held.is_dropped:
            return False
        payload_goes.send(Submission, submission=held)
        forget_values(held)
        Submission.objects.filter(pk=held.pk).update(is_dropped=True, reason="")
    return True
