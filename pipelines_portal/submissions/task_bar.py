"""How the tasks of a submission stand, from the index of its workflow: nothing is asked of the API for it."""

from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.task_index.tasks import progress_of
from pipelines_portal.web.bars import Bar, bar_of
from pipelines_portal.web.templatetags.portal import TASK_STATUS_WORDS
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Submission


def task_bar(submission: Submission, key: SavedKey | None) -> Bar | None:
    """None where it made no task, its key is out of reach, or nobody has the workflow's tasks read."""
    if key is None or not submission.success_count:
        return None
    workflow = OpenedWorkflow.objects.filter(key=key, workflow_id=submission.workflow_id).first()
    progress = progress_of(workflow, _task_ids(submission)) if workflow else None
    if progress is None or not progress.by_status:
        return None
    shares = [(status, word, progress.by_status.get(status, 0)) for status, word in TASK_STATUS_WORDS.items()]
    known = sum(count for _, _, count in shares)
    bar = bar_of([*shares, ("pending", "Not read yet, gone, or of another status", progress.of - known)])
    return Bar(bar.parts, progress.of, progress.as_of)


def _task_ids(submission: Submission) -> list[int]:
    """One sending makes a few thousand at most."""
    named = submission.rows.filter(task_id__isnull=False).order_by().values_list("task_id", flat=True)
    return [*[task_id for task_id in named if task_id is not None], *submission.loose_task_ids]
