"""The page of one submission: what was sent, and the outcome of each row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.acceptances import acceptances_of
from pipelines_portal.submissions.appeared import Suggestion, tasks_since
from pipelines_portal.submissions.lost_tasks import lost_tasks
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.permissions import reachable_key, visible_submission
from pipelines_portal.submissions.sent_rows import find_duplicates
from pipelines_portal.submissions.shown_values import ShownValue, shown_values, with_accepted
from pipelines_portal.submissions.task_bar import is_counted, task_bar
from pipelines_portal.web.error_sentences import explain, row_message
from pipelines_portal.web.number_ranges import ranges_of, read_ranges
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.models import OpenedWorkflow

PAGE = 50
LINKED = 100
# Of so many tasks it takes no time to count how they stand.
COUNTED_AT_ONCE = 1_000
LARGEST_INDEX = 2**31 - 1


@dataclass(frozen=True)
class DetailRow:
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
        return next((value.brief for value in self.values or [] if value.brief), "No values")


@require_safe
@signed_in
def submission_detail(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """Show a submission. An upload has a page of its own once it is processed; with a query, its details are here."""
    submission = visible_submission(request.user, submission_id)
    key = reachable_key(request.user, submission)
    upload = getattr(submission, "zip_upload", None)
    if upload and key and upload.has_result and not request.GET:
        return HttpResponseClientRedirect(upload.get_absolute_url()) if request.htmx else redirect(upload)
    opened = OpenedWorkflow.objects.select_related("field_titles", "index")
    workflow = opened.filter(key=submission.key_id, workflow_id=submission.workflow_id).first()
    after = number_in(request.GET.get("after", ""), LARGEST_INDEX)
    only = "rejected" if request.GET.get("only") == "rejected" else ""
    following = submission.rows.filter(index__gt=-1 if after is None else after)
    rows = list((following.filter(status=only) if only else following)[: PAGE + 1])
    is_sender = submission.owner_id == request.user.pk
    context: dict[str, Any] = {
        "submission": submission,
        "key": key,
        "is_sender": is_sender,
        "may_send": is_sender and request.user.may_send,
        "value_days": str(settings.SUBMISSION_RETENTION_DAYS),
        "only": only,
        "is_first_page": after is None,
        "rows": _shown_rows(rows[:PAGE], submission, workflow),
        "next_after": str(rows[PAGE - 1].index) if len(rows) > PAGE else "",
    }
    if submission.status == Submission.Status.DRAFT and key and context["may_send"]:
        context["duplicates"] = find_duplicates(submission)
    if key and workflow and is_counted(submission, workflow):
        context["lost_tasks"] = lost_tasks(submission.rows.all(), workflow.index)
        # Very many are counted by a second request, so that the page does not wait.
        if submission.success_count > COUNTED_AT_ONCE and "tasks" not in request.GET:
            context["tasks_later"] = str(submission.success_count)
        else:
            context["tasks"] = task_bar(workflow.index, Q(submission=submission))
    if key and "look" in request.GET and submission.status == Submission.Status.UNCONFIRMED:
        context |= _appeared(submission, key, request.GET.get("selected", ""))
    partials = ("submission", "submission-rows", "submission-tasks", "appeared")
    return render_page(request, "submissions/detail.html", context, partials=partials)


def _shown_rows(rows: list[SubmissionRow], submission: Submission, workflow: OpenedWorkflow | None) -> list[DetailRow]:
    """Return the rows with the fields' titles, which come from the check of the archive or from the workflow."""
    upload = getattr(submission, "zip_upload", None)
    titles = getattr(workflow, "field_titles", None)
    labels = (upload.labels if upload else {}) or (titles.titles if titles else {})
    is_one = bool(upload and upload.has_one_file_field)
    accepted = acceptances_of(row.pk for row in rows) if submission.accepted_count else {}

    def values_of(row: SubmissionRow) -> list[ShownValue] | None:
        if row.fields is None:
            return None
        return with_accepted(shown_values(row.fields, labels), accepted.get(row.pk, ()), labels)

    return [DetailRow(row, values_of(row), labels, is_one) for row in rows]


def _appeared(submission: Submission, key: SavedKey, selected: str) -> dict[str, Any]:
    """Return the tasks that appeared since the sending. An error is shown in their place.

    Those that are `selected`, as ranges of IDs, are ticked; without any, all if they are likely the person's.
    """
    if submission.newest_task_id_before is None:
        return {}
    try:
        appeared = tasks_since(submission, client_for(key))
    except PipelinesError as error:
        return {"look_failed": explain(error)}
    way = ""  # in which a person names the tasks that are theirs, if it is known which there are
    if appeared.tasks and not appeared.more:
        count = len(appeared.tasks)
        way = "one" if count == 1 else "checkboxes" if count <= LINKED else "ids"
    unlinked = max(len(appeared.tasks) - LINKED, 0)
    linked = [] if appeared.more else appeared.tasks[:LINKED]
    is_named = read_ranges(selected) if selected else lambda task_id: appeared.verdict == Suggestion.LIKELY
    ticked = list(filter(is_named, appeared.ids))
    shown = {"appeared": appeared, "linked": linked, "unlinked": unlinked, "way": way}
    return shown | {"ticked": ticked, "ticked_ranges": ranges_of(ticked)}
