"""What the sign-in views of both programs share."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from pipelines_portal.shared.http.logs import note

from .attempts import attempt_on, remember_device
from .counting import admit, succeeded


class ThrottledLoginView(LoginView):
    """Counts every try, and looks at no password of one that came too soon. Bad forms are a 422."""

    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.attempt = attempt_on(request, self._email())
        wait = admit(self.attempt)
        return self._too_soon(wait) if wait else super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        login(self.request, form.get_user())
        succeeded(self.attempt)
        note(self.request, "signed-in")
        response = self.welcome()
        remember_device(self.request, response, self._email())
        return response

    def welcome(self) -> HttpResponse:
        """Where someone who has just signed in goes on."""
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        note(self.request, "sign-in-failed", tried=self._told())
        return self.page(form, status=422)

    def page(self, form: AuthenticationForm, *, status: int, **more: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, **more), status=status)

    def _too_soon(self, wait: int) -> HttpResponse:
        note(self.request, "sign-in-slowed", tried=self._told(), seconds=wait)
        # An unbound form: the password is not even looked at.
        form = self.get_form_class()(self.request, initial={"username": self._email()[:254]})
        response = self.page(form, status=429, wait=wait)
        response["Retry-After"] = str(wait)
        return response

    def _email(self) -> str:
        return self.request.POST.get("username", "")

    def _told(self) -> str:
        """For the log: people in a hurry type their password where the email goes."""
        try:
            validate_email(self._email().strip())
        except ValidationError:
            return "no email"
        return self._email().strip().lower()
