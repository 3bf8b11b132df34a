"""Drafts that go: thrown away by whoever made them, or by themselves when nobody ever tried to send them."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.shared.tidying import remove_each

from .models import Submission
from .signals import rows_go

UNSENT_KEPT_FOR = timedelta(days=1)


def discard(submission: Submission, by: User | None) -> bool:
    """For good. False when it is no draft any more, or something of it may have left. `by` None: by itself."""
    with transaction.atomic():
        held = Submission.objects.select_for_update().filter(pk=submission.pk, attempt=submission.attempt).first()
        if held is None or not held.may_be_discarded or held.loose_tasks.exists():
            return False
        rows_go.send(Submission, submission=held)
        if by is not None:
            record(Verb.SUBMISSION_DISCARDED, by=by, target=held, label=held.label)
        held.delete()
    return True


def forget_unsent() -> int:
    """Drafts that nobody tried to send within a day: a step of a wizard left, a "Try again" not followed. How many."""
    before = timezone.now() - UNSENT_KEPT_FOR
    unsent = Submission.objects.filter(state=Submission.State.DRAFT, attempt=0, created_at__lt=before)
    return remove_each(unsent.as_listed().order_by("created_at", "pk"), lambda each: discard(each, None))
