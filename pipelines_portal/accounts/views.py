from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from pipelines_portal.shared.http.logs import note
from pipelines_portal.shared.sign_in_throttle.attempts import attempt_inside
from pipelines_portal.shared.sign_in_throttle.counting import admit, succeeded
from pipelines_portal.shared.sign_in_throttle.views import ThrottledLoginView

from .access import signed_in
from .forms import SignInForm
from .models import User
from .restored_forms import kept_pairs, offer_to_continue


class SignIn(ThrottledLoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm

    def welcome(self) -> HttpResponse:
        pairs = kept_pairs(self.request)
        return offer_to_continue(self.request, self.get_success_url(), pairs) if pairs else super().welcome()

    def page(self, form: AuthenticationForm, *, status: int, **more: Any) -> HttpResponse:
        return super().page(form, status=status, kept=kept_pairs(self.request), **more)


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            note(request, "signed-out")
        return super().post(request, *args, **kwargs)


@method_decorator(signed_in, name="dispatch")
class PasswordChange(PasswordChangeView):
    """The old password is asked for, and may be guessed by whoever sits at someone else's screen."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:password_change")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.attempt = attempt_inside(request)
        wait = admit(self.attempt)
        return self._too_soon(wait) if wait else super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        succeeded(self.attempt)
        note(self.request, "password-changed")
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        note(self.request, "password-change-failed")
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _too_soon(self, wait: int) -> HttpResponse:
        note(self.request, "password-change-slowed", seconds=wait)
        form = self.get_form_class()(cast(User, self.request.user))
        response = self.render_to_response(self.get_context_data(form=form, wait=wait), status=429)
        response["Retry-After"] = str(wait)
        return response
