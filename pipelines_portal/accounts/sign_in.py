"""The ways to sign in, what somebody has shown of who they are, and refusing to sign them in."""

import math
import time
from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.account.utils import perform_login
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.http.logs import note
from pipelines_portal.core.rendering import render_page
from pipelines_portal.core.sign_in_throttle.throttle import ACCOUNT_TRIES, address_limits, admit

# In the session: whose it is, in which ways they showed who they are, and when they did last.
SHOWN = "shown"
# In the session: when the issuer last asked the person who they are.
ISSUER_SIGN_IN_AT = "issuer_sign_in_at"


def may_enter_without_issuer(role: str) -> bool:
    """Return whether people of `role` may sign in with a password or with a passkey alone.

    PASSWORD_SIGN_IN can reserve that for administrators. Then all others sign in through the issuer.
    """
    return settings.PASSWORD_SIGN_IN == "on" or role == Role.ADMINISTRATOR  # noqa: S105 - a setting's name


def by_issuer() -> str:
    """Return the issuer's name, or "" if there is no issuer."""
    return settings.OIDC_NAME if settings.OIDC_ISSUER else ""


def sign_in(request: HttpRequest, user: User, *, how: str, redirect_url: str | None = None) -> HttpResponse:
    """Sign `user` in, who has just shown who they are by `how`, and return the response.

    They may not be signed in yet afterwards: the response may ask for a second step, or refuse them.
    """
    _note_shown(request, user, how)
    response: HttpResponse = perform_login(request, user, email=user.email, redirect_url=redirect_url)
    return response


@receiver(authentication_step_completed)
def _note_step(request: HttpRequest, user: User, method: str, **details: Any) -> None:
    if method == "socialaccount":
        # Which issuer it was follows a colon. A session at the issuer may be older than this moment.
        way, _, _ = details["provider"].partition(":")
        at = min(time.time(), request.session.get(ISSUER_SIGN_IN_AT, math.inf))
        _note_shown(request, user, way, at)
    else:
        _note_shown(request, user, "" if details.get("reauthenticated") else details.get("type", method))


def _note_shown(request: HttpRequest, user: User, way: str, at: float | None = None) -> None:
    shown = _shown(request, user) or {"user": user.pk, "ways": [], "at": 0}
    ways = shown["ways"] if not way or way in shown["ways"] else [*shown["ways"], way]
    request.session[SHOWN] = shown | {"ways": ways, "at": max(shown["at"], time.time() if at is None else at)}


def _shown(request: HttpRequest, user: User) -> dict[str, Any] | None:
    shown: dict[str, Any] | None = request.session.get(SHOWN)
    return shown if shown and shown["user"] == user.pk else None


def ways_shown(request: HttpRequest, user: User) -> str:
    """Return how they showed who they are, such as "password, totp"."""
    return ", ".join((_shown(request, user) or {"ways": []})["ways"])


def seconds_since_shown(request: HttpRequest, user: User) -> float:
    return time.time() - (_shown(request, user) or {"at": 0})["at"]


def refuse(request: HttpRequest, sentence: str, *, email: str = "", status: int = 403) -> HttpResponse:
    """Say in `sentence` why somebody, who says they are `email`, is not signed in."""
    # Refusals need no account: of a flood, a few are events and the others lines of the log.
    if admit(address_limits(request, "refused", tries=ACCOUNT_TRIES)):
        note(request, Verb.SIGN_IN_REFUSED.value, tried=email or "no email", reason=sentence)
    else:
        record(Verb.SIGN_IN_REFUSED, by=None, actor_email=email, reason=sentence)
    return render_page(request, "accounts/refused.html", {"sentence": sentence}, status=status)


def record_slowed(request: HttpRequest, seconds: int, *, email: str = "", **detail: Any) -> None:
    by = request.user if isinstance(request.user, User) else None
    # A flood is one event, and a line of the log for each try.
    if admit(address_limits(request, "slowed", tries=1)):
        note(request, Verb.SIGN_IN_SLOWED.value, tried=email or "no email", seconds=seconds)
    else:
        record(Verb.SIGN_IN_SLOWED, by=by, target=by, actor_email=email, seconds=seconds, **detail)
