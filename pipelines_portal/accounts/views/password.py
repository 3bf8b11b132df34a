"""A new password: for someone who is signed in, and for someone who forgot theirs."""

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

from pipelines_portal.accounts.access import signed_in
from pipelines_portal.accounts.change_mails import Change, notify_of
from pipelines_portal.accounts.forms import ForgottenForm, NewPasswordForm, OwnPasswordForm
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.passwords import mail_reset_link, person_of_link, set_password
from pipelines_portal.accounts.sessions import open_sessions
from pipelines_portal.accounts.signing_in import by_issuer, may_enter_without_issuer, record_slowed
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.mail import mail_is_on
from pipelines_portal.core.not_allowed import NotAllowed
from pipelines_portal.core.rendering import render_page
from pipelines_portal.core.sign_in_throttle.throttle import Limit, give_back, password_limits, person_limits
from pipelines_portal.core.sign_in_throttle.views import ThrottleMixin

USED_UP = "This link does not work any more: links work once, and for an hour. Ask for a new one."


@method_decorator(signed_in, name="dispatch")
class PasswordChange(ThrottleMixin, PasswordChangeView):
    """The old password is asked for, and may be guessed by somebody at a colleague's screen."""

    template_name = "accounts/password_change.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("accounts:account")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.user = cast(User, request.user)
        if not may_enter_without_issuer(self.user.role):
            raise NotAllowed(f"You sign in through {by_issuer()}, without a password. Nothing was changed.")
        return super().dispatch(request, *args, **kwargs)

    def get_limits(self) -> list[Limit]:
        return person_limits(self.request)

    def form_valid(self, form: Any) -> HttpResponse:
        give_back(self.limits)
        with transaction.atomic():
            response = super().form_valid(form)
            record(Verb.PASSWORD_CHANGED, by=self.user, target=self.user)
            open_sessions.end_others(self.request, self.user)
            notify_of(Change.PASSWORD_SET, self.user)
        messages.success(self.request, "Your password is changed. You are signed out everywhere else.")
        return response

    def log_refused(self, form: Any) -> None:
        if "old_password" in form.errors:
            record(Verb.PASSWORD_REFUSED, by=self.user, target=self.user, on="password change")

    def log_slowed(self, seconds: int) -> None:
        record_slowed(self.request, seconds, on="password change")


class PasswordForgotten(ThrottleMixin, FormView):  # type: ignore[type-arg]
    """The response is the same whether or not somebody has that email. A job mails, so that its time tells nothing."""

    template_name = "accounts/password_forgotten.html"
    form_class = ForgottenForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without mail, the page says so."""
        response: HttpResponse = super().post(request, *args, **kwargs) if mail_is_on() else self.get(request)
        return response

    def get_limits(self) -> list[Limit]:
        return password_limits(self.request, self._typed_email(), "reset")

    def get_initial(self) -> dict[str, Any]:
        return {"email": self._typed_email()[:254]}

    def _typed_email(self) -> str:
        return self.request.POST.get("email", "")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context) | {"mail_is_on": mail_is_on()}

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        email = form.cleaned_data["email"].lower()
        with transaction.atomic():
            record(Verb.PASSWORD_RESET_ASKED, by=None, actor_email=email)
            mail_reset_link.enqueue(email)
        return self.page(form, status=200, sent_to=email)


@never_cache
@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Set the password, and sign nobody in: that is left to the sign-in page, with its second step."""
    user = person_of_link(uid, token)
    if user is None:
        return _used_up(request)
    form = NewPasswordForm(user, request.POST or None)
    if not form.is_valid():
        context = {"form": form, "person": user}
        return render_page(request, "accounts/password_reset.html", context, status=422 if form.errors else 200)
    if not set_password(uid, token, form.cleaned_data["new_password1"]):
        return _used_up(request)
    messages.success(request, "Your password is set. Sign in with it.")
    return redirect("accounts:sign_in")


def _used_up(request: HttpRequest) -> HttpResponse:
    return render_page(request, "accounts/refused.html", {"sentence": USED_UP}, status=410)
