"""Deleting drafts: by the person who wrote them, or automatically when nothing of them was sent."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.tidying import remove_each
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.rows import delete_rows

UNSENT_KEPT_FOR = timedelta(days=1)
# As long as the values are kept as the draft of the form that they were typed into.
TRIED_KEPT_FOR = timedelta(days=30)


def discard(submission: Submission, by: User | None) -> bool:
    """For good. False when it is no draft any more, or something of it may have left. `by` None: by itself."""
    with transaction.atomic():
        held = Submission.objects.select_for_update().filter(pk=submission.pk, attempt=submission.attempt).first()
        if held is None or not held.may_be_discarded or held.unattributed_tasks.exists():
            return False
        if by is not None:
            record(Verb.SUBMISSION_DISCARDED, by=by, target=held, label=held.label)
        delete_rows(held)
        held.delete()
    return True


def forget_unsent() -> int:
    """Remove drafts that no list shows. Return how many.

    Those that nobody tried to send go after a day: a step of a wizard left, a "Try again" not followed.
    """
    now = timezone.now()
    drafts = Submission.objects.filter(status=Submission.Status.DRAFT, created_at__lt=now - UNSENT_KEPT_FOR)
    tried = Q(sent_at__lt=now - TRIED_KEPT_FOR) & ~Q(pk__in=drafts.sent().order_by().values("pk"))
    unsent = drafts.filter(Q(attempt=0) | tried)
    return remove_each(unsent.as_listed().order_by("created_at", "pk"), lambda each: discard(each, None))
