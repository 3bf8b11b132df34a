"""Signing in through an OpenID Connect issuer: who may, which account is theirs, and the link between the two."""

import hashlib
import logging
import time
from typing import Any

import requests
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from pipelines_portal.accounts.confirming import CONFIRMED_FOR_SECONDS
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sessions import open_sessions
from pipelines_portal.accounts.signals import TurnedAway, came_from_issuer, newcomer_at_the_door
from pipelines_portal.accounts.signing_in import ISSUER_SIGN_IN_AT, refuse
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.names import is_email, one_line

# How the event of a sign-in names it.
PROVIDER = "oidc"
LINKED = (
    "This address belongs to an account here that is linked to somebody else at {}. "
    "Ask an administrator to unlink it. Nothing was changed."
)
NOT_VERIFIED = (
    "{} does not say that your email is verified. Have it verified there, or ask an administrator of this portal."
)
NOT_JUST_NOW = (
    "{} does not say that you signed in there just now. Nothing was changed. "
    "Sign out of {}, then try again; or ask an administrator of this portal."
)
# What an issuer says of the claim `email`: all of them the first, Entra ID the second, each as a text, too.
VOUCHING = ("email_verified", "xms_edov")
YES = ("true", "1")
logger = logging.getLogger(__name__)


def provider_id() -> str:
    """Return what stands beside each linked account: its issuer too, since `sub` names one person at one issuer."""
    return f"{PROVIDER}:{hashlib.sha256(settings.OIDC_ISSUER.encode()).hexdigest()[:16]}"


class WrongIssuer(ValueError):
    """What answers there calls itself otherwise than OIDC_ISSUER does."""


class IssuerClient(OpenIDConnectOAuth2Adapter):
    """Asks the issuer how to talk with it, when somebody signs in and never before."""

    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        if str(config["issuer"]).rstrip("/") != settings.OIDC_ISSUER:
            raise WrongIssuer
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("accounts:issuer_callback"))


class IssuerProvider(OpenIDConnectProvider):
    oauth2_adapter_class = IssuerClient


class IssuerAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """The one of the environment: none is kept in the database."""
        if not settings.OIDC_ISSUER:
            return []
        app = SocialApp(provider=OpenIDConnectProvider.id, provider_id=provider_id(), name=settings.OIDC_NAME)
        app.client_id, app.secret = settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET
        app.settings = {"server_url": settings.OIDC_ISSUER}
        return [app]

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> IssuerProvider:
        return IssuerProvider(request, app=self.get_app(request, provider=provider))

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """Whose account that is; `pre_social_login` joins them, unless it is linked already."""
        email = verified_email(sociallogin)
        user = User.objects.filter(email=email).first() if email else None
        return (user, email) if user else None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Who is linked comes in by issuer and `sub`. The email counts once: for who comes in for the first time."""
        # Nothing is asked of the issuer later: its token is not kept, in the session neither.
        sociallogin.token = None
        if not claims_of(sociallogin):
            raise ImmediateHttpResponse(did_not_work(request, None, "two people in one answer"))
        if is_confirming(request, sociallogin) and not signed_in_just_now(sociallogin):
            sentence = NOT_JUST_NOW.format(settings.OIDC_NAME, settings.OIDC_NAME)
            raise ImmediateHttpResponse(refuse(request, sentence, email=verified_email(sociallogin)))
        if (at := _signed_in_at(sociallogin)) is not None:
            request.session[ISSUER_SIGN_IN_AT] = at
        if not sociallogin.account.pk:
            _come_in_first(request, sociallogin)
        if sociallogin.is_existing and sociallogin.user.is_active:
            with transaction.atomic():
                _tell(sociallogin, is_new=False)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        email = verified_email(sociallogin)
        if may_enter(email):
            return True
        sentence = f"Nobody with the email {email} is known here. Ask an administrator of this portal to invite you."
        raise ImmediateHttpResponse(refuse(request, sentence, email=email))

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = sociallogin.user
        user.email, user.name = verified_email(sociallogin), one_line(str(data.get("name") or ""))[:100]
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        try:
            with transaction.atomic():
                user: User = super().save_user(request, sociallogin, form)
                record(Verb.PERSON_MADE, by=user, target=user, how=settings.OIDC_NAME)
                _tell(sociallogin, is_new=True)
        except TurnedAway as refusal:
            email = verified_email(sociallogin)
            raise ImmediateHttpResponse(refuse(request, str(refusal), email=email)) from None
        return user

    def on_authentication_error(self, request: HttpRequest, provider: Any, **what: Any) -> None:
        raise ImmediateHttpResponse(did_not_work(request, what.get("exception"), what.get("error")))


def _come_in_first(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Link the account with that email, if there is one. Raises ImmediateHttpResponse."""
    email = verified_email(sociallogin)
    if not email:
        typed = str(claims_of(sociallogin).get(settings.OIDC_EMAIL_CLAIM, ""))
        raise ImmediateHttpResponse(refuse(request, NOT_VERIFIED.format(settings.OIDC_NAME), email=typed))
    if sociallogin.is_existing and not join(request, sociallogin):
        raise ImmediateHttpResponse(refuse(request, LINKED.format(settings.OIDC_NAME), email=email))
    sociallogin.email_addresses = [EmailAddress(email=email, verified=True, primary=True)]


