"""How the tasks of a submission stand, from the index of its workflow: nothing is asked of the API for it."""

from typing import Any

from django.db.models import QuerySet

from pipelines_portal.task_index.tasks import progress_by
from pipelines_portal.web.bars import Bar, bar_of
from pipelines_portal.web.templatetags.portal import TASK_STATUS_WORDS
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Submission


def is_counted(submission: Submission, workflow: OpenedWorkflow) -> bool:
    """Whether it made tasks, and all of the workflow's were read."""
    index = getattr(workflow, "index", None)
    return bool(submission.success_count) and index is not None and index.counted_at is not None


def task_bar(submission: Submission, workflow: OpenedWorkflow) -> Bar | None:
    """Of one that `is_counted`, whose key is within reach. None where none of its tasks was met."""
    progress = progress_by(workflow.index, _task_ids(submission))
    if progress is None or not progress.by_status:
        return None
    shares = [(status, word, progress.by_status.get(status, 0)) for status, word in TASK_STATUS_WORDS.items()]
    known = sum(count for _, _, count in shares)
    bar = bar_of([*shares, ("pending", "Not read yet, gone, or of another status", progress.of - known)])
    return Bar(bar.parts, progress.of, progress.as_of)


def _task_ids(submission: Submission) -> QuerySet[Any, Any]:
    """Not read: the database finds them in the index."""
    named = submission.rows.filter(task_id__isnull=False).order_by().values("task_id")
    return named.union(submission.loose_tasks.order_by().values("task_id"), all=True)
