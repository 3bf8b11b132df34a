from django.http import HttpResponse
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.entry.drafts import list_drafts
from pipelines_portal.web.rendering import render_page


@require_safe
@signed_in
def draft_list(request: SignedInRequest) -> HttpResponse:
    """List what the person has typed or imported, and not sent."""
    return render_page(request, "entry/drafts.html", {"drafts": list_drafts(request.user)})