def is_linked(user: User) -> bool:
    return SocialAccount.objects.filter(user=user).exists()


def join(request: HttpRequest, sociallogin: SocialLogin) -> bool:
    """Link the account with that email. Return False if it is linked to somebody else there."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=sociallogin.user.pk)
        # Of this issuer only: after a move to another one, people have other marks there.
        others = SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider)
        if others.exclude(uid=sociallogin.account.uid).exists():
            return False
        sociallogin.connect(request, user)
    return True


def unlink(user: User, by: User) -> bool:
    """Remove the link, for an administrator, when the issuer gave the email to somebody else. False without a link."""
    with transaction.atomic():
        gone, _ = SocialAccount.objects.filter(user=user).delete()
        if not gone:
            return False
        open_sessions.end_all(user)
        record(Verb.ISSUER_UNLINKED, by=by, target=user, issuer=settings.OIDC_NAME)
    return True


def is_confirming(request: HttpRequest, sociallogin: SocialLogin) -> bool:
    """Whether somebody signed in shows once more who they are, when they went to the issuer or now."""
    return bool(sociallogin.state.get("data")) or request.user.is_authenticated


def signed_in_just_now(sociallogin: SocialLogin) -> bool:
    """Whether the token says that the person signed in at the issuer, and did not only have a session there."""
    at = _signed_in_at(sociallogin)
    return at is not None and time.time() - at < CONFIRMED_FOR_SECONDS


def _signed_in_at(sociallogin: SocialLogin) -> float | None:
    """Return when the person showed the issuer who they are, or None if the token does not say it."""
    at = (sociallogin.account.extra_data.get("id_token") or {}).get("auth_time")
    return float(at) if isinstance(at, int | float) else None


def claims_of(sociallogin: SocialLogin) -> dict[str, Any]:
    """What the issuer says of the person; nothing when it says it of two."""
    told = sociallogin.account.extra_data
    token, info = told.get("id_token") or {}, told.get("userinfo") or {}
    if token and info and token.get("sub") != info.get("sub"):
        return {}
    claim = settings.OIDC_EMAIL_CLAIM
    if info.get(claim, token.get(claim)) != token.get(claim):
        # It vouched for the one in the token, and perhaps lets people type the other one.
        token = {name: value for name, value in token.items() if name not in VOUCHING}
    return token | info


def verified_email(sociallogin: SocialLogin) -> str:
    """The email the issuer vouches for, or ""."""
    claims = claims_of(sociallogin)
    email = str(claims.get(settings.OIDC_EMAIL_CLAIM) or "").strip().lower()
    return email if _vouches_for_email(claims) and is_email(email) else ""


def _vouches_for_email(claims: dict[str, Any]) -> bool:
    """By its word for verified emails, or by Entra ID's; without a word, OIDC_TRUST_EMAIL says whether it does."""
    if settings.OIDC_EMAIL_CLAIM != "email":  # both words are about the claim `email` alone
        return bool(settings.OIDC_TRUST_EMAIL)
    word = next((claims[name] for name in VOUCHING if name in claims), settings.OIDC_TRUST_EMAIL)
    return str(word).lower() in YES


def may_enter(email: str) -> bool:
    """Whether somebody nobody knows yet may come in: by their domain, or because someone invited them."""
    if email.rpartition("@")[2] in settings.OIDC_DOMAINS:
        return True
    return any(answer for _, answer in newcomer_at_the_door.send(sender=User, email=email))


def _tell(sociallogin: SocialLogin, *, is_new: bool) -> None:
    groups = claims_of(sociallogin).get("groups")
    listed = [str(group) for group in groups] if isinstance(groups, list) else None
    came_from_issuer.send(sender=User, user=sociallogin.user, groups=listed, is_new=is_new)


def did_not_work(request: HttpRequest, error: Exception | None, code: str | None = None) -> HttpResponse:
    """Nobody was signed in: why, and what to do. What the issuer answered may hold secrets, and is not logged."""
    name = settings.OIDC_NAME
    if code == AuthError.CANCELLED:
        return refuse(request, f"You did not go through with it at {name}. Sign in again when you want to.")
    logger.warning("Sign-in through OIDC_ISSUER failed: %s", type(error).__name__ if error else code)
    if isinstance(error, requests.RequestException | WrongIssuer):
        sentence = f"{name} does not answer as it should. Try again in a minute, or sign in with your password."
        return refuse(request, sentence, status=503)
    return refuse(request, f"{name} and the portal did not come to an end, or it took too long. Try again.", status=401)
