"""The interactive documents: open to all, read only, and complete without any other server."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from ninja import Redoc

View = Callable[..., HttpResponse]
# Both pages bring scripts and styles of their own, inline; neither may load anything from elsewhere.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def open_document(view: View) -> View:
    """For GET alone. Exempt from CSRF so that another method is told 405, not 403."""

    @wraps(view, assigned=())
    def document(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        response = view(request, *args, **options)
        response["Content-Security-Policy"] = POLICY
        return response

    return csrf_exempt(require_GET(document))


@open_document
def redoc(request: HttpRequest) -> HttpResponse:
    from pipelines_portal.external_api.api import api

    return Redoc().render_page(request, api)
