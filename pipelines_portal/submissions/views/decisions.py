"""Actions on a submission: send it, decide an unconfirmed one, try the rejected rows again."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.keys.clients import KeyCannotBeOpened, client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions import texts
from pipelines_portal.submissions.appeared import Appeared, tasks_since
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.permissions import own_submission, reachable_key, visible_submission
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.web.number_ranges import LONGEST, ranges_of, read_ranges
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page


@require_POST
@signed_in
@senders_only
def submission_send(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    submission = own_submission(request.user, submission_id)
    key = reachable_key(request.user, submission)
    if key is None:
        messages.error(request, _why_no_key(submission))
    elif submission.kind != Submission.Kind.ZIP and not submission.is_of_import:
        _send(request, submission, key)
    return redirect("submissions:detail", submission.pk)


def _why_no_key(submission: Submission) -> str:
    return texts.KEY_IS_TAKEN_BACK.format(owner=submission.key.owner.email) if submission.key else texts.KEY_IS_GONE


def _send(request: SignedInRequest, submission: Submission, key: SavedKey) -> None:
    """Send it. The page shows the outcome; only an error before the sending needs a message."""
    attempt = submission.attempt
    try:
        submission.send(client_for(key))
    except PipelinesError as error:
        if submission.attempt == attempt:
            messages.error(request, texts.not_sent(explain(error).reason))
    except KeyCannotBeOpened as error:
        messages.error(request, texts.not_sent(str(error)))


@require_POST
@signed_in
@senders_only
def submission_mark_created(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """Record the tasks that the person selected: those named by `task`, or the IDs and ranges in `ids`.

    If they are fewer than the rows, the person also names the rows that became tasks, in `rows`.
    """
    submission = visible_submission(request.user, submission_id)
    appeared = _appeared(request, submission)
    if appeared is None:
        return redirect("submissions:detail", submission.pk)
    selected, is_gone = _selected(request.POST, appeared)
    if submission.status != Submission.Status.UNCONFIRMED:
        messages.info(request, texts.DECIDED_BY_OTHERS)
    elif is_gone:
        messages.info(request, texts.CLAIMED_BY_OTHERS)
    elif not selected:
        messages.error(request, texts.SELECT_TASKS if appeared.tasks else texts.NO_TASKS_APPEARED)
    elif submission.has_fewer_rows_than(selected):
        messages.error(request, texts.too_many_selected(submission.row_count))
    else:
        return _mark_created(request, submission, appeared, selected)
    return redirect("submissions:detail", submission.pk)


def _mark_created(
    request: SignedInRequest, submission: Submission, appeared: Appeared, selected: list[int]
) -> HttpResponse:
    """Record the tasks. If they are fewer than the rows, ask first which rows they are."""
    indexes = None
    if len(selected) < submission.row_count:
        indexes = _rows_named(request.POST, submission)
        if indexes is None:
            return _ask_which_rows(request, submission, appeared, selected)
        if len(indexes) != len(selected):
            error = texts.as_many_rows(len(selected), len(indexes))
            return _ask_which_rows(request, submission, appeared, selected, error)
    if not submission.decide_created(selected, request.user, indexes=indexes, created=appeared.created):
        is_open = submission.status == Submission.Status.UNCONFIRMED
        messages.info(request, texts.CLAIMED_BY_OTHERS if is_open else texts.DECIDED_BY_OTHERS)
    return redirect("submissions:detail", submission.pk)


def _ask_which_rows(
    request: SignedInRequest, submission: Submission, appeared: Appeared, selected: list[int], error: str = ""
) -> HttpResponse:
    """Ask which rows became the tasks, with the first rows as the proposal: Pipelines creates tasks in their order."""
    first = submission.rows.values_list("number", "index")[: len(selected)]
    context = {
        "submission": submission,
        "selected": ranges_of(selected),
        "count": len(selected),
        "left": submission.row_count - len(selected),
        "newest": appeared.newest,
        "shown": len(appeared.tasks),
        "rows": request.POST.get("rows", "")[:LONGEST] or ranges_of([number or index + 1 for number, index in first]),
        "error": error,
    }
    return render_page(request, "submissions/which_rows.html", context, status=422 if error else 200)


def _rows_named(form: QueryDict, submission: Submission) -> list[int] | None:
    """Return the indexes of the rows whose numbers the form names, or None if it names none."""
    if not form.get("rows", "").strip():
        return None
    is_named = read_ranges(form.get("rows", ""))
    return [index for number, index in submission.rows.values_list("number", "index") if is_named(number or index + 1)]


def _appeared(request: SignedInRequest, submission: Submission) -> Appeared | None:
    """Return the tasks that appeared, or None after a message if they cannot be read."""
    key = reachable_key(request.user, submission)
    if key is None or submission.newest_task_id_before is None:
        messages.error(request, texts.CANNOT_LOOK)
        return None
    try:
        return tasks_since(submission, client_for(key))
    except PipelinesError as error:
        messages.error(request, texts.not_decided(explain(error).reason))
        return None


def _selected(form: QueryDict, appeared: Appeared) -> tuple[list[int], bool]:
    """Return those of the new tasks that the form names, and whether one that the page showed is no longer new."""
    if "ids" in form:
        is_named = read_ranges(form.get("ids", ""))
        newest, count = number_in(form.get("up_to", "")) or 0, number_in(form.get("count", ""))
        shown = [task_id for task_id in appeared.ids if task_id <= newest]
        return list(filter(is_named, shown)), len(shown) != count
    named = {task_id for text in form.getlist("task") if (task_id := number_in(text)) is not None}
    selected = [task_id for task_id in appeared.ids if task_id in named]
    return selected, len(selected) < len(named)


@require_POST
@signed_in
@senders_only
def submission_mark_not_created(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    submission = visible_submission(request.user, submission_id)
    if not submission.decide_not_created(request.user):
        messages.info(request, texts.DECIDED_BY_OTHERS)
    return redirect("submissions:detail", submission.pk)


@require_POST
@signed_in
@senders_only
def submission_retry(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    submission = own_submission(request.user, submission_id)
    if not submission.error_count or submission.is_of_import:
        return redirect("submissions:detail", submission.pk)
    if submission.is_dropped:
        messages.error(request, texts.VALUES_REMOVED)
        return redirect("submissions:detail", submission.pk)
    return redirect("submissions:detail", submission.draft_rejected_rows().pk)


@require_POST
@signed_in
def submission_discard(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """Discard one's own draft. People who may not send may do this too."""
    submission = own_submission(request.user, submission_id)
    if not submission.discard(request.user):
        messages.error(request, texts.NOT_DISCARDED)
        return redirect("submissions:detail", submission.pk)
    messages.success(request, texts.DISCARDED.format(label=submission.label))
    return redirect("submissions:list")
