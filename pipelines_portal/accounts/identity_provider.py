"""The sign-in through OpenID Connect: who may use it, which account is theirs, and the link between both."""

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
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from pipelines_portal.accounts.confirmation import CONFIRMED_FOR_SECONDS
from pipelines_portal.accounts.models import Team, User
from pipelines_portal.accounts.sessions import end_all_sessions
from pipelines_portal.accounts.sign_in import IDP_SIGN_IN_AT, refuse
from pipelines_portal.accounts.signals import NewcomerRefused, newcomer_arrived, signed_in_through_idp
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.connections import describe_failure, is_certificate_error
from pipelines_portal.web.form_fields import is_email, one_line

# The name of the identity provider in the events of sign-ins, also of refused ones.
PROVIDER = "oidc"
# Claims that say whether `email` is verified. Entra ID uses the second. Each may also be a text.
VOUCHING = ("email_verified", "xms_edov")
YES = ("true", "1")
logger = logging.getLogger(__name__)


def provider_id() -> str:
    """Return the provider of linked accounts. It names the provider: a `sub` is unique for one provider only."""
    return f"{PROVIDER}:{hashlib.sha256(settings.OIDC_ISSUER.encode()).hexdigest()[:16]}"


class WrongIssuer(ValueError):
    """The server at OIDC_ISSUER names itself differently."""


class IdpClient(OpenIDConnectOAuth2Adapter):
    """Reads the configuration of the identity provider when somebody signs in, and never before."""

    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        if str(config["issuer"]).rstrip("/") != settings.OIDC_ISSUER:
            raise WrongIssuer
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("accounts:idp_callback"))


class IdpProvider(OpenIDConnectProvider):
    oauth2_adapter_class = IdpClient


class IdpAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """Return the app of the environment. None is stored in the database."""
        if not settings.OIDC_ISSUER:
            return []
        app = SocialApp(provider=OpenIDConnectProvider.id, provider_id=provider_id(), name=settings.OIDC_NAME)
        app.client_id, app.secret = settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET
        app.settings = {"server_url": settings.OIDC_ISSUER}
        return [app]

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> IdpProvider:
        return IdpProvider(request, app=self.get_app(request, provider=provider))

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """Return the account with the verified email. `pre_social_login` links it, unless it is linked already."""
        email = verified_email(sociallogin)
        user = User.objects.filter(email=email).first() if email else None
        return (user, email) if user else None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Check and link the account. Linked people are found by provider and `sub`, others once by their email."""
        # The token is not needed later, so it is stored nowhere, not even in the session.
        sociallogin.token = None
        if not claims_of(sociallogin):
            raise ImmediateHttpResponse(sign_in_failed(request, None, "two people in one answer"))
        if is_confirming(request, sociallogin) and not has_just_signed_in(sociallogin):
            sentence = (
                f"{settings.OIDC_NAME} didn’t ask you to sign in again. Sign out of {settings.OIDC_NAME}, "
                "then try again."
            )
            raise ImmediateHttpResponse(_refuse(request, sentence, email=verified_email(sociallogin)))
        if (at := _signed_in_at(sociallogin)) is not None:
            request.session[IDP_SIGN_IN_AT] = at
        if not sociallogin.account.pk:
            _link_by_email(request, sociallogin)
        if sociallogin.is_existing and sociallogin.user.is_active:
            with transaction.atomic():
                _welcome(sociallogin, is_new=False)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        email = verified_email(sociallogin)
        if may_create_account(email):
            return True
        raise ImmediateHttpResponse(
            _refuse(request, f"No account for {email}. Ask your administrator to invite you.", email=email)
        )

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = sociallogin.user
        user.email, user.name = verified_email(sociallogin), one_line(str(data.get("name") or ""))[:100]
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        try:
            with transaction.atomic():
                user: User = super().save_user(request, sociallogin, form)
                record(Verb.PERSON_MADE, by=user, target=user, how=settings.OIDC_NAME)
                _welcome(sociallogin, is_new=True)
        except NewcomerRefused as rejection:
            email = verified_email(sociallogin)
            raise ImmediateHttpResponse(_refuse(request, str(rejection), email=email)) from None
        return user

    def on_authentication_error(self, request: HttpRequest, provider: Any, **what: Any) -> None:
        raise ImmediateHttpResponse(sign_in_failed(request, what.get("exception"), what.get("error")))


def _link_by_email(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Link the account with the verified email, if there is one. Raises ImmediateHttpResponse."""
    email = verified_email(sociallogin)
    if not email:
        typed = str(claims_of(sociallogin).get(settings.OIDC_EMAIL_CLAIM, ""))
        raise ImmediateHttpResponse(
            _refuse(
                request,
                f"{settings.OIDC_NAME} hasn’t verified your email. Verify it there, or contact your administrator.",
                email=typed,
            )
        )
    if sociallogin.is_existing and not link_account(request, sociallogin):
        raise ImmediateHttpResponse(
            _refuse(
                request,
                (
                    f"This account is linked to someone else at {settings.OIDC_NAME}. Ask your administrator "
                    "to unlink it."
                ),
                email=email,
            )
        )
    sociallogin.email_addresses = [EmailAddress(email=email, verified=True, primary=True)]


def is_linked(user: User) -> bool:
    return SocialAccount.objects.filter(user=user).exists()


