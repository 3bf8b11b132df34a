"""The adapters of django-allauth: how somebody is signed in, and how two-step verification is stored."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from pipelines_portal.accounts import texts
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sign_in import refuse, ways_used
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.demo_accounts import is_refused
from pipelines_portal.core.encryption import decrypt, encrypt

PORTAL = "Pipelines Portal"


class TwoStepStage(AuthenticateStage):
    """Two-step verification. A change that ends sessions also ends a sign-in that waits here."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        self.state["session_hash"] = self.login.user.get_session_auth_hash()
        handled: tuple[HttpResponse | None, bool] = super().handle()
        return handled

    def exit(self) -> HttpResponse:
        is_same = self.state["session_hash"] == self.login.user.get_session_auth_hash()
        response: HttpResponse = super().exit() if is_same else self.abort()
        return response

    def is_resumable(self, request: HttpRequest) -> bool:
        """Return False for a posted sign-in form, which starts again, perhaps as another person."""
        return request.method != "POST"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {"incorrect_password": texts.INCORRECT_PASSWORD}

    def get_login_stages(self) -> list[str]:
        return ["pipelines_portal.accounts.adapters.TwoStepStage"]

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign the person in, after all steps. Any other call of `login` would bypass two-step verification."""
        if not user.is_active:
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        if is_refused(user):
            raise ImmediateHttpResponse(
                refuse(
                    request,
                    "This demo account doesn’t work on this portal because its password is public.",
                    email=user.email,
                )
            )
        with transaction.atomic():
            super().login(request, user)
            record(Verb.SIGNED_IN, by=user, target=user, how=ways_used(request, user))

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return refuse(request, texts.DEACTIVATED, email=user.email)

    def reauthenticate(self, user: User, password: str) -> bool:
        return user.check_password(password)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, str]]:
        """Return the one page of the portal, which asks for what the person has."""
        return [{"id": "confirm", "description": "Confirm", "url": reverse("accounts:confirm")}]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Accept paths only, because allauth looks up a word without a slash among the URL names."""
        return url.startswith("/") and bool(super().is_safe_url(url))

    def add_message(
        self, request: HttpRequest, level: int, *args: Any, message: str | None = None, **more: Any
    ) -> None:
        """Show only messages of the portal's own views, which pass `message`."""
        if message:
            messages.add_message(request, level, message)


class TwoStepAdapter(DefaultMFAAdapter):
    """Encrypts the secrets of two-step verification in the same way as organization keys."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "Incorrect or expired code. Enter the newest code.",
        "cannot_generate_recovery_codes": "Set up two-step verification first.",
    }

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
