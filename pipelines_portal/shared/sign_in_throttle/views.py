"""What the sign-in views of both programs share."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from pipelines_portal.shared.http.logs import note

from .attempts import Attempt, attempt_on, remember_device
from .counting import Wait, admit, succeeded


class SlowsGuesses:
    """Before a view whose form holds an email and a password: counts every try, and looks at no password of one that
    came too soon. Bad forms are a 422.
    """

    request: HttpRequest
    attempt: Attempt

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.attempt = attempt_on(request, self.typed_email())
        wait = admit(self.attempt)
        return self._too_soon(wait) if wait else super().post(request, *args, **kwargs)  # type: ignore[misc]

    def form_invalid(self, form: Any) -> HttpResponse:
        self.tell_refused()
        return self.page(form, status=422)

    def page(self, form: Any, *, status: int, **more: Any) -> HttpResponse:
        context = self.get_context_data(form=form, **more)  # type: ignore[attr-defined]
        response: HttpResponse = self.render_to_response(context, status=status)  # type: ignore[attr-defined]
        return response

    def _too_soon(self, wait: Wait) -> HttpResponse:
        self.tell_slowed(wait)
        # An unbound form: the password is not even looked at.
        form_class = self.get_form_class()  # type: ignore[attr-defined]
        form = form_class(self.request, initial={"username": self.typed_email()[:254]})
        response = self.page(form, status=429, wait=wait.seconds)
        response["Retry-After"] = str(wait.seconds)
        return response

    def tell_refused(self) -> None:
        """Write down that the form was refused."""
        note(self.request, "sign-in-failed", tried=self.told_email() or "no email")

    def tell_slowed(self, wait: Wait) -> None:
        """Write down that the try came too soon."""
        note(self.request, "sign-in-slowed", tried=self.told_email() or "no email", seconds=wait.seconds)

    def typed_email(self) -> str:
        return self.request.POST.get("username", "")

    def told_email(self) -> str:
        """What may be written down, or "": people in a hurry type their password where the email goes."""
        email = self.typed_email().strip().lower()
        try:
            validate_email(email)
        except ValidationError:
            return ""
        return email


class ThrottledLoginView(SlowsGuesses, LoginView):
    """The password alone signs in."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        login(self.request, form.get_user())
        succeeded(self.attempt)
        note(self.request, "signed-in")
        response = HttpResponseRedirect(self.get_success_url())
        remember_device(self.request, response, self.typed_email())
        return response
