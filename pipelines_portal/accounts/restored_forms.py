"""Forms whose typed values survive a sign-in. The pages carry the values; nothing is stored, and nothing is sent."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme

from pipelines_portal.accounts.forms import SignInForm
from pipelines_portal.accounts.sign_in import idp_name
from pipelines_portal.web.rendering import htmx_of, render_page

PREFIX = "typed:"
NOT_TYPED = frozenset({"csrfmiddlewaretoken", "restore"})
# A view that finds this name in its POST shows the form with the values and sends nothing.
RESTORE = "restore"
# The attribute of views that do so.
RESTORES_FORM = "restore_form"
MAX_BYTES = 64 * 1024

Pairs = list[tuple[str, str]]


def is_restoring(request: HttpRequest) -> bool:
    """Return whether this POST only brings typed values back after a sign-in."""
    return request.method == "POST" and RESTORE in request.POST


def typed_values(request: HttpRequest) -> Pairs:
    """Return the values that were typed, or none if they are more than a page may carry."""
    return _bounded([(name, text) for name, text in _posted(request) if name not in NOT_TYPED])


def carried_values(request: HttpRequest) -> Pairs:
    """Return the values that a sign-in form carries for another form."""
    carried = [(name.removeprefix(PREFIX), text) for name, text in _posted(request) if name.startswith(PREFIX)]
    return _bounded(carried)


def _posted(request: HttpRequest) -> Pairs:
    return [(name, text) for name, texts in request.POST.lists() for text in texts]


def _bounded(pairs: Pairs) -> Pairs:
    size = sum(len(name.encode(errors="replace")) + len(text.encode(errors="replace")) for name, text in pairs)
    return pairs if size <= MAX_BYTES else []


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Show the sign-in page, which carries the values of the posted form."""
    pairs = typed_values(request)
    context = {"form": SignInForm(request)} | sign_in_context(request)
    context |= {"next": request.get_full_path(), "typed": pairs, "lost": not pairs}
    return render_page(request, "accounts/sign_in.html", context, status=401)


def sign_in_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the sign-in page shows beside its form."""
    values = request.POST if request.method == "POST" else request.GET
    return {"next": values.get("next", ""), "typed": carried_values(request), "idp": idp_name()}


def offer_to_continue(request: HttpRequest, address: str, pairs: Pairs) -> HttpResponse:
    """Show a page with one button that brings the values back to their form. Redirect if no form takes them."""
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        address = "/"
    if not _restores_form(address):
        return HttpResponseRedirect(address)
    return render_page(request, "accounts/continue.html", {"address": address, "typed": pairs})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show a page that offers to post the form again, because its security token did not match.

    Values are given back only if the portal's own page posted them, to a view that restores forms. Any other site can
    make a browser post values here, and one press of the button would sign them.
    """
    restores = request.resolver_match is not None and getattr(request.resolver_match.func, RESTORES_FORM, False)
    pairs = typed_values(request) if restores and _is_from_own_page(request) else []
    context = {"address": request.get_full_path() if pairs else "/", "typed": pairs, "is_csrf": True}
    response = render_page(request, "accounts/continue.html", context, status=403)
    if htmx_of(request):  # replace the whole page, not the part that was requested
        response["HX-Retarget"], response["HX-Reswap"] = "body", "innerHTML show:window:top"
        response["HX-Push-Url"] = "false"
    return response


def _restores_form(address: str) -> bool:
    try:
        return bool(getattr(resolve(urlsplit(address).path).func, RESTORES_FORM, False))
    except Resolver404:
        return False


def _is_from_own_page(request: HttpRequest) -> bool:
    """Return whether a header that pages cannot set says so, and none contradicts."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = f"{request.scheme}://{request.get_host()}"
    return bool(site or origin) and site in (None, "same-origin") and origin in (None, ours)
