"""The statuses of a submission's tasks, from the index of its workflow and not from the API."""

from typing import Any

from django.db.models import Count, QuerySet

from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.counts import progress_of_all
from pipelines_portal.web.bar_chart import StackedBar, build_bar, task_shares
from pipelines_portal.workflows.models import OpenedWorkflow


def is_counted(submission: Submission, workflow: OpenedWorkflow) -> bool:
    """Return True if it created tasks, and all tasks of the workflow were read."""
    index = getattr(workflow, "index", None)
    return bool(submission.success_count) and index is not None and index.open_as_of is not None


def task_bar(submission: Submission, workflow: OpenedWorkflow) -> StackedBar | None:
    """Return the bar of a submission that `is_counted`, or None if none of its tasks was read."""
    named, unattributed = (
        submission.rows.filter(task_id__isnull=False).order_by(),
        submission.unattributed_tasks.order_by(),
    )
    # Not read: the database finds them in the index.
    task_ids = named.values("task_id").union(unattributed.values("task_id"), all=True)
    counted_at = workflow.index.open_as_of
    progress = counted_at and progress_of_all(
        workflow.index, counted_at, task_ids, _number(named), _number(unattributed)
    )
    if not progress or not progress.by_status:
        return None
    shares = task_shares(progress.by_status)
    known = sum(count for _, _, count in shares)
    bar = build_bar([*shares, ("pending", "Being checked", progress.total - known)])
    return StackedBar(bar.parts, progress.total, progress.as_of, progress.mistakes)


def _number(found: QuerySet[Any]) -> QuerySet[Any, int]:
    return found.values("submission").annotate(number=Count("pk")).values_list("number", flat=True)  # type: ignore[no-any-return]
