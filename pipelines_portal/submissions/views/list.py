"""One's submissions, newest first."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import settle_interrupted
from pipelines_portal.web.rendering import render_page

PAGE = 50


@require_safe
@signed_in
def submission_list(request: SignedInRequest) -> HttpResponse:
    settle_interrupted(owner=request.user)
    mine = Submission.objects.filter(owner=request.user)
    found = list(_older_than(mine, request.GET.get("before", ""))[: PAGE + 1])
    context: dict[str, Any] = {"submissions": found[:PAGE], "before": request.GET.get("before", "")}
    context["next_before"] = found[PAGE - 1].pk if len(found) > PAGE else None
    return render_page(request, "submissions/list.html", context, partials=("submission-page",))


def _older_than(mine: QuerySet[Submission], before: str) -> QuerySet[Submission]:
    """Those behind `before`, the last one of the page before; all when it is none of mine."""
    try:
        last = mine.filter(pk=UUID(before)).first()
    except ValueError:
        last = None
    if last is None:
        return mine
    return mine.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lt=last.pk))
