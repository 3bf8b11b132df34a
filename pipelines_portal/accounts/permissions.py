"""Who may open a page: decorators for views, and the teams that a person sees and leads."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast, overload

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, resolve_url

from pipelines_portal.accounts import texts
from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.accounts.restored_forms import RESTORES_FORM, ask_to_sign_in
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.web.rendering import HtmxHttpRequest, htmx_of, render_notice

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class SignedInRequest(HtmxHttpRequest):
    """The request of a `signed_in` view. It exists for types only."""

    user: User


@overload
def signed_in(view: View) -> View: ...
@overload
def signed_in(*, restore_form: bool) -> Callable[[View], View]: ...
def signed_in(view: Any = None, *, restore_form: bool = False) -> Any:
    """Open the view to people who are signed in. Others sign in first, and come back to the same address.

    With `restore_form`, a form that was posted after the session ended is carried through the sign-in and shown again,
    unsent. Never use it for forms with a key or a password, and only for views that check `is_restoring` before they
    act.
    """
    return _signed_in(view, restore_form) if view else lambda function: _signed_in(function, restore_form)


def _signed_in(view: View, restore_form: bool) -> View:
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return _ask_to_sign_in(request, restore_form)

    # restored_forms.py reads it without calling the view.
    setattr(wrapped, RESTORES_FORM, restore_form)
    return cast(View, wrapped)


def _ask_to_sign_in(request: HttpRequest, restore_form: bool) -> HttpResponse:
    if htmx_of(request):
        context = {"sign_in_url": _sign_in_url(request)}
        return render_notice(request, "accounts/signed_out.html", context, status=401)
    if request.method == "POST" and restore_form:
        return ask_to_sign_in(request)
    return redirect_to_login(request.get_full_path() if request.method == "GET" else request.path)


def _sign_in_url(request: HttpRequest) -> str:
    """Return a sign-in address that leads back to the page, not to the fragment that was requested."""
    page = htmx_of(request).current_url_abs_path or "/"
    return redirect_to_login(page, resolve_url(settings.LOGIN_URL)).url


def senders_only(view: View) -> View:
    """Refuse viewers. Use it under `signed_in`, for everything that sends or changes something at the API."""
    return _only(view, lambda user: user.may_send, texts.VIEWERS_READ_ONLY)


def administrators_only(view: View) -> View:
    """Refuse everybody but administrators. Use it under `signed_in`."""
    return _only(view, lambda user: user.is_administrator, texts.ADMINISTRATORS_ONLY)


def _only(view: View, may: Callable[[User], bool], sentence: str) -> View:
    @wraps(view)
    def wrapped(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may(request.user):
            raise NotAllowed(sentence)
        return view(request, *args, **kwargs)

    return cast(View, wrapped)


def visible_team(user: User, team_id: int) -> Team:
    """Return a team that they may see, with the numbers `people_here` and `leads_here`. Raises Http404."""
    teams = Team.objects.visible_to(user).annotate(
        people_here=_member_count(user__is_active=True), leads_here=_member_count(user__is_active=True, is_lead=True)
    )
    return get_object_or_404(teams, pk=team_id)


def _member_count(**conditions: bool) -> Coalesce:
    members = Membership.objects.filter(team=OuterRef("pk"), **conditions).order_by().values("team")
    return Coalesce(Subquery(members.annotate(number=Count("pk")).values("number")), 0)


def led_team(user: User, team_id: int) -> Team:
    """Return a team whose members they may add and remove. Raises Http404, or NotAllowed for a mere member."""
    team = visible_team(user, team_id)
    if not team.is_led_by(user):
        raise NotAllowed("Only leads of this team and administrators can do this.")
    return team
