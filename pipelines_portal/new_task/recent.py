"""What a person tried here last."""

from datetime import timedelta

from django.db.models import Min
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.submissions.models import Submission

SHOWN_BESIDE_THE_FORM = 8


def recent_submissions(owner: User, key: SavedKey, workflow_id: int) -> list[Submission]:
    """What this person sent by the form in the last day, newest first, each with its `task_id`."""
    since = timezone.now() - timedelta(days=1)
    sent = Submission.objects.filter(
        owner=owner, key=key, workflow_id=workflow_id, kind=Submission.Kind.FORM, created_at__gt=since
    )
    return list(sent.annotate(task_id=Min("rows__task_id"))[:SHOWN_BESIDE_THE_FORM])
