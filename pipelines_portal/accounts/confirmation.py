"""Asking somebody who is signed in to show again who they are, before a change that could give their account away."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from pipelines_portal.accounts.access import SignedInRequest
from pipelines_portal.accounts.forms import ConfirmByCodeForm, ConfirmByPasswordForm
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.restored_forms import NOT_KEPT, typed_pairs
from pipelines_portal.accounts.second_step import Type, steps_of
from pipelines_portal.accounts.signing_in import by_issuer, may_enter_without_issuer, seconds_since_shown
from pipelines_portal.core.rendering import render_page

CONFIRMED_FOR_SECONDS = 10 * 60
FORMS: dict[str, Any] = {"password": ConfirmByPasswordForm, "code": ConfirmByCodeForm}
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def confirmed(view: View) -> View:
    """Under `signed_in`: only for those who signed in or confirmed within ten minutes. Others do so, and come back."""

    @wraps(view)
    def wrapped(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if _lately(request) else _lead_to_confirm(request)

    return cast(View, wrapped)


def _lately(request: SignedInRequest) -> bool:
    return seconds_since_shown(request, request.user) < CONFIRMED_FOR_SECONDS


def _lead_to_confirm(request: SignedInRequest) -> HttpResponse:
    return redirect(f"{redirect('accounts:confirm').url}?{urlencode({'next': request.path})}")


def ask_to_confirm(request: SignedInRequest) -> HttpResponse | None:
    """As `confirmed`, within a view: None where nothing is to be asked. Who posted a form goes on with its values."""
    if _lately(request):
        return None
    if request.method != "POST":
        return _lead_to_confirm(request)
    kept = typed_pairs(request)
    is_lost = not kept and not set(request.POST) <= NOT_KEPT
    way = way_to_confirm(request.user)
    form = FORMS[way](user=request.user) if way in FORMS else None
    context = {
        "post_to": "" if is_lost else request.path, "kept": kept, "is_lost": is_lost, "next": _page_before(request),
    }  # fmt: skip
    return confirm_page(request, way, form, context, status=401)


def way_to_confirm(user: User) -> str:
    """Return what they can show: "password", "code", or "issuer" to sign in there again; "" when nothing."""
    if user.has_usable_password() and may_enter_without_issuer(user.role):
        return "password"
    if steps_of(user).filter(type=Type.TOTP).exists():
        return "code"
    return "issuer" if by_issuer() else ""


def confirm_page(
    request: SignedInRequest, way: str, form: forms.Form | None, context: dict[str, Any], status: int
) -> HttpResponse:
    """`context`: where to go on, and what was posted there."""
    context = context | {"form": form, "way": way, "issuer": by_issuer()}
    return render_page(request, "accounts/confirm.html", context, status=status)


def _page_before(request: SignedInRequest) -> str:
    """The page whose form was posted, for who comes back without it: many such addresses only take a POST."""
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure())
    return urlsplit(referer).path if is_ours else ""
