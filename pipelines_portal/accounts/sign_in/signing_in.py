"""The ways in that this portal offers, and signing in somebody who showed who they are by none of its own forms."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pipelines_portal.accounts.models import Role, User


def sign_in(request: HttpRequest, user: User, *, how: str) -> HttpResponse:
    """Sign `user` in, who has just shown who they are by `how`: what to answer the browser with.

    They may not be signed in yet when this returns: the answer may ask for a second step, or refuse them.
    """
    record_authentication(request, user, method=how)
    return perform_login(request, Login(user=user, email=user.email))


def may_enter_without_issuer(role: str) -> bool:
    """Whether people of `role` sign in here with a password or a passkey alone.

    PASSWORD_SIGN_IN can leave that to administrators: all others are let in by the issuer, or not at all.
    """
    return settings.PASSWORD_SIGN_IN == "on" or role == Role.ADMINISTRATOR  # noqa: S105 - a setting's name


def by_issuer() -> str:
    """What the other way in is called, or "" when there is none."""
    return settings.OIDC_NAME if settings.OIDC_ISSUER else ""
