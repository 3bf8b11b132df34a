"""Remember the key and the workflow that a person used last, for the sidebar."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from pipelines_portal.accounts.models import User
from pipelines_portal.web.rendering import htmx_of
from pipelines_portal.workflows.marks import visit


class LastVisitMiddleware:
    """Remembers the key and the workflow of each page that was shown. A 404 is not remembered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        kwargs = request.resolver_match.kwargs if request.resolver_match else {}
        is_page = response.status_code == 200 and not htmx_of(request)
        if "key_id" in kwargs and is_page and request.user.is_authenticated:
            _remember(request, request.user, kwargs["key_id"], kwargs.get("workflow_id"))
        return response


def _remember(request: HttpRequest, user: User, key_id: int, workflow_id: int | None) -> None:
    """Write only if it has changed."""
    if request.session.get("last_key") != key_id:
        request.session["last_key"] = key_id
    if workflow_id and request.session.get("last_workflow") != [key_id, workflow_id]:
        request.session["last_workflow"] = [key_id, workflow_id]
        visit(key_id, workflow_id, user)
