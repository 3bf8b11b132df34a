"""Carrying a form's typed values through a sign-in, in the pages themselves: nothing is stored, nothing is sent."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from pipelines_portal.web.pages import render_page

from .forms import SignInForm

PREFIX = "kept:"
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "restore"})
# A view that finds this in its POST shows the form with the values in it and sends nothing.
RESTORE = "restore"

Pairs = list[tuple[str, str]]


def is_restoring(request: HttpRequest) -> bool:
    """Whether this POST only brings typed values back after a sign-in."""
    return request.method == "POST" and RESTORE in request.POST


def typed_pairs(request: HttpRequest) -> Pairs:
    return [(name, text) for name, texts in request.POST.lists() if name not in NOT_KEPT for text in texts]


def kept_pairs(request: HttpRequest) -> Pairs:
    """The values a sign-in form carries for another form."""
    return [
        (name.removeprefix(PREFIX), text)
        for name, texts in request.POST.lists()
        if name.startswith(PREFIX)
        for text in texts
    ]


def ask_to_sign_in_keeping(request: HttpRequest) -> HttpResponse:
    context = {"form": SignInForm(request), "next": request.get_full_path(), "kept": typed_pairs(request)}
    return render_page(request, "accounts/sign_in.html", context, status=401)


def offer_to_continue(request: HttpRequest, address: str, pairs: Pairs) -> HttpResponse:
    """A page with one button that brings the values back to their form."""
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        address = "/"
    return render_page(request, "accounts/continue.html", {"address": address, "kept": pairs})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's security token did not match: say so, and give the values back instead of losing them."""
    has_secret = any("password" in name or name == "key" for name in request.POST)
    pairs = [] if has_secret else typed_pairs(request)
    context = {"address": request.get_full_path(), "kept": pairs, "is_csrf": True}
    return render_page(request, "accounts/continue.html", context, status=403)
