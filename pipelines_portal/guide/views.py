"""Pages of the guide, for everybody: they hold nothing that a repository does not, and help who cannot sign in."""

from functools import lru_cache
from hashlib import sha256

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from .pages import contents as sections
from .pages import page_at

# No script, nothing from elsewhere, nothing to send.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


def contents(request: HttpRequest) -> HttpResponse:
    return page(request, "")


@lru_cache(maxsize=512)
def _body(path: str) -> str:
    """Without the request in the template: nothing of it asks who is there."""
    page = page_at(path)
    return render_to_string("guide/page.html", {"page": page, "sections": sections()}) if page else ""


def _hash(request: HttpRequest, path: str) -> str | None:
    body = _body(path)
    return f'"{sha256(body.encode()).hexdigest()[:32]}"' if body else None


@require_safe
@condition(etag_func=_hash)
def page(request: HttpRequest, path: str) -> HttpResponse:
    if not (body := _body(path)):
        raise Http404
    response = HttpResponse(body)
    response["Content-Security-Policy"], response["X-Frame-Options"] = POLICY, "DENY"
    patch_cache_control(response, public=True, no_cache=True)
    return response
