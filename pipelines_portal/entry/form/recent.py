"""The tasks that a person created last, beside the form."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import read_last_sent
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.counts import statuses_of
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow

SHOWN_BESIDE_THE_FORM = 8
SHOWN_OF_A_TEXT = 120


@dataclass(frozen=True)
class RecentTask:
    """One sending by the form. `text` is its first recognizable value, `status` that of its task, if it is known."""

    submission: Submission
    text: str
    task_id: int | None
    status: str

    @property
    def number(self) -> str:
        return str(self.task_id or "")


@dataclass(frozen=True)
class RecentTasks:
    """The last ones, newest first, and the numbers created and rejected today."""

    shown: list[RecentTask]
    created: int = 0
    rejected: int = 0


def recent_tasks(owner: User, workflow: OpenedWorkflow, telling: list[str]) -> RecentTasks:
    """Return the person's tasks of the last day. `telling` are names of fields, the most recognizable first."""
    last = read_last_sent(owner, workflow, timezone.now() - timedelta(days=1), SHOWN_BESIDE_THE_FORM)
    if not last:
        return RecentTasks([])
    statuses = statuses_of(workflow, [each.task_id for each in last if each.task_id])
    shown = [
        RecentTask(
            each.submission, _text(each.fields or {}, telling), each.task_id, statuses.get(each.task_id or 0, "")
        )
        for each in last
    ]
    status, here = Submission.Status, {"owner": owner, "key": workflow.key_id, "workflow_id": workflow.workflow_id}
    today = Submission.objects.filter(**here, kind=Submission.Kind.FORM, created_at__gte=_midnight()).order_by()
    counts = dict(
        today.filter(status__in=[status.CREATED, status.REJECTED]).values_list("status").annotate(Count("pk"))
    )
    return RecentTasks(shown, counts.get(status.CREATED, 0), counts.get(status.REJECTED, 0))


def _midnight() -> datetime:
    """Return the start of today in the person's time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _text(fields: FieldValues, telling: list[str]) -> str:
    texts = (fields.get(name) for name in telling)
    return next((text.strip()[:SHOWN_OF_A_TEXT] for text in texts if isinstance(text, str) and text.strip()), "")
