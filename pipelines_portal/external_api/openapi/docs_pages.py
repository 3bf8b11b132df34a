"""The interactive documentation: public, read-only, and independent of other servers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt  # for pages that answer GET only, see open_document
from django.views.decorators.http import require_GET
from ninja import NinjaAPI

View = Callable[..., HttpResponse]
# The hash of an empty text: ReDoc inserts empty style elements and fills them by script.
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
# The style of its scroll bars, which its script contains.
SCROLL_BAR_STYLE = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        f"style-src 'self' {EMPTY_STYLE} {SCROLL_BAR_STYLE}",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def open_document(view: View) -> View:
    """Make a view of the documentation public, for GET only."""

    @wraps(view, assigned=())
    def document(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        response = view(request, *args, **options)
        response["Content-Security-Policy"] = POLICY
        return response

    return csrf_exempt(require_GET(document))  # only GET passes, which changes nothing; others get 405, not 403


def redoc(api: NinjaAPI) -> View:
    """Return the view that shows the document of `api` with ReDoc."""

    @open_document
    def page(request: HttpRequest) -> HttpResponse:
        context = {"title": api.title, "document": reverse(f"{api.urls_namespace}:openapi-json")}
        return render(request, "external_api/redoc.html", context)

    return page
