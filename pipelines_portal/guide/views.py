"""Pages of the guide. They are public, because they also help people who cannot sign in."""

from functools import lru_cache
from hashlib import sha256

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from pipelines_portal.guide.pages import contents as sections
from pipelines_portal.guide.pages import page_at
from pipelines_portal.guide.search import LONGEST_QUERY
from pipelines_portal.guide.search import search as sections_with

# No scripts, and nothing from other hosts. The only form searches the guide.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class NoSuchPage(Http404):
    """A 404 that links to the contents, because pages are renamed now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.title = "Page not found in the guide"
        self.sentence = "It may have been renamed."
        self.action = "Go to the guide"
        self.address = reverse("guide:contents")


def contents(request: HttpRequest) -> HttpResponse:
    return page(request, "")


@lru_cache(maxsize=512)
def _body(path: str) -> str:
    """Return the HTML, or "". The request is not in the template's context, so all visitors get the same page."""
    page = page_at(path)
    return render_to_string("guide/page.html", {"page": page, "sections": sections(), "query": ""}) if page else ""


def _hash(request: HttpRequest, path: str) -> str | None:
    body = _body(path)
    return f'"{sha256(body.encode()).hexdigest()[:32]}"' if body else None


@require_safe
@condition(etag_func=_hash)
def page(request: HttpRequest, path: str) -> HttpResponse:
    if not (body := _body(path)):
        raise NoSuchPage
    return _public(body)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    found = {"query": query, "results": sections_with(query), "sections": sections()}
    return _public(render_to_string("guide/search.html", found))


def _public(body: str) -> HttpResponse:
    response = HttpResponse(body)
    response["Content-Security-Policy"], response["X-Frame-Options"] = POLICY, "DENY"
    patch_cache_control(response, public=True, no_cache=True)
    return response
