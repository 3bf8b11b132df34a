"""The list of submissions, newest first and by day."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.submissions.attention import add_attention
from pipelines_portal.submissions.days import SentLine, batches_of_imports, fill, page_of
from pipelines_portal.submissions.filters import TEAM, SentFilterForm, all_of, count_by_everyone, newest
from pipelines_portal.submissions.import_states import states_of_imports
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.team import unknown_for
from pipelines_portal.submissions.typed_filters import SentBox, query_box, read_filters
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import content_digest, is_poll_of, render_page

LINES = 50
# Single tasks lie folded: a page may hold more of them than lines.
LOOKED_AT = 300
MOST_UNKNOWN = 5
PART = "submission-page"
EVERY_SECONDS = 15


@require_safe
@signed_in
def submission_list(request: SignedInRequest) -> HttpResponse:
    """List one's own; with `?who=team` everyone's, with `?who=<ID>` one person's. See SentFilterForm."""
    form, typed = read_filters(request.user, request.GET)
    is_valid = form.is_valid()
    box = query_box(form, typed)
    if not is_valid:
        return wrong_filters(request, form, box)
    if typed.values and not typed.errors:
        return redirect(reverse("submissions:list") + form.query())
    before_id = uuid_in(request.GET.get("before", ""))
    mine = Submission.objects.visible_to(request.user)
    before = mine.filter(pk=before_id).first() if before_id else None
    unknown = list(unknown_for(request.user).as_listed()[:MOST_UNKNOWN]) if before is None else []

    everything = all_of(form)
    found = newest(form, before, LOOKED_AT + 1, first_of_imports_in=everything)
    batches = batches_of_imports(found, everything)
    states = states_of_imports(request.user, list(batches))
    # Those above the first one of a page that is refreshed wait until the person asks for them.
    top = uuid_in(request.GET.get("top", "")) if is_poll_of(request, PART) else None
    new_count = next((place for place, one in enumerate(found) if one.pk == top), 0)
    shown = [(one.pk, one.status, one.success_count, one.error_count) for one in found]
    found = found[new_count:]
    page = page_of(found[:LOOKED_AT], LINES, is_folded=form.cleaned_data["fold"] != "off")
    lines = [line for day in page.days for line in day.lines]
    add_attention(lines)
    seen = content_digest(shown, batches, states, new_count, [line.attention for line in lines])
    if is_poll_of(request, PART) and request.GET.get("seen") == seen:
        return HttpResponse(status=204)

    last = page.last or (found[LOOKED_AT - 1] if len(found) > LOOKED_AT else None)
    page.begins_within, page.ends_within = bool(before or new_count), last is not None
    for day in page.days:
        for line in day.lines:
            line.query = _query_of(form, line, day.iso)
            if group := line.first.group:
                line.batches, line.state = batches.get(group), states.get(group)
    fill(page, everything)
    query = form.query()
    joint = "" if query == "?" else "&"
    context = {
        "form": form,
        "box": box,
        "mine": form.query(who=""),
        "everyone": form.query(who=TEAM),
        "who": form.cleaned_data["who"],
        "by_everyone": 0 if page.days or form.cleaned_data["who"] else count_by_everyone(form),
        "query": query,
        "days": page.days,
        "older": f"{query}{joint}before={last.pk}" if last else "",
        "new_count": new_count,
        "is_first": before is None,
    }
    if before is None:
        context |= {
            "unknown": unknown,
            "every": f"{EVERY_SECONDS}s" if request.user.reads_live else "",
            "poll": f"{query}{joint}seen={seen}&top={found[0].pk if found else ''}",
            "read_at": timezone.now(),
        }
    status = 422 if typed.errors and not is_poll_of(request, PART) else 200
    return render_page(request, "submissions/list.html", context, partials=(PART,), status=status)


def wrong_filters(request: SignedInRequest, form: SentFilterForm, box: SentBox) -> HttpResponse:
    """Say what is wrong with the filters of a URL. They were not typed into the box."""
    context: dict[str, Any] = {"form": form, "box": box, "who": "", "mine": "?", "everyone": f"?who={TEAM}"}
    return render_page(request, "submissions/list.html", context, status=422)


def _query_of(form: SentFilterForm, line: SentLine, day: str) -> str:
    """Return the query of the list that shows the submissions of a fold one by one."""
    if not line.is_fold:
        return ""
    who = str(line.first.owner_id) if form.cleaned_data["who"] else ""
    kind, workflow = Submission.Kind.FORM.value, line.first.workflow_id
    return form.query(who=who, kind=kind, workflow=workflow, status="", since=day, until=day, fold="off")
