"""The tasks that a person created last, beside the form."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import SentLately, read_recent
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow

SHOWN_BESIDE_THE_FORM = 8
SHOWN_OF_A_TEXT = 120


@dataclass(frozen=True)
class RecentTask:
    """One sending by the form. `title` is its first recognizable value, `status` that of its task, if it is known."""

    submission: Submission
    title: str
    task_id: str
    status: str


def recent_tasks(owner: User, workflow: OpenedWorkflow, title_fields: list[str]) -> dict[str, object]:
    """Return the person's tasks of the last day, the newest first, and the numbers created and rejected today.

    `title_fields` are names of fields, the most recognizable first.
    """
    now, midnight = timezone.now(), timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    recent = read_recent(owner, workflow, now - timedelta(days=1), midnight, SHOWN_BESIDE_THE_FORM)
    shown = [
        RecentTask(each.submission, _title(each, title_fields), str(each.task_id or ""), each.task_status)
        for each in recent.newest
    ]
    return {"shown": shown, "created": recent.created, "rejected": recent.rejected}


def _title(sent: SentLately, title_fields: list[str]) -> str:
    texts = ((sent.fields or {}).get(name) for name in title_fields)
    return next((text.strip()[:SHOWN_OF_A_TEXT] for text in texts if isinstance(text, str) and text.strip()), "")
