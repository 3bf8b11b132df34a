"""Asking somebody signed in to show once more who they are, before what would let another take their account."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from allauth.account.internal.flows.login import get_authentication_records
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import urlencode

from pipelines_portal.accounts.access import SignedInRequest
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.second_step.steps import Type, steps_of
from pipelines_portal.accounts.sign_in.signing_in import by_issuer, may_enter_without_issuer

CONFIRMED_FOR_SECONDS = 10 * 60
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def confirmed(view: View) -> View:
    """Under `signed_in`: only for those who signed in or confirmed within ten minutes. Others do so, and come back."""

    @wraps(view)
    def wrapped(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if _lately(request):
            return view(request, *args, **kwargs)
        return redirect(f"{redirect('accounts:confirm').url}?{urlencode({'next': request.path})}")

    return cast(View, wrapped)


def _lately(request: SignedInRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return any(time.time() - record["at"] < CONFIRMED_FOR_SECONDS for record in records)


def way_to_confirm(user: User) -> str:
    """What they can show: their "password", a "code", or, by signing in there again, "issuer"; "" when nothing."""
    if user.has_usable_password() and may_enter_without_issuer(user.role):
        return "password"
    if steps_of(user).filter(type=Type.TOTP).exists():
        return "code"
    return "issuer" if by_issuer() else ""
