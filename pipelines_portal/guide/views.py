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

# No scripts, nothing from other hosts, no forms.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


class NoSuchPage(Http404):
    """A 404 that links to the contents, because pages are renamed now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.title = "The guide has no such page"
        self.sentence = "It may be called otherwise by now. All pages are in the contents."
        self.action = "Go to the guide's contents"
        self.address = reverse("guide:contents")


def contents(request: HttpRequest) -> HttpResponse:
    return page(request, "")


@lru_cache(maxsize=512)
def _body(path: str) -> str:
    """Return the HTML, or "". The request is not in the template's context, so all visitors get the same page."""
    page = page_at(path)
    return render_to_string("guide/page.html", {"page": page, "sections": sections()}) if page else ""


def _hash(request: HttpRequest, path: str) -> str | None:
    body = _body(path)
    return f'"{sha256(body.encode()).hexdigest()[:32]}"' if body else None


@require_safe
@condition(etag_func=_hash)
def page(request: HttpRequest, path: str) -> HttpResponse:
    if not (body := _body(path)):
        raise NoSuchPage
    response = HttpResponse(body)
    response["Content-Security-Policy"], response["X-Frame-Options"] = POLICY, "DENY"
    patch_cache_control(response, public=True, no_cache=True)
    return response