def link_account(request: HttpRequest, sociallogin: SocialLogin) -> bool:
    """Link the account to the person at the identity provider. Return False if it is linked to another person there."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=sociallogin.user.pk)
        # Only links to this identity provider count: after a move to another provider, people have another `sub`.
        others = SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider)
        if others.exclude(uid=sociallogin.account.uid).exists():
            return False
        sociallogin.connect(request, user)
    return True


def unlink(user: User, by: User) -> bool:
    """Remove the link, for an administrator, if the identity provider gave the email to another person.

    Return False if there is no link.
    """
    with transaction.atomic():
        deleted, _ = SocialAccount.objects.filter(user=user).delete()
        if not deleted:
            return False
        end_all_sessions(user)
        record(Verb.IDP_UNLINKED, by=by, target=user, issuer=settings.OIDC_NAME)
    return True


def is_confirming(request: HttpRequest, sociallogin: SocialLogin) -> bool:
    """Return whether somebody who is signed in, now or when they were redirected to the provider, only confirms."""
    return bool(sociallogin.state.get("data")) or request.user.is_authenticated


def has_just_signed_in(sociallogin: SocialLogin) -> bool:
    """Return whether the token says that the person signed in, and did not merely have a session at the provider."""
    at = _signed_in_at(sociallogin)
    return at is not None and time.time() - at < CONFIRMED_FOR_SECONDS


def _signed_in_at(sociallogin: SocialLogin) -> float | None:
    """Return when the person signed in at the identity provider, or None if the token does not say it."""
    at = (sociallogin.account.extra_data.get("id_token") or {}).get("auth_time")
    return float(at) if isinstance(at, int | float) else None


def claims_of(sociallogin: SocialLogin) -> dict[str, Any]:
    """Return the identity provider's claims about the person, or none if token and user info are about two people."""
    data = sociallogin.account.extra_data
    token, info = data.get("id_token") or {}, data.get("userinfo") or {}
    if token and info and token.get("sub") != info.get("sub"):
        return {}
    claim = settings.OIDC_EMAIL_CLAIM
    if info.get(claim, token.get(claim)) != token.get(claim):
        # The identity provider verified the email of the token; people may be able to enter the other one themselves.
        token = {name: value for name, value in token.items() if name not in VOUCHING}
    return token | info


def verified_email(sociallogin: SocialLogin) -> str:
    """Return the email that the identity provider vouches for, or an empty text."""
    claims = claims_of(sociallogin)
    email = str(claims.get(settings.OIDC_EMAIL_CLAIM) or "").strip().lower()
    return email if _vouches_for_email(claims) and is_email(email) else ""


def _vouches_for_email(claims: dict[str, Any]) -> bool:
    """Return whether the provider verified the email. Without a claim that says so, OIDC_TRUST_EMAIL decides."""
    if settings.OIDC_EMAIL_CLAIM != "email":  # the claims are about `email` alone
        return bool(settings.OIDC_TRUST_EMAIL)
    claim = next((claims[name] for name in VOUCHING if name in claims), settings.OIDC_TRUST_EMAIL)
    return str(claim).lower() in YES


def may_create_account(email: str) -> bool:
    """Return whether a newcomer may sign in, by their domain or because somebody invited them."""
    if email.rpartition("@")[2] in settings.OIDC_DOMAINS:
        return True
    return any(answer for _, answer in newcomer_arrived.send(sender=User, email=email))


def _welcome(sociallogin: SocialLogin, *, is_new: bool) -> None:
    """Update the teams of the person who signs in, and send the signal."""
    groups = claims_of(sociallogin).get("groups")
    if isinstance(groups, list):
        _update_teams(sociallogin.user, {str(group) for group in groups})
    signed_in_through_idp.send(sender=User, user=sociallogin.user, is_new=is_new)


def _update_teams(user: User, groups: set[str]) -> None:
    """Update the person's memberships in the teams that OIDC_GROUPS names, by these groups. Other teams stay."""
    wanted = {team.lower() for group, team in settings.OIDC_GROUPS.items() if group in groups}
    configured = {name.lower(): (group, name) for group, name in settings.OIDC_GROUPS.items()}
    for lower, (group, name) in sorted(configured.items()):
        team = Team.objects.annotate(lower=Lower("name")).filter(lower=lower).first()
        if team is None:
            logger.warning('OIDC_GROUPS: there is no team "%s" for the group "%s"', name, group)
        elif lower in wanted:
            team.add_member(user, by=None)
        else:
            team.remove_member(user, by=None)


def _refuse(request: HttpRequest, sentence: str, **more: Any) -> HttpResponse:
    return refuse(request, sentence, way=PROVIDER, **more)


def sign_in_failed(request: HttpRequest, error: Exception | None, code: str | None = None) -> HttpResponse:
    """Respond with the reason why nobody was signed in. The provider's response may hold secrets and is not logged."""
    name = settings.OIDC_NAME
    if code == AuthError.CANCELLED:
        return _refuse(request, f"You cancelled the sign-in with {name}.")
    cause = describe_failure(error) if error else str(code)
    logger.warning("Sign-in through OIDC_ISSUER failed: %s", cause)
    if error and is_certificate_error(error):
        return _refuse(
            request,
            f"The portal can’t connect to {name} safely. Ask your administrator to check its certificate.",
            status=503,
            cause=cause,
        )
    if isinstance(error, requests.RequestException | WrongIssuer):
        return _refuse(
            request,
            f"{name} isn’t responding. Try again in a minute, or sign in with your password.",
            status=503,
            cause=cause,
        )
    return _refuse(request, f"Signing in with {name} failed or took too long. Try again.", status=401)
