"""Where an import stands while nobody has anything to do with it: it is read, is checked, or cannot be read."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.access import SignedInRequest, senders_only, signed_in
from pipelines_portal.web.rendering import htmx_of, render_page

from ..access import page_url, reachable_import
from ..beginning import remove_import
from ..columns import version_of
from ..forms import ReadingForm
from ..models import State

WAITS = (State.READING, State.CHECKING)
ON_THE_WAY = "It was not removed: rows of it are on their way, or nobody knows what came of them. Settle that first."


@require_safe
@never_cache
@signed_in
def import_detail(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    """Leads to the page of its state; waits where the portal is at work, and asks every second.

    What asks itself says `told` when it shows that a key is missing: the page is read anew when that comes or goes.
    """
    workflow, of = reachable_import(request.user, key_id, workflow_id, import_id)
    asks_itself = htmx_of(request) and htmx_of(request).target == "import-wait"
    if asks_itself:
        is_as_shown = of.state in WAITS and of.waits_for_key == ("told" in request.GET)
        return HttpResponse(status=204) if is_as_shown else HttpResponseClientRedirect(page_url(of))
    if of.state not in (*WAITS, State.UNREADABLE):
        return redirect(page_url(of))
    context = {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "import",
        "import": of,
        "reading": ReadingForm(initial=of.asked, label_suffix=""),
        "seen": version_of(of),
    }
    return render_page(request, "imports/detail.html", context)


@require_POST
@signed_in
@senders_only
def import_remove(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    _, of = reachable_import(request.user, key_id, workflow_id, import_id)
    if not remove_import(of, request.user):
        messages.error(request, ON_THE_WAY)
        return redirect("imports:detail", key_id, workflow_id, import_id)
    messages.success(request, f"The import of {of.file_name} is removed. What was sent stays under Submissions.")
    return redirect("imports:new", key_id, workflow_id)
