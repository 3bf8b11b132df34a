"""Submissions, newest first: one's own, or those of everyone whose one may see."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import settle_interrupted
from pipelines_portal.submissions.team import has_team, newest_of_team, older_than, people_of
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import render_page

PAGE = 50
TEAM = "team"


@require_safe
@signed_in
def submission_list(request: SignedInRequest) -> HttpResponse:
    """`?who=team` for everyone's, `?who=<person's id>` for one person's, else one's own."""
    settle_interrupted()
    people = list(people_of(request.user)) if has_team(request.user) else []
    who = request.GET.get("who", "") if people else ""
    person = next((each for each in people if str(each.pk) == who), None)
    who = who if person or who == TEAM else ""
    found = _newest(request, who, person)
    context: dict[str, Any] = {
        "submissions": found[:PAGE],
        "before": request.GET.get("before", ""),
        "next_before": found[PAGE - 1].pk if len(found) > PAGE else None,
        "people": [(str(each.pk), each) for each in people if each.pk != request.user.pk],
        "who": who,
        "whose": f"?who={who}&" if who else "",
    }
    return render_page(request, "submissions/list.html", context, partials=("submission-page",))


def _newest(request: SignedInRequest, who: str, person: User | None) -> list[Submission]:
    last = _last_before(request)
    if who:
        return newest_of_team(request.user, person, last, PAGE + 1)
    mine = older_than(Submission.objects.filter(owner=request.user), last)
    return list(mine.as_listed()[: PAGE + 1])


def _last_before(request: SignedInRequest) -> Submission | None:
    """The last one of the page before; None where it is none that they may see."""
    submission_id = uuid_in(request.GET.get("before", ""))
    return Submission.objects.visible_to(request.user).filter(pk=submission_id).first() if submission_id else None
