"""Rows that have a value which a task has, and the corrected copies of these tasks that they become."""

from collections.abc import Iterable

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.rows.fixing import FixOutcome, change_rows, correct_task
from pipelines_portal.submissions.models import Submission, SubmissionRow


def create_corrected_copies(sheet: Sheet, by: User, numbers: Iterable[int]) -> FixOutcome:
    """Make rows corrected copies of the tasks that have their values, if the person may see these.

    Raise CannotChange.
    """
    tasks = sheet.rows.filter(status=Row.Status.TO_FIX).values("duplicate_of_task")
    sent = SubmissionRow.objects.filter(
        submission__in=Submission.objects.visible_to(by).order_by(),
        submission__key=sheet.key_id,
        submission__workflow_id=sheet.workflow_id,
        task_id__in=tasks,
    )
    visible = set(sent.values_list("task_id", flat=True))

    def correct(row: Row) -> bool:
        return row.duplicate_of_task in visible and correct_task(row)

    return change_rows(sheet, by, "Create corrected copies", numbers, correct)
