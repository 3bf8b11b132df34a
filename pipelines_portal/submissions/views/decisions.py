"""Actions on a submission: send it, decide an unconfirmed one, try the rejected rows again."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.keys.clients import KeyCannotBeOpened, client_for
from pipelines_portal.submissions import texts
from pipelines_portal.submissions.appeared import Appeared, tasks_since
from pipelines_portal.submissions.kept_rules import BreaksRules
from pipelines_portal.submissions.models import Submission, ValuesUsed
from pipelines_portal.submissions.permissions import own_submission, reachable_key, visible_submission
from pipelines_portal.submissions.sending import send_unless_sent, stop_waiting
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.web.number_ranges import LONGEST, ranges_of, read_ranges
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page

LONGEST_IN_URL = 2_000


@require_POST
@signed_in
@senders_only
def submission_send(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    submission = own_submission(request.user, submission_id)
    key, attempt = reachable_key(request.user, submission), submission.attempt
    if key is None and submission.key:
        owner = submission.key.owner.email
        messages.error(request, f"Not sent. The key is no longer shared with you. Ask its owner, {owner}.")
    elif key is None:
        removed = "Not sent. The key was removed from the portal. Add it again, then create these tasks again."
        messages.error(request, removed)
    elif submission.kind != Submission.Kind.ZIP and not submission.is_of_import:
        try:
            # If the same values were sent since, the page says so and offers to create them anyway.
            send_unless_sent(submission, client_for(key), request.POST.get("duplicate", ""))
        except PipelinesError as error:
            # The page shows the outcome of a try. Only an error before it needs a message.
            if submission.attempt == attempt:
                messages.error(request, f"Not sent. {explain(error).reason}")
        except KeyCannotBeOpened as error:
            messages.error(request, f"Not sent. {error}")
        except (ValuesUsed, BreaksRules) as error:
            messages.error(request, str(error))
    is_there = Submission.objects.filter(pk=submission.pk).exists()
    return redirect("submissions:detail", submission.pk) if is_there else redirect("submissions:list")


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
    elif not appeared.tasks:
        messages.error(request, "There are no new tasks to confirm.")
    elif not selected:
        messages.error(request, "Not confirmed. Select the tasks that are yours.")
    elif submission.row_count == 1 < len(selected):
        messages.error(request, "Not confirmed. You sent 1 row, so only 1 task can be yours.")
    elif 0 < submission.row_count < len(selected):
        sent = f"{submission.row_count:,}"
        messages.error(request, f"Not confirmed. You sent {sent} rows, so at most {sent} tasks can be yours.")
    else:
        return _mark_created(request, submission, appeared, selected)
    return redirect("submissions:detail", submission.pk)


def _appeared(request: SignedInRequest, submission: Submission) -> Appeared | None:
    """Return the tasks that appeared, or None after a message if they cannot be read."""
    key = reachable_key(request.user, submission)
    if key is None or submission.newest_task_id_before is None:
        cannot = "We can’t look for new tasks: the key is missing, or nothing is known from before sending."
        messages.error(request, cannot)
        return None
    try:
        return tasks_since(submission, client_for(key))
    except PipelinesError as error:
        messages.error(request, f"Not decided. {explain(error).reason}")
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


def _mark_created(
    request: SignedInRequest, submission: Submission, appeared: Appeared, selected: list[int]
) -> HttpResponse:
    """Record the tasks. If they are fewer than the rows, ask first which rows they are."""
    indexes = None
    if len(selected) < submission.row_count:
        typed = request.POST.get("rows", "")
        if not typed.strip():
            return _ask_which_rows(request, submission, appeared, selected)
        is_named, numbers = read_ranges(typed), submission.rows.values_list("number", "index")
        indexes = [index for number, index in numbers if is_named(number or index + 1)]
        if len(indexes) != len(selected):
            named = "no row" if not indexes else "1 row" if len(indexes) == 1 else f"{len(indexes):,} rows"
            wanted = f"Name {len(selected):,}, one for each task." if len(selected) > 1 else "Name 1."
            return _ask_which_rows(request, submission, appeared, selected, f"You named {named}. {wanted}")
    if not submission.decide_created(selected, request.user, indexes=indexes, created=appeared.created):
        is_open = submission.status == Submission.Status.UNCONFIRMED
        messages.info(request, texts.CLAIMED_BY_OTHERS if is_open else texts.DECIDED_BY_OTHERS)
    return redirect("submissions:detail", submission.pk)


def _ask_which_rows(
    request: SignedInRequest, submission: Submission, appeared: Appeared, selected: list[int], error: str = ""
) -> HttpResponse:
    """Ask which rows became the tasks, with the first rows as the proposal: Pipelines creates tasks in their order."""
    first = submission.rows.values_list("number", "index")[: len(selected)]
    ranges = ranges_of(selected)
    # What was selected is still selected there.
    query = urlencode({"look": 1, "selected": ranges if len(ranges) <= LONGEST_IN_URL else ""})
    context = {
        "submission": submission,
        "back": f"{reverse('submissions:detail', args=[submission.pk])}?{query}",
        "selected": ranges,
        "count": len(selected),
        "left": submission.row_count - len(selected),
        "newest": appeared.newest,
        "shown": len(appeared.tasks),
        "rows": request.POST.get("rows", "")[:LONGEST] or ranges_of([number or index + 1 for number, index in first]),
        "error": error,
    }
    return render_page(request, "submissions/which_rows.html", context, status=422 if error else 200)


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
def submission_stop_waiting(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """Do not repeat a request whose answer was lost: the person decides what became of it."""
    submission = visible_submission(request.user, submission_id)
    if not stop_waiting([submission], request.user):
        messages.info(request, "Pipelines has answered already, or someone else has stopped this.")
    return redirect("submissions:detail", submission.pk)


@require_POST
@signed_in
@senders_only
def submission_retry(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    submission = own_submission(request.user, submission_id)
    if not submission.error_count or submission.is_of_import:
        return redirect("submissions:detail", submission.pk)
    if submission.is_dropped:
        deleted = "These values were deleted to save space, so they can’t be resent. Counts and task IDs stay."
        messages.error(request, deleted)
        return redirect("submissions:detail", submission.pk)
    return redirect("submissions:detail", submission.draft_rejected_rows().pk)


@require_POST
@signed_in
def submission_discard(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """Discard one's own draft. People who may not send may do this too."""
    submission = own_submission(request.user, submission_id)
    if not submission.discard(request.user):
        messages.error(request, "Not discarded. It was sent, or tasks may exist.")
        return redirect("submissions:detail", submission.pk)
    messages.success(request, f"Discarded: {submission.label}")
    return redirect("submissions:list")
