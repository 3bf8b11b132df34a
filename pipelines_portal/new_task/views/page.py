"""The page around the form, as each of its views answers with it."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse

from pipelines_portal.accounts.access import SignedInRequest
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.fields.schema_form import SchemaForm
from pipelines_portal.fields.types import type_of
from pipelines_portal.web.api_errors import explain
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.models import OpenedWorkflow

from ..entries import entries
from ..recent import recent_submissions


def form_page(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    form: SchemaForm | None,
    *,
    status: int = 200,
    error: PipelinesError | None = None,
    token: UUID | None = None,
    **more: Any,
) -> HttpResponse:
    """`more` is for the notes above the form."""
    words = explain(error) if error else None
    context = {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "new",
        "form": form,
        "entries": entries(form, _kept(form)) if form else [],
        "token": token or form_token(request),
        "sent": recent_submissions(request.user, workflow.key, workflow.workflow_id),
        "error": words,
        "retry_after": str(words.retry_after) if words and words.retry_after else "",
    }
    return render_page(request, "new_task/new.html", context | more, status=status)


def form_token(request: SignedInRequest) -> UUID:
    """What makes this form one sending, however often it is posted."""
    return uuid_in(request.POST.get("token", "")) or uuid4()


def _kept(form: SchemaForm) -> set[str]:
    return {field.name for field in form.entered if type_of(field).is_kept}
