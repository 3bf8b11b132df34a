"""Values are stored for SUBMISSION_RETENTION_DAYS; that they were sent, and the outcome, are stored without limit."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.core.housekeeping import delete_each
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.statuses import FINAL, Status

UNSENT_STORED_FOR = timedelta(days=1)
# Drafts that were tried, and drafts of a form: see entry.form.drafts.
DRAFTS_STORED_FOR = timedelta(days=30)


def drop_old_values() -> int:
    """Remove the values of what was settled or called off long ago, and discard drafts tried that long ago.

    An unconfirmed submission keeps everything that helps a person to decide. Return how many were changed.
    """
    before = timezone.now() - timedelta(days=settings.SUBMISSION_RETENTION_DAYS)
    stored = Submission.objects.filter(is_dropped=False)
    settled = stored.filter(finished_at__lt=before, status__in=FINAL).order_by("finished_at", "pk")
    called_off = stored.filter(_old_drafts(before), is_called_off=True).order_by("created_at", "pk")
    dropped = sum(delete_each(old.only("pk"), lambda each: each.drop_values()) for old in (settled, called_off))
    # Rows that an import may still send have its own retention.
    tried = Submission.objects.filter(_old_drafts(before), is_earlier_try_uncertain=False, group=None)
    return dropped + delete_each(tried.as_listed().order_by("created_at", "pk"), lambda each: each.discard(None))


def delete_unsent_drafts() -> int:
    """Delete drafts that no list shows. Return how many.

    Those that were never tried go after a day: an abandoned step of a wizard, a "Try again" that was not sent.
    """
    now = timezone.now()
    drafts = Submission.objects.filter(status=Status.DRAFT, created_at__lt=now - UNSENT_STORED_FOR)
    tried = Q(sent_at__lt=now - DRAFTS_STORED_FOR) & ~Q(pk__in=drafts.sent().order_by().values("pk"))
    unsent = drafts.filter(Q(attempt=0) | tried)
    return delete_each(unsent.as_listed().order_by("created_at", "pk"), lambda each: each.discard(None))


def _old_drafts(before: datetime) -> Q:
    return Q(status=Status.DRAFT, created_at__lt=before) & (Q(sent_at=None) | Q(sent_at__lt=before))
