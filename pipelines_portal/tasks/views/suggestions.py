from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.tasks.conditions import LONGEST_TEXT
from pipelines_portal.tasks.suggestions import offers_for
from pipelines_portal.workflows.permissions import usable_workflow


@require_safe
@never_cache
@signed_in
def suggestion_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Return what the condition `text`, which somebody types, may become."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    return JsonResponse({"values": offers_for(request.user, workflow, request.GET.get("text", "")[:LONGEST_TEXT])})
