"""Who must have a second step and has none sets one up, and does nothing else before."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.second_step.steps import must_have_one, steps_of
from pipelines_portal.web.rendering import htmx_of

# In the session: it has one. Whatever takes it away ends the session or this mark.
HAS_ONE = "has_second_step"
OPEN = {
    "accounts:sign_in", "accounts:sign_out", "accounts:second_step_set_up", "accounts:authenticator_add",
    "accounts:passkey_add", "accounts:confirm", "accounts:issuer_sign_in", "accounts:issuer_callback",
}  # fmt: skip


class RequiredSecondStepMiddleware:
    """Asks the database once a session, and never while REQUIRE_SECOND_FACTOR is off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if settings.REQUIRE_SECOND_FACTOR == "off" or (match and match.view_name in OPEN):
            return None
        return _lead_to_set_up(request) if lacks_one(request) else None


def lacks_one(request: HttpRequest) -> bool:
    """Whether whoever is signed in must have a second step and has none: they see nothing of the portal yet."""
    user = request.user
    if not isinstance(user, User) or not must_have_one(user) or request.session.get(HAS_ONE):
        return False
    request.session[HAS_ONE] = steps_of(user).exists()
    return not request.session[HAS_ONE]


def _lead_to_set_up(request: HttpRequest) -> HttpResponse:
    if htmx_of(request):
        return HttpResponseClientRedirect(reverse("accounts:second_step_set_up"), status=403)
    if request.method == "POST":
        messages.warning(request, "Nothing was sent or changed: this portal asks for a second step first.")
    return redirect("accounts:second_step_set_up")
