"""The confirmation: people prove their identity again before a change that could give their account away."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from pipelines_portal.accounts.forms import ConfirmByCodeForm, ConfirmByPasswordForm
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.accounts.restored_forms import NOT_TYPED, typed_values
from pipelines_portal.accounts.sign_in import idp_name, may_sign_in_without_idp, seconds_since_confirmed
from pipelines_portal.accounts.two_step import Type, two_step_methods_of
from pipelines_portal.web.rendering import render_page

CONFIRMED_FOR_SECONDS = 10 * 60
FORMS: dict[str, Any] = {"password": ConfirmByPasswordForm, "code": ConfirmByCodeForm}
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def confirmed(view: View) -> View:
    """Let people confirm first if they last did so, or signed in, over ten minutes ago. Use it under `signed_in`."""

    @wraps(view)
    def wrapped(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if _is_recent(request) else _redirect_to_confirm(request)

    return cast(View, wrapped)


def _is_recent(request: SignedInRequest) -> bool:
    return seconds_since_confirmed(request, request.user) < CONFIRMED_FOR_SECONDS


def _redirect_to_confirm(request: SignedInRequest) -> HttpResponse:
    return redirect(f"{redirect('accounts:confirm').url}?{urlencode({'next': request.path})}")


def ask_to_confirm(request: SignedInRequest) -> HttpResponse | None:
    """Return the page that asks for a confirmation, or None if none is needed.

    It is `confirmed` for use within a view. The values of a posted form are carried along.
    """
    if _is_recent(request):
        return None
    if request.method != "POST":
        return _redirect_to_confirm(request)
    typed = typed_values(request)
    is_lost = not typed and not set(request.POST) <= NOT_TYPED
    way = way_to_confirm(request.user)
    form = FORMS[way](user=request.user) if way in FORMS else None
    context = {
        "post_to": "" if is_lost else request.path, "typed": typed, "is_lost": is_lost, "next": _previous_page(request),
    }  # fmt: skip
    return confirm_page(request, way, form, context, status=401)


def way_to_confirm(user: User) -> str:
    """Return how they can confirm: "password", "code", "idp" to sign in there again, or "" if they can't."""
    if user.has_usable_password() and may_sign_in_without_idp(user.role):
        return "password"
    if two_step_methods_of(user).filter(type=Type.TOTP).exists():
        return "code"
    return "idp" if idp_name() else ""


def confirm_page(
    request: SignedInRequest, way: str, form: forms.Form | None, context: dict[str, Any], status: int
) -> HttpResponse:
    """Render the page. `context` holds the address to continue at, and the values that were posted there."""
    context = context | {"form": form, "way": way, "idp": idp_name()}
    return render_page(request, "accounts/confirm.html", context, status=status)


def _previous_page(request: SignedInRequest) -> str:
    """Return the page whose form was posted, to go back to: many of the addresses accept only POST."""
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure())
    return urlsplit(referer).path if is_ours else ""
