"""Suggest the person's own earlier values while they type, in the form and in the grid."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.submissions.suggestions import suggested_values
from pipelines_portal.workflows.permissions import usable_workflow


@require_safe
@never_cache
@signed_in
@senders_only
def suggestion_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Return values of the field `field` that begin with `text`, each with how often it was sent."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    values = suggested_values(request.user, workflow, request.GET.get("field", ""), request.GET.get("text", ""))
    return JsonResponse({"values": values})
