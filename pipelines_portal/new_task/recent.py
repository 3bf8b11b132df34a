"""What a person tried here last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.submissions.models import Submission, SubmissionRow
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
    place = {"owner": owner, "key": workflow.key_id, "workflow_id": workflow.workflow_id}
    sent = Submission.objects.filter(**place, kind=Submission.Kind.FORM).sent()
    last = sent.filter(created_at__gt=timezone.now() - timedelta(days=1)).order_by("-created_at", "-id")
    shown = list(last.only("id", "state", "created_at")[:SHOWN_BESIDE_THE_FORM])
    if not shown:
        return Tries([])
    rows = {row.submission_id: row for row in SubmissionRow.objects.filter(submission__in=shown, index=0).order_by()}
    tries = [_try(each, rows.get(each.pk), telling) for each in shown]
    state = Submission.State
    today = (
        sent.filter(created_at__gte=_midnight())
        .order_by()
        .aggregate(
            created=Count("pk", filter=Q(state=state.DONE)), rejected=Count("pk", filter=Q(state=state.REJECTED))
        )
    )
    return Tries(tries, today["created"], today["rejected"])


def _try(submission: Submission, row: SubmissionRow | None, telling: list[str]) -> Try:
    return Try(submission, _text((row and row.fields) or {}, telling), row.task_id if row else None)


def _midnight() -> datetime:
    """On the clocks around the person."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _text(fields: FieldValues, telling: list[str]) -> str:
    texts = (fields.get(name) for name in telling)
    return next((text.strip()[:SHOWN_OF_A_TEXT] for text in texts if isinstance(text, str) and text.strip()), "")
