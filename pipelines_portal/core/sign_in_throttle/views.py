"""Base classes of views that check a password or a code."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from pipelines_portal.core.http.audit_log import note
from pipelines_portal.core.sign_in_throttle.throttle import Limit, admit, give_back, password_limits


class ThrottleMixin:
    """A mixin for form views: counts every POST, and answers 429 without checking the form after too many.

    An invalid form is answered with 422.
    """

    request: HttpRequest
    limits: list[Limit]

    def get_limits(self) -> list[Limit]:
        raise NotImplementedError

    def log_refused(self, form: Any) -> None:
        """Log that the form was not valid."""

    def log_slowed(self, seconds: int) -> None:
        """Log that there were too many tries."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.limits = self.get_limits()
        wait = admit(self.limits)
        if not wait:
            return super().post(request, *args, **kwargs)  # type: ignore[misc]
        self.log_slowed(wait)
        response = self.page(self.unbound_form(), status=429, wait=_try_again_in(wait))
        response["Retry-After"] = str(wait)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        self.log_refused(form)
        return self.page(form, status=422)

    def unbound_form(self) -> Any:
        kwargs = self.get_form_kwargs()  # type: ignore[attr-defined]
        unbound = {name: value for name, value in kwargs.items() if name not in ("data", "files")}
        return self.get_form_class()(**unbound)  # type: ignore[attr-defined]

    def page(self, form: Any, *, status: int, **context: Any) -> HttpResponse:
        context = self.get_context_data(form=form, **context)  # type: ignore[attr-defined]
        response: HttpResponse = self.render_to_response(context, status=status)  # type: ignore[attr-defined]
        return response


class SignInMixin(ThrottleMixin):
    """A mixin for views whose form has a password and, in the field `username`, an email."""

    def get_limits(self) -> list[Limit]:
        return password_limits(self.request, self.request.POST.get("username", ""))

    def get_initial(self) -> dict[str, Any]:
        return {"username": self.request.POST.get("username", "")[:254]}

    def log_refused(self, form: Any) -> None:
        note(self.request, "sign-in-failed", tried=self.email_for_log() or "no email")

    def log_slowed(self, seconds: int) -> None:
        note(self.request, "sign-in-slowed", tried=self.email_for_log() or "no email", seconds=seconds)

    def email_for_log(self) -> str:
        """Return the typed email, or "" if it is invalid, since people sometimes type their password there."""
        email = self.request.POST.get("username", "").strip().lower()
        try:
            validate_email(email)
        except ValidationError:
            return ""
        return email


class ThrottledLoginView(SignInMixin, LoginView):
    """A sign-in page without two-step verification."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        login(self.request, form.get_user())
        give_back(self.limits)
        note(self.request, "signed-in")
        return HttpResponseRedirect(self.get_success_url())


def _try_again_in(seconds: int) -> str:
    """Return for how long to wait after too many attempts to sign in."""
    if seconds > 90:
        return f"Try again in {-(-seconds // 60)} minutes."
    return "Try again in 1 second." if seconds == 1 else f"Try again in {seconds} seconds."
