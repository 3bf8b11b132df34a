"""Who may see a submission, who may act on it, and with which key."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import settle_interrupted

NAMED = ("key__owner", "owner", "continued_by", "zip_upload")


def visible_submission(user: User, submission_id: UUID) -> Submission:
    """One that they may see and decide about; 404 for all others, as for none.

    A sending that died on the way is told as such.
    """
    return _settled(_readable(Submission.objects.visible_to(user), user).filter(pk=submission_id))


def own_submission(user: User, submission_id: UUID) -> Submission:
    """The user's own, to send it: nobody sends in another's name. 404 for everyone else's."""
    return _settled(_readable(Submission.objects.all(), user).filter(pk=submission_id, owner=user))


def _settled(found: QuerySet[Submission]) -> Submission:
    submission = get_object_or_404(found)
    if not submission.is_overdue:
        return submission
    settle_interrupted(pk=submission.pk)
    return get_object_or_404(found)


def reachable_key(user: User, submission: Submission) -> SavedKey | None:
    """The key it goes with, as long as they may use it: one taken back sends nothing more. Read it for them first."""
    is_usable = getattr(submission, "is_key_usable", False)
    return submission.key.on_behalf_of(user) if is_usable and submission.key else None


def _readable(submissions: QuerySet[Submission], user: User) -> QuerySet[Submission]:
    usable = Exists(SavedKey.objects.usable_by(user).filter(pk=OuterRef("key")))
    return submissions.select_related(*NAMED).defer("zip_upload__entries").annotate(is_key_usable=usable)
