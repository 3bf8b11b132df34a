"""The pages for a new password, with the old one or through a reset link."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView

from pipelines_portal.accounts.change_mails import AccountChange, notify_of_change
from pipelines_portal.accounts.forms import ForgottenForm, NewPasswordForm, OwnPasswordForm
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.passwords import LINK_MINUTES, mail_reset_link, set_password, user_of_link
from pipelines_portal.accounts.permissions import signed_in
from pipelines_portal.accounts.sessions import end_other_sessions
from pipelines_portal.accounts.sign_in import idp_name, may_sign_in_without_idp, record_slowed
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.sign_in_throttle.throttle import Limit, give_back, password_limits, person_limits
from pipelines_portal.core.sign_in_throttle.views import ThrottleMixin
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.web.mail import mail_is_on
from pipelines_portal.web.rendering import render_page


@method_decorator(signed_in, name="dispatch")
class PasswordChange(ThrottleMixin, PasswordChangeView):
    """Change the password. The old one is throttled, because somebody at a colleague's screen may guess it."""

    template_name = "accounts/password_change.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("accounts:account")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.user = cast(User, request.user)
        if not may_sign_in_without_idp(self.user.role):
            raise NotAllowed(f"You sign in with {idp_name()}, so you have no password here.")
        return super().dispatch(request, *args, **kwargs)

    def get_limits(self) -> list[Limit]:
        return person_limits(self.request)

    def form_valid(self, form: Any) -> HttpResponse:
        give_back(self.limits)
        with transaction.atomic():
            response = super().form_valid(form)
            record(Verb.PASSWORD_CHANGED, by=self.user, target=self.user)
            end_other_sessions(self.request, self.user)
            notify_of_change(AccountChange.PASSWORD_SET, self.user)
        messages.success(self.request, "Password changed · Other devices signed out")
        return response

    def log_refused(self, form: Any) -> None:
        if "old_password" in form.errors:
            record(Verb.PASSWORD_REFUSED, by=self.user, target=self.user, on="password change")

    def log_slowed(self, seconds: int) -> None:
        record_slowed(self.request, seconds, on="password change")


class PasswordForgotten(ThrottleMixin, FormView):  # type: ignore[type-arg]
    """Mail a reset link. The response, and its time, are the same whether or not somebody has the email."""

    template_name = "accounts/password_forgotten.html"
    form_class = ForgottenForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page again if mail is not set up. It says so."""
        response: HttpResponse = super().post(request, *args, **kwargs) if mail_is_on() else self.get(request)
        return response

    def get_limits(self) -> list[Limit]:
        return password_limits(self.request, self._typed_email(), "reset")

    def get_initial(self) -> dict[str, Any]:
        return {"email": self._typed_email()[:254]}

    def _typed_email(self) -> str:
        return self.request.POST.get("email", "")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context) | {"mail_is_on": mail_is_on(), "minutes": LINK_MINUTES}

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        email = form.cleaned_data["email"].lower()
        with transaction.atomic():
            record(Verb.PASSWORD_RESET_REQUESTED, by=None, actor_email=email)
            mail_reset_link.enqueue(email)
        return self.page(form, status=200, sent_to=email)


@never_cache
@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Set the password. The person signs in afterwards, with two-step verification."""
    user = user_of_link(uid, token)
    if user is None:
        return _link_expired(request)
    form = NewPasswordForm(user, request.POST or None)
    if not form.is_valid():
        context = {"form": form, "person": user}
        return render_page(request, "accounts/password_reset.html", context, status=422 if form.errors else 200)
    if not set_password(uid, token, form.cleaned_data["new_password1"]):
        return _link_expired(request)
    messages.success(request, "Password changed. Sign in with your new password.")
    return redirect("accounts:sign_in")


def _link_expired(request: HttpRequest) -> HttpResponse:
    context = {
        "title": "This link doesn’t work",
        "sentence": "This link was already used or has expired. Sign in, or ask your administrator for a new link.",
    }
    return render_page(request, "accounts/refused.html", context, status=410)
