"""The pages on which two-step verification is added and removed."""

import base64
import secrets
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.accounts.confirmation import confirmed
from pipelines_portal.accounts.forms import AppForm, PasskeyForm
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.accounts.sessions import end_other_sessions
from pipelines_portal.accounts.two_step import (
    PASSWORDLESS,
    Type,
    record_two_step_added,
    remove_two_step,
    two_step_methods_of,
)
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.encryption import Undecryptable
from pipelines_portal.web.rendering import render_page

# In the session, encrypted, until the app has proved that it knows it.
NEW_SECRET = "new_app_secret"  # noqa: S105 - its name
REMOVED = {
    Type.TOTP: "Authenticator app removed · Other devices signed out",
    Type.WEBAUTHN: "Passkey removed · Other devices signed out",
}


@require_safe
@signed_in
def two_step_set_up(request: SignedInRequest) -> HttpResponse:
    """Show the ways to add two-step verification to somebody who needs it and has not set it up."""
    if two_step_methods_of(request.user).exists():
        return redirect("overview:home")
    return render_page(request, "accounts/two_step_set_up.html")


class AddMixin:
    """A view of allauth that responds with 422 to an invalid form, and shows recovery codes in the same response."""

    request: SignedInRequest
    success_url = reverse_lazy("accounts:account")

    def get_success_url(self) -> str:
        return str(self.success_url)

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[attr-defined]
        return response

    def added_response(self, sentence: str, *, has_new_codes: bool) -> HttpResponse:
        """Show new recovery codes, which are never shown again, or redirect."""
        if has_new_codes:
            codes = Authenticator.objects.get(user=self.request.user, type=Type.RECOVERY_CODES).wrap()
            context = {"codes": codes.get_unused_codes(), "sentence": sentence}
            return render_page(self.request, "accounts/recovery_codes.html", context)
        messages.success(self.request, sentence)
        return redirect(self.get_success_url())


@method_decorator([signed_in, confirmed], name="dispatch")
class AuthenticatorAdd(AddMixin, ActivateTOTPView):
    template_name = "accounts/authenticator_add.html"
    form_class = AppForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if two_step_methods_of(self.request.user).filter(type=Type.TOTP).exists():
            return self._already_set_up()
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"secret": self._secret()}

    def _secret(self) -> str:
        """Return the same secret until it is used, so that a mistyped code costs no new scan."""
        try:
            return str(get_adapter().decrypt(self.request.session[NEW_SECRET]))
        except (KeyError, Undecryptable):
            secret = base64.b32encode(secrets.token_bytes(20)).decode()
            self.request.session[NEW_SECRET] = get_adapter().encrypt(secret)
            return secret

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        context = super().get_context_data(**context)
        secret = context["form"].secret
        return context | {"parts": [secret[at : at + 4] for at in range(0, len(secret), 4)]}

    def form_valid(self, form: AppForm) -> HttpResponse:
        try:
            with transaction.atomic():
                super().form_valid(form)
                record_two_step_added(self.request, self.request.user, Type.TOTP)
        except IntegrityError:  # two at once
            return self._already_set_up()
        self.request.session.pop(NEW_SECRET, None)
        return self.added_response(
            "Authenticator app added · Other devices signed out", has_new_codes=self.did_generate_recovery_codes
        )

    def _already_set_up(self) -> HttpResponse:
        messages.warning(self.request, "You already have an authenticator app. Remove it to set up another one.")
        return redirect("accounts:account")


@method_decorator([signed_in, confirmed], name="dispatch")
class PasskeyAdd(AddMixin, AddWebAuthnView):
    template_name = "accounts/passkey_add.html"
    form_class = PasskeyForm

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Return the context with the form, which allauth would drop."""
        has_two_step = two_step_methods_of(self.request.user).exists()
        return super().get_context_data() | context | {"has_two_step": has_two_step}

    def form_valid(self, form: PasskeyForm) -> HttpResponse:
        user = self.request.user
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)
            super().form_valid(form)
            passkey = Authenticator.objects.filter(user=user, type=Type.WEBAUTHN).latest("pk")
            passkey.data[PASSWORDLESS] = bool(form.cleaned_data.get("passwordless"))
            passkey.save(update_fields=["data"])
            record_two_step_added(self.request, user, Type.WEBAUTHN)
        sentence = f"Passkey “{form.cleaned_data['name']}” added · Other devices signed out"
        return self.added_response(sentence, has_new_codes=self.did_generate_recovery_codes)


@method_decorator([signed_in, confirmed], name="dispatch")
class RecoveryCodesMake(AddMixin, GenerateRecoveryCodesView):
    template_name = "accounts/recovery_codes_make.html"

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            super().form_valid(form)
            record(Verb.RECOVERY_CODES_MADE, by=self.request.user, target=self.request.user)
            end_other_sessions(self.request, self.request.user)
        return self.added_response("New recovery codes created. The old ones no longer work.", has_new_codes=True)


@require_http_methods(["GET", "POST"])
@signed_in
@confirmed
def two_step_remove(request: SignedInRequest, step_id: int) -> HttpResponse:
    step = get_object_or_404(two_step_methods_of(request.user), pk=step_id)
    if request.method != "POST":
        context = {"step": step, "is_last": two_step_methods_of(request.user).count() == 1}
        return render_page(request, "accounts/two_step_remove.html", context)
    if remove_two_step(request, request.user, step):
        messages.success(request, REMOVED[Type(step.type)])
    return redirect("accounts:account")
