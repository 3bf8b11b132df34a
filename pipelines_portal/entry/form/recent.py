"""What a person tried here last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import read_last_sent
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.fields.base import FieldValues
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
    created: int = 0
    rejected: int = 0


def recent_tries(owner: User, workflow: OpenedWorkflow, telling: list[str]) -> Tries:
    """Of one person in the last day; `telling` are the names of the fields that tell tasks apart, the first first."""
    last = read_last_sent(owner, workflow, timezone.now() - timedelta(days=1), SHOWN_BESIDE_THE_FORM)
    if not last:
        return Tries([])
    tries = [Try(each.submission, _text(each.fields or {}, telling), each.task_id) for each in last]
    status, here = Submission.Status, {"owner": owner, "key": workflow.key_id, "workflow_id": workflow.workflow_id}
    today = Submission.objects.filter(**here, kind=Submission.Kind.FORM, created_at__gte=_midnight()).order_by()
    counts = dict(
        today.filter(status__in=[status.CREATED, status.REJECTED]).values_list("status").annotate(Count("pk"))
    )
    return Tries(tries, counts.get(status.CREATED, 0), counts.get(status.REJECTED, 0))


def _midnight() -> datetime:
    """On the clocks around the person."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _text(fields: FieldValues, telling: list[str]) -> str:
    texts = (fields.get(name) for name in telling)
    return next((text.strip()[:SHOWN_OF_A_TEXT] for text in texts if isinstance(text, str) and text.strip()), "")
