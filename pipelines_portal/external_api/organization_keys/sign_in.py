"""Signing in to the organization keys pages."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pipelines_portal.external_api.rate_limits import count_failure, locked_out


class SignInView(LoginView):
    """Failures feed the bucket of failed authentication, which a wrong key feeds too."""

    template_name = "external_api/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        seconds = locked_out(request)
        if seconds:
            context = {"seconds": seconds}
            answer = render(request, "external_api/too_many_attempts.html", context, status=429)
            answer["Retry-After"] = str(seconds)
            return answer
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        count_failure(self.request)
        return self.render_to_response(self.get_context_data(form=form), status=422)
