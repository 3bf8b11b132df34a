"""The list of submissions, newest first and by day."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.submissions.days import Batches, Line, batches_of_imports, fill, page_of
from pipelines_portal.submissions.filters import LedgerForm, all_of, first_of_imports, newest
from pipelines_portal.submissions.import_states import ImportState, states_of_imports
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.team import unknown_for
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import content_digest, is_poll_of, render_page

LINES = 50
# Single tasks lie folded: a page may hold more of them than lines.
LOOKED_AT = 300
MOST_UNKNOWN = 5
PART = "submission-page"
EVERY_SECONDS = 15


@dataclass(frozen=True)
class Imports:
    """What the lines of imports show, by the ID of the import."""

    batches: dict[UUID, Batches]
    states: dict[UUID, ImportState]


@require_safe
@signed_in
def submission_list(request: SignedInRequest) -> HttpResponse:
    """List one's own; with `?who=team` everyone's, with `?who=<ID>` one person's. See LedgerForm."""
    form, before = LedgerForm(request.user, request.GET), _before(request)
    if not form.is_valid():
        return render_page(request, "submissions/list.html", {"form": form}, status=422)
    unknown = unknown_for(request.user)[:MOST_UNKNOWN] if before is None else []
    found = newest(form, before, LOOKED_AT + 1, one_of_import=True)
    batches = batches_of_imports(found, all_of(form))
    imports = Imports(batches, states_of_imports(request.user, list(batches)))
    new_count = _new_count(request, found)
    shown = [(one.pk, one.status, one.success_count, one.error_count) for one in found]
    seen = content_digest(shown, imports, new_count)
    if is_poll_of(request, PART) and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    context = _page(form, found[new_count:], imports, begins_within=bool(before or new_count))
    context |= {"form": form, "is_first": before is None, "new_count": new_count}
    if before is None:
        context["unknown"] = unknown
        context |= _looking_again(request, context["query"], found[new_count:], seen)
    return render_page(request, "submissions/list.html", context, partials=(PART,))


def _before(request: SignedInRequest) -> Submission | None:
    """Return the last one of the page before, or None."""
    submission_id = uuid_in(request.GET.get("before", ""))
    return Submission.objects.visible_to(request.user).filter(pk=submission_id).first() if submission_id else None


def _new_count(request: SignedInRequest, found: list[Submission]) -> int:
    """Count those above the first one of a page that is refreshed: they wait until the person asks for them."""
    top = uuid_in(request.GET.get("top", "")) if is_poll_of(request, PART) else None
    return next((place for place, one in enumerate(found) if one.pk == top), 0)


def _looking_again(request: SignedInRequest, query: str, shown: list[Submission], seen: str) -> dict[str, Any]:
    top = shown[0].pk if shown else ""
    joint = "" if query == "?" else "&"
    return {
        "every": f"{EVERY_SECONDS}s" if request.user.reads_live else "",
        "poll": f"{query}{joint}seen={seen}&top={top}",
        "read_at": timezone.now(),
    }


def _page(form: LedgerForm, found: list[Submission], imports: Imports, *, begins_within: bool) -> dict[str, Any]:
    """Build the page. `begins_within` if newer submissions are on another page."""
    page = page_of(found[:LOOKED_AT], LINES, is_folded=form.cleaned_data["fold"] != "off")
    last = page.last or (found[LOOKED_AT - 1] if len(found) > LOOKED_AT else None)
    page.begins_within, page.ends_within = begins_within, last is not None
    for day in page.days:
        for line in day.lines:
            line.query = _query_of(form, line, day.iso)
            if group := line.first.group:
                line.batches, line.state = imports.batches.get(group), imports.states.get(group)
    fill(page, all_of(form), first_of_imports(all_of(form), form))
    query = form.query()
    return {
        "days": page.days,
        "who": form.cleaned_data["who"],
        "query": query,
        "older": f"{query}{'' if query == '?' else '&'}before={last.pk}" if last else "",
    }


def _query_of(form: LedgerForm, line: Line, day: str) -> str:
    """Return the query of the list that shows the submissions of a fold one by one."""
    if not line.is_fold:
        return ""
    who = str(line.first.owner_id) if form.cleaned_data["who"] else ""
    kind, workflow = Submission.Kind.FORM.value, line.first.workflow_id
    return form.query(who=who, kind=kind, workflow=workflow, status="", since=day, until=day, fold="off")
