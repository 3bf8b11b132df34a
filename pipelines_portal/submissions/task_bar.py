"""The statuses of tasks that were sent, from the index of their workflow and not from the API."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.task_index.counts import progress_of
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.web.bar_chart import StackedBar, build_bar, task_shares
from pipelines_portal.workflows.models import OpenedWorkflow


def is_counted(submission: Submission, workflow: OpenedWorkflow) -> bool:
    """Return True if it created tasks, and all tasks of the workflow were read."""
    index = getattr(workflow, "index", None)
    return bool(submission.success_count) and index is not None and index.open_as_of is not None


def task_bar(index: WorkflowIndex | None, sent: Q) -> StackedBar | None:
    """Return the bar of the tasks of submissions, or None if none of them was read. `sent` is of their rows."""
    if index is None or index.open_as_of is None:
        return None
    named = SubmissionRow.objects.filter(sent, task_id__isnull=False).order_by()
    unattributed = UnattributedTask.objects.filter(sent).order_by()
    # Not read: the database finds them in the index.
    task_ids = named.values("task_id").union(unattributed.values("task_id"), all=True)
    progress = progress_of(index, index.open_as_of, task_ids, _number(named), _number(unattributed))
    if not progress.by_status:
        return None
    shares = task_shares(progress.by_status)
    known = sum(count for _, _, count in shares)
    bar = build_bar([*shares, ("pending", "Being checked", max(progress.total - known, 0))])
    return StackedBar(bar.parts, progress.total, progress.as_of, progress.mistakes)


def _number(found: QuerySet[Any]) -> QuerySet[Any, int]:
    return found.values("submission").annotate(number=Count("pk")).values_list("number", flat=True)  # type: ignore[no-any-return]
