"""Pages of the guide, for everybody: they hold nothing that a repository does not, and help who cannot sign in."""

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


def _hash(request: HttpRequest, path: str) -> str | None:
    found = page_at(path)
    return f'"{found.hash}"' if found else None


@require_safe
@condition(etag_func=_hash)
def page(request: HttpRequest, path: str) -> HttpResponse:
    """Without the request in the template: nothing of it asks who is there."""
    found = page_at(path)
    if found is None:
        raise Http404
    response = HttpResponse(render_to_string("guide/page.html", {"page": found, "sections": sections()}))
    response["Content-Security-Policy"], response["X-Frame-Options"] = POLICY, "DENY"
    patch_cache_control(response, public=True, no_cache=True)
    return response
