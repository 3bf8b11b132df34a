from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.submissions.filters import LONGEST_TEXT
from pipelines_portal.submissions.typed_filters import offers_for


@require_safe
@never_cache
@signed_in
def suggestion_list(request: SignedInRequest) -> HttpResponse:
    """Return what the condition `text`, which somebody types into the box of Sent, may become."""
    return JsonResponse({"values": offers_for(request.user, request.GET.get("text", "")[:LONGEST_TEXT])})
