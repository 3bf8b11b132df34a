"""Permissions: who may see a submission, act on it, and with which key."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission

NAMED = ("key__owner", "owner", "zip_upload")


def visible_submission(user: User, submission_id: UUID) -> Submission:
    """Return a submission that the user may see and decide about, or raise Http404.

    If its process died while it sent it, it becomes unconfirmed first.
    """
    return _settled(_readable(Submission.objects.visible_to(user), user).filter(pk=submission_id))


def own_submission(user: User, submission_id: UUID) -> Submission:
    """Return a submission of the user's own, which only its owner may send, or raise Http404."""
    return _settled(_readable(Submission.objects.all(), user).filter(pk=submission_id, owner=user))


def _settled(found: QuerySet[Submission]) -> Submission:
    submission = get_object_or_404(found)
    if not submission.is_overdue:
        return submission
    Submission.objects.filter(pk=submission.pk).settle_overdue()
    return get_object_or_404(found)


def reachable_key(user: User, submission: Submission) -> SavedKey | None:
    """Return the key of a submission that was read by this module, or None if the user may no longer use it."""
    is_usable = getattr(submission, "is_key_usable", False)
    return submission.key.on_behalf_of(user) if is_usable and submission.key else None


def _readable(submissions: QuerySet[Submission], user: User) -> QuerySet[Submission]:
    usable = Exists(SavedKey.objects.usable_by(user).filter(pk=OuterRef("key")))
    return submissions.select_related(*NAMED).defer("zip_upload__entries").annotate(is_key_usable=usable)
