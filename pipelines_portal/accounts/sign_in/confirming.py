"""Asking somebody signed in to show once more who they are, before what would let another take their account."""

import math
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from pipelines_portal.accounts.access import SignedInRequest
from pipelines_portal.accounts.forms import CodeForm, ConfirmForm
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.second_step.steps import Type, steps_of
from pipelines_portal.accounts.sign_in.restored_forms import NOT_KEPT, typed_pairs
from pipelines_portal.accounts.sign_in.signing_in import by_issuer, may_enter_without_issuer
from pipelines_portal.web.rendering import render_page

CONFIRMED_FOR_SECONDS = 10 * 60
# Of the session: when the issuer last asked the person who they are.
ISSUER_SIGN_IN_AT = "issuer_sign_in_at"
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def confirmed(view: View) -> View:
    """Under `signed_in`: only for those who signed in or confirmed within ten minutes. Others do so, and come back."""

    @wraps(view)
    def wrapped(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if _lately(request) else _lead_to_confirm(request)

    return cast(View, wrapped)


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
    context = {
        "post_to": "" if is_lost else request.path, "kept": kept, "is_lost": is_lost, "next": _page_before(request),
    }  # fmt: skip
    return confirm_page(request, way, form_of(way)(request.user), context, status=401)


def form_of(way: str) -> type[CodeForm] | type[ConfirmForm]:
    return CodeForm if way == "code" else ConfirmForm


def confirm_page(
    request: SignedInRequest, way: str, form: CodeForm | ConfirmForm, context: dict[str, Any], status: int
) -> HttpResponse:
    """`context`: where to go on, and what was posted there."""
    context = context | {"form": form, "way": way, "issuer": by_issuer()}
    return render_page(request, "accounts/confirm.html", context, status=status)


def _page_before(request: SignedInRequest) -> str:
    """The page whose form was posted, for who comes back without it: many such addresses only take a POST."""
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure())
    return urlsplit(referer).path if is_ours else ""


def _lately(request: SignedInRequest) -> bool:
    """A sign-in through the issuer counts from when they showed the issuer who they are, where it says when."""
    at_issuer = request.session.get(ISSUER_SIGN_IN_AT, math.inf)
    times = [
        min(record["at"], at_issuer) if record["method"] == "socialaccount" else record["at"]
        for record in get_authentication_records(request, request.user)
    ]
    return any(time.time() - at < CONFIRMED_FOR_SECONDS for at in times)


def way_to_confirm(user: User) -> str:
    """What they can show: their "password", a "code", or, by signing in there again, "issuer"; "" when nothing."""
    if user.has_usable_password() and may_enter_without_issuer(user.role):
        return "password"
    if steps_of(user).filter(type=Type.TOTP).exists():
        return "code"
    return "issuer" if by_issuer() else ""
