"""Whose submission it is."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import User

from .models import Submission
from .outcomes import settle_interrupted


def own_submission(user: User, submission_id: UUID) -> Submission:
    """The user's own; 404 for everyone else's, as for none. A sending that died on the way is told as such."""
    settle_interrupted(pk=submission_id, owner=user)
    return get_object_or_404(Submission.objects.select_related("key"), pk=submission_id, owner=user)
