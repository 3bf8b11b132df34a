"""The page on which people confirm who they are."""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.confirmation import FORMS, confirm_page, way_to_confirm
from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.accounts.restored_forms import carried_values
from pipelines_portal.accounts.sign_in import record_slowed
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.sign_in_throttle.throttle import Limit, code_limits, give_back, person_limits
from pipelines_portal.core.sign_in_throttle.views import ThrottleMixin
from pipelines_portal.web.rendering import render_page


class Confirm(ThrottleMixin):
    request: SignedInRequest
    way: str

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(self.unbound_form(), status=200)

    def form_valid(self, form: Any) -> HttpResponse:
        give_back(self.limits)
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        if post_to := _post_to(self.request):
            context = {"address": post_to, "typed": carried_values(self.request), "is_confirmed": True}
            return render_page(self.request, "accounts/continue.html", context)
        return response

    def get_default_success_url(self) -> str:
        return reverse("accounts:account")

    def log_refused(self, form: Any) -> None:
        user = self.request.user
        record(Verb.PASSWORD_REFUSED, by=user, target=user, on="confirming", way=self.way)

    def log_slowed(self, seconds: int) -> None:
        record_slowed(self.request, seconds, on="confirming")

    def page(self, form: Any, *, status: int, **context: Any) -> HttpResponse:
        return confirm_page(self.request, self.way, form, _context(self.request) | context, status)


class ConfirmByPassword(Confirm, ReauthenticateView):
    way, form_class = "password", FORMS["password"]

    def get_limits(self) -> list[Limit]:
        """Share the limits of the password page."""
        return person_limits(self.request)


class ConfirmByCode(Confirm, ReauthenticateByCodeView):
    way, form_class = "code", FORMS["code"]

    def get_limits(self) -> list[Limit]:
        """Share the limits of the sign-in."""
        return code_limits(self.request, self.request.user.email)


VIEWS = {"password": ConfirmByPassword.as_view(), "code": ConfirmByCode.as_view()}


@require_http_methods(["GET", "POST"])
@signed_in
def confirm(request: SignedInRequest) -> HttpResponseBase:
    way = way_to_confirm(request.user)
    return VIEWS[way](request) if way in VIEWS else confirm_page(request, way, None, _context(request), 200)


def _context(request: SignedInRequest) -> dict[str, Any]:
    return {
        "next": get_next_redirect_url(request) or "", "post_to": _post_to(request), "typed": carried_values(request),
    }  # fmt: skip


def _post_to(request: SignedInRequest) -> str:
    """Return the address to which the waiting form is posted, or an empty text if there is none."""
    path = request.POST.get("post_to", "")
    return path if url_has_allowed_host_and_scheme(path, None) else ""
