"""What all views of one import begin with: load it, and say why it cannot be changed."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.permissions import visible_import
from pipelines_portal.entry.rows.fixing import CannotChange
from pipelines_portal.web.rendering import htmx_of

View = Callable[..., HttpResponseBase]


def loads_import(view: View) -> Callable[..., Any]:
    """Decorate a view that takes the workflow and the import of its URL. Put it under `signed_in`.

    If the view raises CannotChange, its message is shown on the page of the import.
    """

    @wraps(view)
    def wrapped(request: SignedInRequest, import_id: UUID, **more: Any) -> HttpResponseBase:
        workflow, sheet = visible_import(request.user, import_id)
        try:
            return view(request, workflow, sheet, **more)
        except CannotChange as error:
            messages.error(request, str(error))
            sheet.refresh_from_db(fields=["status"])
            return go_to(request, sheet.get_absolute_url())

    return wrapped


def changes_import(view: View) -> Callable[..., Any]:
    """Decorate a view with which a person who may send changes an import, by POST. See `loads_import`."""
    return require_POST(signed_in(senders_only(loads_import(view))))


def go_to(request: SignedInRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if htmx_of(request) else redirect(url)


def redirect_to(sheet: Sheet, page: str = "detail") -> HttpResponse:
    """Redirect to a page of an import. "detail" redirects to that for its status."""
    return redirect(f"sheets:{page}", sheet.pk)
