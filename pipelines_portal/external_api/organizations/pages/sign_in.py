"""Signing in to the organization keys pages, and out."""

from typing import Any

from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse

from pipelines_portal.core.http.logs import note
from pipelines_portal.core.sign_in_throttle.views import ThrottledLoginView


class SignInView(ThrottledLoginView):
    """Counted apart from wrong keys: what programs do wrong keeps nobody from signing in."""

    template_name = "external_api/sign_in.html"


class SignOutView(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            note(request, "signed-out")
        return super().post(request, *args, **kwargs)
