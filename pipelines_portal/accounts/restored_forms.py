"""Carrying a form's typed values through a sign-in, in the pages themselves: nothing is stored, nothing is sent."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme

from pipelines_portal.accounts.forms import SignInForm
from pipelines_portal.accounts.signing_in import by_issuer
from pipelines_portal.core.rendering import htmx_of, render_page

PREFIX = "kept:"
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "restore"})
# A view that finds this in its POST shows the form with the values in it and sends nothing.
RESTORE = "restore"
# On the views that do.
KEEPS_TYPED = "keep_typed"
MOST_KEPT_BYTES = 64 * 1024

Pairs = list[tuple[str, str]]


def is_restoring(request: HttpRequest) -> bool:
    """Whether this POST only brings typed values back after a sign-in."""
    return request.method == "POST" and RESTORE in request.POST


def typed_pairs(request: HttpRequest) -> Pairs:
    """What was typed; nothing when it is more than a page may carry."""
    return _bounded([(name, text) for name, text in _posted(request) if name not in NOT_KEPT])


def kept_pairs(request: HttpRequest) -> Pairs:
    """The values a sign-in form carries for another form."""
    kept = [(name.removeprefix(PREFIX), text) for name, text in _posted(request) if name.startswith(PREFIX)]
    return _bounded(kept)


def _posted(request: HttpRequest) -> Pairs:
    return [(name, text) for name, texts in request.POST.lists() for text in texts]


def _bounded(pairs: Pairs) -> Pairs:
    size = sum(len(name.encode(errors="replace")) + len(text.encode(errors="replace")) for name, text in pairs)
    return pairs if size <= MOST_KEPT_BYTES else []


def ask_to_sign_in_keeping(request: HttpRequest) -> HttpResponse:
    pairs = typed_pairs(request)
    typed = {"next": request.get_full_path(), "kept": pairs, "lost": not pairs}
    context = {"form": SignInForm(request)} | entrance(request) | typed
    return render_page(request, "accounts/sign_in.html", context, status=401)


def entrance(request: HttpRequest) -> dict[str, Any]:
    """What the sign-in page shows beside its form."""
    asked = request.POST if request.method == "POST" else request.GET
    return {"next": asked.get("next", ""), "kept": kept_pairs(request), "issuer": by_issuer()}


def offer_to_continue(request: HttpRequest, address: str, pairs: Pairs) -> HttpResponse:
    """A page with one button that brings the values back to their form; straight on where no form takes them."""
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        address = "/"
    if not _takes_typed_values(address):
        return HttpResponseRedirect(address)
    return render_page(request, "accounts/continue.html", {"address": address, "kept": pairs})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's security token did not match. Only what our own page posted, to a view that heeds `restore`, is
    given back: anyone can make a browser post anything here, and one press of a button would sign it.
    """
    asks = request.resolver_match is not None and getattr(request.resolver_match.func, KEEPS_TYPED, False)
    pairs = typed_pairs(request) if asks and _is_from_our_own_page(request) else []
    context = {"address": request.get_full_path() if pairs else "/", "kept": pairs, "is_csrf": True}
    response = render_page(request, "accounts/continue.html", context, status=403)
    if htmx_of(request):  # in the place of the page, not within the part of it that was asked for
        response["HX-Retarget"], response["HX-Reswap"] = "body", "innerHTML show:window:top"
        response["HX-Push-Url"] = "false"
    return response


def _takes_typed_values(address: str) -> bool:
    try:
        return bool(getattr(resolve(urlsplit(address).path).func, KEEPS_TYPED, False))
    except Resolver404:
        return False


def _is_from_our_own_page(request: HttpRequest) -> bool:
    """As the browser says, which no page can make it say: at least one of the two headers, and neither against it."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = f"{request.scheme}://{request.get_host()}"
    return bool(site or origin) and site in (None, "same-origin") and origin in (None, ours)
