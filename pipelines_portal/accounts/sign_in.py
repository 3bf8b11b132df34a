"""The sign-in: who may use which way, the ways that a session was confirmed by, and rejections."""

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
from pipelines_portal.core.http.audit_log import note
from pipelines_portal.core.sign_in_throttle.throttle import ACCOUNT_TRIES, address_limits, admit
from pipelines_portal.web.rendering import render_page

# In the session: the person, the ways by which they proved their identity, and the time of the last proof.
PROOF = "shown"
# In the session: when the identity provider last asked the person who they are.
IDP_SIGN_IN_AT = "issuer_sign_in_at"


def may_sign_in_without_idp(role: str) -> bool:
    """Return whether people of `role` may sign in with a password or with a passkey alone.

    PASSWORD_SIGN_IN can reserve that for administrators. Then all others sign in through the identity provider.
    """
    return settings.PASSWORD_SIGN_IN == "on" or role == Role.ADMINISTRATOR  # noqa: S105 - a setting's name


def idp_name() -> str:
    """Return the identity provider's name, or "" if there is no identity provider."""
    return settings.OIDC_NAME if settings.OIDC_ISSUER else ""


def sign_in(request: HttpRequest, user: User, *, how: str, redirect_url: str | None = None) -> HttpResponse:
    """Sign in `user`, who has just proved their identity by `how`, and return the response.

    The response may still ask for two-step verification, or refuse the person.
    """
    _store_proof(request, user, how)
    response: HttpResponse = perform_login(request, user, email=user.email, redirect_url=redirect_url)
    return response


@receiver(authentication_step_completed)
def _store_step(request: HttpRequest, user: User, method: str, **details: Any) -> None:
    if method == "socialaccount":
        # The provider is "oidc:" and a hash. The session at the identity provider may be older than this moment.
        way, _, _ = details["provider"].partition(":")
        at = min(time.time(), request.session.get(IDP_SIGN_IN_AT, math.inf))
        _store_proof(request, user, way, at)
    else:
        _store_proof(request, user, "" if details.get("reauthenticated") else details.get("type", method))


def _store_proof(request: HttpRequest, user: User, way: str, at: float | None = None) -> None:
    proof = _proof(request, user) or {"user": user.pk, "ways": [], "at": 0}
    ways = proof["ways"] if not way or way in proof["ways"] else [*proof["ways"], way]
    request.session[PROOF] = proof | {"ways": ways, "at": max(proof["at"], time.time() if at is None else at)}


def _proof(request: HttpRequest, user: User) -> dict[str, Any] | None:
    proof: dict[str, Any] | None = request.session.get(PROOF)
    return proof if proof and proof["user"] == user.pk else None


def ways_used(request: HttpRequest, user: User) -> str:
    """Return the ways by which they proved their identity, such as "password, totp"."""
    return ", ".join((_proof(request, user) or {"ways": []})["ways"])


def seconds_since_confirmed(request: HttpRequest, user: User) -> float:
    """Return the seconds since the person last proved their identity in this session."""
    return time.time() - (_proof(request, user) or {"at": 0})["at"]


def refuse(
    request: HttpRequest, sentence: str, *, email: str = "", status: int = 403, way: str = "", cause: str = ""
) -> HttpResponse:
    """Respond with the reason why somebody with this email is not signed in.

    `way` is how they tried, if it matters, and `cause` is for the audit log only.
    """
    detail: dict[str, Any] = {name: value for name, value in (("way", way), ("cause", cause)) if value}
    # Anybody can cause rejections, so only the first few of a flood are events. The others are lines of the log.
    if admit(address_limits(request, "refused", tries=ACCOUNT_TRIES)):
        note(request, Verb.SIGN_IN_REFUSED.value, tried=email or "no email", reason=sentence)
    else:
        record(Verb.SIGN_IN_REFUSED, by=None, actor_email=email, reason=sentence, **detail)
    return render_page(
        request, "accounts/refused.html", {"title": "Not signed in", "sentence": sentence}, status=status
    )


def record_slowed(request: HttpRequest, seconds: int, *, email: str = "", **detail: Any) -> None:
    """Record that the throttle makes somebody wait."""
    by = request.user if isinstance(request.user, User) else None
    # A flood is one event, with a line of the log for each try.
    if admit(address_limits(request, "slowed", tries=1)):
        note(request, Verb.SIGN_IN_SLOWED.value, tried=email or "no email", seconds=seconds)
    else:
        record(Verb.SIGN_IN_SLOWED, by=by, target=by, actor_email=email, seconds=seconds, **detail)
