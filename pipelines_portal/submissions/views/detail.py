"""The page of one submission: what was sent, and the outcome of each row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions import texts
from pipelines_portal.submissions.appeared import Appeared, tasks_since
from pipelines_portal.submissions.lost_tasks import lost_tasks
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.permissions import reachable_key, visible_submission
from pipelines_portal.submissions.shown_values import ShownValue, shown_values
from pipelines_portal.submissions.task_bar import is_counted, task_bar
from pipelines_portal.web.error_sentences import explain, row_message
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.models import OpenedWorkflow

PAGE = 50
LINKED = 100
# Of so many tasks it takes no time to count how they stand.
COUNTED_AT_ONCE = 1_000
LARGEST_INDEX = 2**31 - 1


@dataclass(frozen=True)
class ShownRow:
    """A row with its values as text; `values` is None once they were removed."""

    row: SubmissionRow
    values: list[ShownValue] | None
    labels: Mapping[str, str]
    has_one_file_field: bool = False

    @property
    def number(self) -> int:
        return self.row.shown_number

    @property
    def message(self) -> str:
        return row_message(self.row.error_message, self.labels, has_one_file_field=self.has_one_file_field)

    @property
    def glance(self) -> str:
        return next((value.brief for value in self.values or [] if value.brief), texts.NO_VALUES)


@require_safe
@signed_in
def submission_detail(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    submission = visible_submission(request.user, submission_id)
    key = reachable_key(request.user, submission)
    is_sender = submission.owner_id == request.user.pk
    only, after = _page_asked(request)
    workflow = _workflow(submission)
    context: dict[str, Any] = {"submission": submission, "key": key, "is_sender": is_sender}
    rows = _rows_after(submission, after, only)
    context |= _rows(rows, submission, _labels(submission, workflow)) | {"only": only, "is_first_page": after < 0}
    context |= _tasks(request, submission, key, workflow)
    context["value_days"] = str(settings.SUBMISSION_RETENTION_DAYS)
    context["may_send"] = is_sender and request.user.may_send
    if "look" in request.GET and submission.status == Submission.Status.UNCONFIRMED:
        context |= _appeared(submission, key)
    partials = ("submission", "submission-rows", "submission-tasks", "appeared")
    return render_page(request, "submissions/detail.html", context, partials=partials)


def _workflow(submission: Submission) -> OpenedWorkflow | None:
    """Return its workflow with what is known of its fields and tasks."""
    opened = OpenedWorkflow.objects.select_related("field_titles", "index")
    return opened.filter(key=submission.key_id, workflow_id=submission.workflow_id).first()


def _tasks(
    request: SignedInRequest, submission: Submission, key: SavedKey | None, workflow: OpenedWorkflow | None
) -> dict[str, Any]:
    """Count its tasks by status. Very many are counted by a second request, so that the page does not wait."""
    if key is None or workflow is None or not is_counted(submission, workflow):
        return {}
    lost = {"lost_tasks": lost_tasks(submission.rows.all(), workflow.index)}
    if submission.success_count > COUNTED_AT_ONCE and "tasks" not in request.GET:
        return {"tasks_later": str(submission.success_count)} | lost
    return {"tasks": task_bar(submission, workflow)} | lost


def _rows_after(submission: Submission, after: int, status: str) -> list[SubmissionRow]:
    """Return a page of rows behind index `after`, and one more if more follow."""
    rows = submission.rows.filter(index__gt=after)
    return list((rows.filter(status=status) if status else rows)[: PAGE + 1])


def _page_asked(request: SignedInRequest) -> tuple[str, int]:
    """Return the status to filter by, or "", and the index of the row before the page, or -1."""
    after = number_in(request.GET.get("after", ""), LARGEST_INDEX)
    return "rejected" if request.GET.get("only") == "rejected" else "", -1 if after is None else after


def _rows(found: list[SubmissionRow], submission: Submission, labels: Mapping[str, str]) -> dict[str, Any]:
    upload = getattr(submission, "zip_upload", None)
    is_one = bool(upload and upload.has_one_file_field)
    rows = found[:PAGE]
    next_after = str(rows[-1].index) if len(found) > PAGE else ""
    shown = [
        ShownRow(row, None if row.fields is None else shown_values(row.fields, labels), labels, is_one) for row in rows
    ]
    return {"rows": shown, "next_after": next_after}


def _labels(submission: Submission, workflow: OpenedWorkflow | None) -> Mapping[str, str]:
    """Return the fields' titles, from the check of the archive or from the workflow."""
    upload = getattr(submission, "zip_upload", None)
    titles = getattr(workflow, "field_titles", None)
    return (upload.labels if upload else {}) or (titles.titles if titles else {})


def _appeared(submission: Submission, key: SavedKey | None) -> dict[str, Any]:
    """Return the tasks that appeared since the sending. An error is shown in their place."""
    if key is None or submission.newest_task_id_before is None:
        return {}
    try:
        appeared = tasks_since(submission, client_for(key))
    except PipelinesError as error:
        return {"look_failed": explain(error)}
    unlinked = max(len(appeared.tasks) - LINKED, 0)
    linked = [] if appeared.more else appeared.tasks[:LINKED]
    return {"appeared": appeared, "linked": linked, "unlinked": unlinked, "way": _way_to_confirm(appeared)}


def _way_to_confirm(appeared: Appeared) -> str:
    """Return how a person names the tasks that are theirs, or "" if it is not known which there are."""
    if appeared.more or not appeared.tasks:
        return ""
    if len(appeared.tasks) == 1:
        return "one"
    return "checkboxes" if len(appeared.tasks) <= LINKED else "ids"
