"""Submissions, newest first and by day: one's own, or those of everyone whose one may see."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.submissions.days import Line, count_days, page_of, tell_values
from pipelines_portal.submissions.filters import LedgerForm, all_of, newest
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import settle_interrupted
from pipelines_portal.submissions.team import unknown_seen_by
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.access import workflow_choices

LINES = 50
# Single tasks lie folded: a page may hold more of them than lines.
LOOKED_AT = 300
MOST_UNKNOWN = 5


@require_safe
@signed_in
def submission_list(request: SignedInRequest) -> HttpResponse:
    """`?who=team` for everyone's, `?who=<person's id>` for one person's, else one's own; see LedgerForm."""
    settle_interrupted()
    form = LedgerForm(request.user, request.GET, workflow_choices(request.user))
    if not form.is_valid():
        return render_page(request, "submissions/list.html", {"form": form}, status=422)
    before = _last_before(request)
    context = _page(form, before) | {"form": form, "is_first": before is None}
    if before is None:
        context["unknown"] = unknown_seen_by(request.user, MOST_UNKNOWN)
    return render_page(request, "submissions/list.html", context, partials=("submission-page",))


def _page(form: LedgerForm, before: Submission | None) -> dict[str, Any]:
    found = newest(form, before, LOOKED_AT + 1)
    page = page_of(found[:LOOKED_AT], LINES, is_folded=form.cleaned_data["fold"] != "off")
    last = page.last or (found[LOOKED_AT - 1] if len(found) > LOOKED_AT else None)
    for day in page.days:
        for line in day.lines:
            line.query = _query_of(form, line, day.iso)
    tell_values(page)
    count_days(page, all_of(form))
    query = form.query()
    return {
        "days": page.days,
        "who": form.cleaned_data["who"],
        "query": query,
        "older": f"{query}{'' if query == '?' else '&'}before={last.pk}" if last else "",
    }


def _query_of(form: LedgerForm, line: Line, day: str) -> str:
    """Of the list that shows what lies in a fold one by one."""
    if not line.is_fold:
        return ""
    who = str(line.first.owner_id) if form.cleaned_data["who"] else ""
    kind, workflow = Submission.Kind.FORM.value, line.first.workflow_id
    return form.query(who=who, kind=kind, workflow=workflow, state="", since=day, until=day, fold="off")


def _last_before(request: SignedInRequest) -> Submission | None:
    """The last one of the page before; None where it is none that they may see."""
    submission_id = uuid_in(request.GET.get("before", ""))
    return Submission.objects.visible_to(request.user).filter(pk=submission_id).first() if submission_id else None
