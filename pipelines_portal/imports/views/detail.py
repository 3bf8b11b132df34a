"""An import's page is the page of its state."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in

from ..access import reachable_import


@require_safe
@signed_in
def import_detail(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    _, of = reachable_import(request.user, key_id, workflow_id, import_id)
    return redirect("imports:progress", key_id, workflow_id, of.pk)
