"""What django-allauth asks of the portal: how one is signed in, and how second steps are kept."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sign_in.refusals import refuse
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.shared.demo_accounts import is_refused
from pipelines_portal.shared.sign_in_throttle.attempts import remember_device
from pipelines_portal.web.encryption import decrypt, encrypt

PORTAL = "Pipelines Portal"
SWITCHED_OFF = "This account is switched off. Ask an administrator of this portal."
DEMO = "This is an account of the demo. It doesn't work on this portal, because its password is published."


class AccountAdapter(DefaultAccountAdapter):
    def get_login_stages(self) -> list[str]:
        return ["pipelines_portal.accounts.sign_in.stages.BegunStage", "allauth.mfa.stages.AuthenticateStage"]

    def login(self, request: HttpRequest, user: User) -> None:
        """The one place where somebody becomes signed in, after everything that was asked of them."""
        if not user.is_active:
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        if is_refused(user):
            raise ImmediateHttpResponse(refuse(request, DEMO, email=user.email))
        with transaction.atomic():
            super().login(request, user)
            record(Verb.SIGNED_IN, by=user, target=user, how=_how(request, user))

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **more)
        remember_device(request, response, user.email)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return refuse(request, SWITCHED_OFF, email=user.email)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """A path of ours. A word without a slash would be looked for among the names of pages."""
        request = context.request
        return url.startswith("/") and url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())

    def add_message(
        self, request: HttpRequest, level: int, *args: Any, message: str | None = None, **more: Any
    ) -> None:
        """Only what our own pages say."""
        if message:
            messages.add_message(request, level, message)


def _how(request: HttpRequest, user: User) -> str:
    """By what they showed who they are, such as "password, totp"."""
    records = get_authentication_records(request, user)
    ways = [
        way.get("type") or way.get("provider") or way["method"] for way in records if not way.get("reauthenticated")
    ]
    # Which issuer it was stands behind a colon.
    return ", ".join(dict.fromkeys(way.partition(":")[0] for way in ways))


class SecondStepAdapter(DefaultMFAAdapter):
    """What must not be read out of the database is encrypted as saved keys are."""

    def encrypt(self, text: str) -> str:
        return encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return PORTAL

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": PORTAL}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return "Passkey" if count == 0 else f"Passkey {count + 1}"
