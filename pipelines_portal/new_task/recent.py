"""What a person tried here last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.rows import only_fields
from pipelines_portal.web.encryption import Undecryptable
from pipelines_portal.workflows.models import OpenedWorkflow

SHOWN_BESIDE_THE_FORM = 8
SHOWN_OF_A_TEXT = 120


@dataclass(frozen=True)
class Try:
    """One sending by the form; `text` is its first telling value."""

    submission: Submission
    text: str
    task_id: int | None

    @property
    def number(self) -> str:
        return str(self.task_id or "")


@dataclass(frozen=True)
class Tries:
    """The last ones, newest first, and how many of today's were created and rejected."""

    shown: list[Try]
    created: int
    rejected: int


def recent_tries(owner: User, workflow: OpenedWorkflow, telling: list[str]) -> Tries:
    """Of one person in the last day; `telling` are the names of the fields that tell tasks apart, the first first."""
    sent = Submission.objects.filter(
        owner=owner, key=workflow.key_id, workflow_id=workflow.workflow_id, kind=Submission.Kind.FORM
    )
    newest = sent.filter(created_at__gt=timezone.now() - timedelta(days=1)).prefetch_related("blocks")
    # Said again: a grouped query forgets the model's order.
    last = newest.annotate(task_id=Min("rows__task_id")).order_by("-created_at", "-id")[:SHOWN_BESIDE_THE_FORM]
    state = Submission.State
    counts = sent.filter(created_at__gte=_midnight()).aggregate(
        created=Count("pk", filter=Q(state=state.DONE)), rejected=Count("pk", filter=Q(state=state.REJECTED))
    )
    return Tries([Try(each, _text(each, telling), getattr(each, "task_id", None)) for each in last], **counts)


def _midnight() -> datetime:
    """On the clocks around the person."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _text(submission: Submission, telling: list[str]) -> str:
    try:
        fields = only_fields(submission)
    except Undecryptable:
        return ""
    texts = (fields.get(name) for name in telling)
    return next((text.strip()[:SHOWN_OF_A_TEXT] for text in texts if isinstance(text, str) and text.strip()), "")
