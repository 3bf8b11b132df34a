"""Pages of two-step verification: the code at the sign-in, setting it up, and turning it off."""

import base64
import time
from typing import Any

import qrcode
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView
from qrcode.image.svg import SvgPathImage

from pipelines_portal.core.encryption import Undecryptable, decrypt, encrypt
from pipelines_portal.core.http.audit_log import note
from pipelines_portal.core.sign_in_throttle.throttle import Limit, code_limits, give_back, person_limits
from pipelines_portal.core.sign_in_throttle.views import ThrottleMixin
from pipelines_portal.external_api.models import AuthenticatorApp, Person
from pipelines_portal.external_api.organizations import texts, two_step
from pipelines_portal.external_api.organizations.pages.forms import CodeForm, TwoStepForm, TwoStepRemovalForm
from pipelines_portal.external_api.organizations.pages.permissions import AdminRequest, for_admins

# In the session of somebody whose password was right, and who is not signed in yet.
PENDING = "two_step_pending"
PENDING_SECONDS = 600
# In the session, encrypted, until the app has proved that it knows it.
NEW_SECRET = "two_step_secret"  # noqa: S105 - its name


def ask_for_code(request: HttpRequest, person: Person, next_url: str) -> HttpResponse:
    """Remember who gave the right password, and ask for a code. This gives the session no rights."""
    request.session.cycle_key()
    request.session[PENDING] = {
        "person": person.pk,
        "password_hash": person.get_session_auth_hash(),
        "until": int(time.time()) + PENDING_SECONDS,
        "next": next_url,
    }
    return redirect("organization_keys:sign_in_code")


def person_who_waits(request: HttpRequest, *, lock: bool = False) -> Person | None:
    """Return the person whose code is awaited here, unless their password has changed since they entered it."""
    pending = request.session.get(PENDING)
    if pending is None or pending["until"] < time.time():
        return None
    people = Person.objects.select_for_update() if lock else Person.objects.all()
    person = people.filter(pk=pending["person"], is_active=True).first()
    is_same = person and constant_time_compare(person.get_session_auth_hash(), pending["password_hash"])
    return person if is_same else None


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SignInCodeView(ThrottleMixin, FormView[CodeForm]):
    """Ask for a code after the password."""

    template_name = "external_api/sign_in_code.html"
    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person = person_who_waits(request)
        if person is None or request.user.is_authenticated:
            return redirect("organization_keys:sign_in")
        self.person = person
        return super().dispatch(request, *args, **kwargs)

    def get_limits(self) -> list[Limit]:
        return code_limits(self.request, self.person.email)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context) | {"person": self.person}

    def log_refused(self, form: Any) -> None:
        note(self.request, "two-step-failed", tried=self.person.email)

    def log_slowed(self, seconds: int) -> None:
        note(self.request, "sign-in-slowed", tried=self.person.email, seconds=seconds)

    @transaction.atomic
    def form_valid(self, form: CodeForm) -> HttpResponse:
        person = person_who_waits(self.request, lock=True)
        if person is None:
            return redirect("organization_keys:sign_in")
        if not two_step.use_code(person, form.cleaned_data["code"]):
            form.add_error("code", texts.INCORRECT_CODE)
            return self.form_invalid(form)
        next_url = self.request.session.pop(PENDING)["next"]
        login(self.request, person)
        give_back(self.limits)
        note(self.request, "signed-in", two_step=True, recovery_codes_left=person.recovery_codes.count())
        return redirect(next_url)


class _OwnTwoStepView(ThrottleMixin, FormView[TwoStepForm]):
    """A form with a person's own password and a code. Both are throttled: others may guess at this screen."""

    request: AdminRequest
    success_url = reverse_lazy("organization_keys:two_step")

    def get_limits(self) -> list[Limit]:
        return [*person_limits(self.request), *code_limits(self.request, self.request.user.email)]

    def get_form_kwargs(self) -> dict[str, Any]:
        """Lock the person, as for a change of the password."""
        people = Person.objects.select_for_update() if self.request.method == "POST" else Person.objects.all()
        return super().get_form_kwargs() | {"person": people.get(pk=self.request.user.pk)}

    def log_refused(self, form: Any) -> None:
        note(self.request, "two-step-failed")


@method_decorator([for_admins, sensitive_post_parameters()], name="dispatch")
@method_decorator(transaction.atomic, name="post")
class TwoStepView(_OwnTwoStepView):
    """Show that two-step verification is on, or set it up."""

    template_name = "external_api/two_step.html"
    form_class = TwoStepForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        app = AuthenticatorApp.objects.filter(person=self.request.user).first()
        if app is not None:
            context = {"app": app, "codes_left": self.request.user.recovery_codes.count()}
            status = 409 if request.method == "POST" else 200
            return render(request, "external_api/two_step_on.html", context, status=status)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"secret": self._secret()}

    def _secret(self) -> bytes:
        """Return the same secret until it is used, so that a mistyped code costs no new scan."""
        try:
            return decrypt(self.request.session[NEW_SECRET].encode())
        except (KeyError, Undecryptable):
            secret = two_step.new_secret()
            self.request.session[NEW_SECRET] = encrypt(secret).decode()
            return secret

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        context = super().get_context_data(**context)
        form = context["form"]
        secret = two_step.as_text(form.secret)
        parts = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        return context | {"parts": parts, "qr": _qr_code(two_step.app_url(form.person, form.secret))}

    def form_valid(self, form: TwoStepForm) -> HttpResponse:
        person = form.person
        try:
            codes = two_step.turn_on(person, form.secret, form.step, form.cleaned_data["password"])
        except two_step.AlreadyOnError:
            return redirect("organization_keys:two_step")
        del self.request.session[NEW_SECRET]
        update_session_auth_hash(self.request, person)
        give_back(self.limits)
        note(self.request, "two-step-set-up")
        return render(self.request, "external_api/recovery_codes.html", {"codes": codes})


@method_decorator([for_admins, sensitive_post_parameters()], name="dispatch")
@method_decorator(transaction.atomic, name="post")
class TwoStepRemoveView(_OwnTwoStepView):
    """Turn two-step verification off."""

    template_name = "external_api/two_step_remove.html"
    form_class = TwoStepRemovalForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not two_step.is_on(self.request.user):
            return redirect("organization_keys:two_step")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: TwoStepForm) -> HttpResponse:
        two_step.turn_off(form.person, form.cleaned_data["password"])
        update_session_auth_hash(self.request, form.person)
        give_back(self.limits)
        note(self.request, "two-step-removed")
        messages.success(self.request, texts.TWO_STEP_REMOVED)
        return redirect("organization_keys:two_step")


def _qr_code(text: str) -> str:
    """Return a QR code as the URL of an image."""
    image = qrcode.make(text, image_factory=SvgPathImage).to_string()
    return f"data:image/svg+xml;base64,{base64.b64encode(image).decode()}"
