"""The person's own password, for someone signed in."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from pipelines_portal.accounts.access import signed_in
from pipelines_portal.accounts.change_mails import Change, notify_of
from pipelines_portal.accounts.forms import OwnPasswordForm
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sessions import open_sessions
from pipelines_portal.accounts.sign_in.signing_in import by_issuer, may_enter_without_issuer
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.shared.sign_in_throttle.attempts import attempt_inside
from pipelines_portal.shared.sign_in_throttle.counting import Wait, admit, succeeded
from pipelines_portal.web.not_allowed import NotAllowed


@method_decorator(signed_in, name="dispatch")
class PasswordChange(PasswordChangeView):
    """The old password is asked for, and may be guessed by whoever sits at someone else's screen."""

    template_name = "accounts/password_change.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("accounts:account")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.user = cast(User, request.user)
        if not may_enter_without_issuer(self.user.role):
            raise NotAllowed(f"You sign in through {by_issuer()}, without a password. Nothing was changed.")
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.attempt = attempt_inside(request)
        wait = admit(self.attempt)
        return self._too_soon(wait) if wait else super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        succeeded(self.attempt)
        with transaction.atomic():
            response = super().form_valid(form)
            record(Verb.PASSWORD_CHANGED, by=self.user, target=self.user)
            open_sessions.end_others(self.request, self.user)
            notify_of(Change.PASSWORD_SET, self.user)
        messages.success(self.request, "Your password is changed. You are signed out everywhere else.")
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        if "old_password" in form.errors:
            record(Verb.PASSWORD_REFUSED, by=self.user, target=self.user, on="password change")
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _too_soon(self, wait: Wait) -> HttpResponse:
        if wait.begins:
            record(Verb.SIGN_IN_SLOWED, by=self.user, target=self.user, seconds=wait.seconds, on="password change")
        form = self.get_form_class()(self.user)
        response = self.render_to_response(self.get_context_data(form=form, wait=wait.seconds), status=429)
        response["Retry-After"] = str(wait.seconds)
        return response
