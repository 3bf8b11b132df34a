"""Responses of views: a whole page, the part of it that htmx asks for, or a note about a failure."""

import hashlib
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString
from django_htmx.middleware import HtmxDetails


class HtmxHttpRequest(HttpRequest):
    """A request with `HtmxMiddleware`'s details. For types only."""

    htmx: HtmxDetails


def htmx_of(request: HttpRequest) -> HtmxDetails:
    """Return the details of an htmx request; they are falsy for other requests."""
    return cast(HtmxHttpRequest, request).htmx


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    partials: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    """Render the whole page or, if htmx targets the id of one of `partials`, only that partial.

    The browser shows the address of what a boosted link or form leads to, also where the form itself leaves none.
    """
    wanted, address = _wanted_partial(request, partials), request.get_full_path()
    name = f"{template}#{wanted}" if wanted else template
    response = render(request, name, context, status=status)
    is_led_here = wanted and request.method == "GET" and htmx_of(request).boosted
    if is_led_here and htmx_of(request).current_url_abs_path != address:
        response["HX-Push-Url"] = address
    patch_vary_headers(response, ["HX-Request", "HX-Target", "HX-History-Restore-Request"])
    return response


def is_part_of_page(request: HttpRequest) -> bool:
    """Return True if htmx puts the response into the current page."""
    htmx = htmx_of(request)
    return bool(htmx) and not htmx.history_restore_request


def _wanted_partial(request: HttpRequest, partials: Sequence[str]) -> str | None:
    target = htmx_of(request).target if is_part_of_page(request) else None
    return target if target in partials else None


def render_notice(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int
) -> HttpResponse:
    """Render a failure as a whole page or, for htmx, as a note in the notice area, so that the page stays as it is."""
    if not is_part_of_page(request):
        return render_page(request, template, context, status=status)
    response = render(request, f"{template}#notice", context, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#page-notice", "innerHTML show:none"
    response["HX-Push-Url"] = "false"
    return response


# A few kilobytes each.
@lru_cache(maxsize=500)
def fragment(template: str, **values: Hashable) -> SafeString:
    """Render a part of a page that depends only on `values`, and cache it for all users."""
    return render_to_string(template, values)


def is_poll_of(request: HttpRequest, part: str) -> bool:
    """Return True if the element with the id `part` refreshes itself, without a click."""
    htmx = htmx_of(request)
    return bool(htmx) and htmx.trigger == part


def content_digest(*shown: object) -> str:
    """Return a digest of the shown values. It also changes at midnight, because pages write "Today"."""
    return hashlib.sha256(repr((shown, timezone.localdate())).encode()).hexdigest()[:16]
