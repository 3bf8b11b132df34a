"""What a person tried here last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Count, DateTimeField, OuterRef, QuerySet, Subquery
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.submissions.models import RowBlock, Submission, SubmissionRow
from pipelines_portal.submissions.opening import Where, opened_at
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
    place = {"owner": owner.pk, "key": workflow.key_id, "workflow": workflow.workflow_id}
    last = _last.all(**place, since=timezone.now() - timedelta(days=1), midnight=_midnight())
    texts = opened_at([Where(each.block, each.pk, 0) for each in last if each.block])
    shown = [Try(each, _text(texts.get(Where(each.block, each.pk, 0), {}), telling), each.task_id) for each in last]
    return Tries(shown, last[0].created or 0, last[0].rejected or 0) if last else Tries([])


@prepared(
    owner=BigIntegerField(), key=BigIntegerField(), workflow=BigIntegerField(), since=DateTimeField(),
    midnight=DateTimeField(),
)  # fmt: skip
def _last(owner: Given, key: Given, workflow: Given, since: Given, midnight: Given) -> QuerySet[Any]:
    """Each with what became of all of today's: there is none of today where there is none of the last day."""
    there = {"owner": owner, "key": key, "workflow_id": workflow, "kind": Submission.Kind.FORM}
    sent = Submission.objects.filter(**there).sent()
    today, state = sent.filter(created_at__gte=midnight), Submission.State
    last = sent.filter(created_at__gt=since).order_by("-created_at", "-id").only("id", "state", "created_at")
    return last.annotate(
        task_id=Subquery(SubmissionRow.objects.filter(submission=OuterRef("pk")).order_by("index").values("task_id")[:1]),
        block=Subquery(RowBlock.objects.filter(submission=OuterRef("pk")).order_by("first").values("pk")[:1]),
        created=_count(today.filter(state=state.DONE)), rejected=_count(today.filter(state=state.REJECTED)),
    )[:SHOWN_BESIDE_THE_FORM]  # fmt: skip


def _count(submissions: QuerySet[Submission]) -> Subquery:
    return Subquery(submissions.order_by().values("owner").annotate(number=Count("pk")).values("number"))


def _midnight() -> datetime:
    """On the clocks around the person."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _text(fields: FieldValues, telling: list[str]) -> str:
    texts = (fields.get(name) for name in telling)
    return next((text.strip()[:SHOWN_OF_A_TEXT] for text in texts if isinstance(text, str) and text.strip()), "")
