"""Who is signed in; and what happens to typed values when nobody is any more."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast, overload

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.restored_forms import KEEPS_TYPED, ask_to_sign_in_keeping
from pipelines_portal.core.not_allowed import NotAllowed
from pipelines_portal.core.rendering import HtmxHttpRequest, htmx_of, render_notice

VIEWERS_LOOK = (
    "You are a viewer: you see what is sent, and send nothing yourself. Nothing was changed. "
    "An administrator can make you an operator."
)
ADMINISTRATORS = "Only administrators of this portal may do this. Nothing was changed."
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class SignedInRequest(HtmxHttpRequest):
    """What a `signed_in` view is given. For types only."""

    user: User


@overload
def signed_in(view: View) -> View: ...
@overload
def signed_in(*, keep_typed: bool) -> Callable[[View], View]: ...
def signed_in(view: Any = None, *, keep_typed: bool = False) -> Any:
    """Only for people signed in; others are asked to, and come back to the same address.

    `keep_typed`: a form posted after the session ended is kept through the sign-in and shown again, unsent.
    Never for forms that hold a key or a password, and only for views that ask `is_restoring` before they act.
    """
    return _signed_in(view, keep_typed) if view else lambda function: _signed_in(function, keep_typed)


def _signed_in(view: View, keep_typed: bool) -> View:
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return _ask(request, keep_typed)

    # Read where there is no view to ask: a form whose token failed, and the page after a sign-in.
    setattr(wrapped, KEEPS_TYPED, keep_typed)
    return cast(View, wrapped)


def _ask(request: HttpRequest, keep_typed: bool) -> HttpResponse:
    if htmx_of(request):
        context = {"sign_in_url": _sign_in_url(request)}
        return render_notice(request, "accounts/signed_out.html", context, status=401)
    if request.method == "POST" and keep_typed:
        return ask_to_sign_in_keeping(request)
    return redirect_to_login(request.get_full_path() if request.method == "GET" else request.path)


def _sign_in_url(request: HttpRequest) -> str:
    """Back to the page that asked, not to the fragment's address."""
    page = htmx_of(request).current_url_abs_path or "/"
    return redirect_to_login(page, resolve_url(settings.LOGIN_URL)).url


def senders_only(view: View) -> View:
    """Under `signed_in`, for whatever changes something at the API or sends: viewers only look."""
    return _only(view, lambda user: user.may_send, VIEWERS_LOOK)


def administrators_only(view: View) -> View:
    """Under `signed_in`."""
    return _only(view, lambda user: user.is_administrator, ADMINISTRATORS)


def _only(view: View, may: Callable[[User], bool], sentence: str) -> View:
    @wraps(view)
    def wrapped(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may(request.user):
            raise NotAllowed(sentence)
        return view(request, *args, **kwargs)

    return cast(View, wrapped)
