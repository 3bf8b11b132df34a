"""The account page: name, password, two-step verification, preferences, sessions."""

from dataclasses import dataclass
from datetime import UTC

from django.contrib import messages
from django.db import transaction
from django.db.models import TextChoices
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.forms import NameForm
from pipelines_portal.accounts.models import DateFormat, NumberFormat, Theme
from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.accounts.preferences import browser_zone, set_preference
from pipelines_portal.accounts.sessions import end_other_sessions, end_session, open_sessions_of
from pipelines_portal.accounts.sign_in import idp_name, may_sign_in_without_idp
from pipelines_portal.accounts.two_step import Type, needs_two_step, recovery_codes_of, two_step_methods_of
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.texts import NAME_REMOVED
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core import times
from pipelines_portal.web.mail import mail_is_on
from pipelines_portal.web.rendering import render_page


@require_safe
@signed_in
def account(request: SignedInRequest) -> HttpResponse:
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def name_change(request: SignedInRequest) -> HttpResponse:
    before = request.user.name
    form = NameForm(request.POST if request.method == "POST" else None, instance=request.user)
    if not form.is_valid():
        request.user.name = before
        return render_page(request, "accounts/name_change.html", {"form": form}, status=422 if form.is_bound else 200)
    with transaction.atomic():
        form.save()
        kind = {} if request.user.name else {"kind": NAME_REMOVED}
        record(Verb.PERSON_RENAMED, by=request.user, target=request.user, before=before, **kind)
    messages.success(request, "Name saved")
    return redirect("accounts:account")


@require_POST
@signed_in
def preference(request: SignedInRequest) -> HttpResponse:
    """Store a preference, from any page that has a switch for it, and redirect back to that page."""
    if not set_preference(request.user, request.POST.get("name", ""), request.POST.get("value", "")):
        return _page(request, status=422, is_unknown_choice=True)
    if request.htmx:
        return HttpResponse(status=204)
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return HttpResponseRedirect(back)
    messages.success(request, "Preferences saved")
    return redirect("accounts:account")


@require_POST
@signed_in
def session_end(request: SignedInRequest, mark: str) -> HttpResponse:
    if end_session(request.user, mark):
        messages.success(request, "Device signed out")
    else:
        messages.warning(request, "This device was already signed out.")
    return redirect("accounts:account")


@require_POST
@signed_in
def sessions_end_others(request: SignedInRequest) -> HttpResponse:
    with transaction.atomic():
        end_other_sessions(request, request.user)
        record(Verb.SESSION_ENDED, by=request.user, target=request.user, device="all others")
    messages.success(request, "Other devices signed out")
    return redirect("accounts:account")


@dataclass(frozen=True)
class Choice:
    """A preference with few values."""

    name: str
    label: str
    help: str
    type: type[TextChoices]
    chosen: str

    @property
    def values(self) -> list[tuple[str, str]]:
        return self.type.choices


def _page(request: SignedInRequest, status: int = 200, *, is_unknown_choice: bool = False) -> HttpResponse:
    user = request.user
    steps = list(two_step_methods_of(user))
    context = {
        "memberships": user.memberships.select_related("team"),
        "has_password": user.has_usable_password() and may_sign_in_without_idp(user.role),
        "idp": idp_name(),
        "passkeys": [step for step in steps if step.type == Type.WEBAUTHN],
        "app": next((step for step in steps if step.type == Type.TOTP), None),
        "codes": recovery_codes_of(user),
        "is_asked_for": needs_two_step(user),
        "sessions": open_sessions_of(user, request),
        "zones": times.zone_choices(),
        "choices": [
            Choice("number_format", "Number format", "How 1.240 is read", NumberFormat, user.number_format),
            Choice("date_format", "Date format", "How 3/5/2026 is read", DateFormat, user.date_format),
            Choice("theme", "Theme", "Colors of all pages", Theme, user.theme),
        ],
        "browser_zone": times.place(browser_zone(request) or UTC),
        "mail_is_on": mail_is_on(),
        "is_unknown_choice": is_unknown_choice,
    }
    return render_page(request, "accounts/account.html", context, status=status)
