"""Two-step verification of the sign-in: who has it, who needs it, and how it is removed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.change_mails import AccountChange, notify_of_change
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sessions import end_all_sessions, end_other_sessions
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.sign_in_throttle.throttle import admit, limit_on
from pipelines_portal.web.rendering import htmx_of

Type = Authenticator.Type
KINDS = {Type.TOTP: "authenticator app", Type.WEBAUTHN: "passkey"}
ADDED = {Type.TOTP: AccountChange.APP_ADDED, Type.WEBAUTHN: AccountChange.PASSKEY_ADDED}
REMOVED = {Type.TOTP: AccountChange.APP_REMOVED, Type.WEBAUTHN: AccountChange.PASSKEY_REMOVED}
# In a passkey's data: True, or missing, if the passkey may sign in without the password.
PASSWORDLESS = "alone"
# An app's code is accepted in its half minute, and in the one before and after. This is longer.
CODE_WINDOW = timedelta(minutes=2)
# In the session: True if the person has two-step verification. Removing the last method ends it.
SESSION_MARK = "has_second_step"
# The pages that stay open to somebody who must set up two-step verification first.
OPEN_VIEWS = {
    "accounts:sign_in", "accounts:sign_out", "accounts:two_step_set_up", "accounts:authenticator_add",
    "accounts:passkey_add", "accounts:confirm", "accounts:idp_sign_in", "accounts:idp_callback",
}  # fmt: skip
# An annotation for a queryset of people.
HAS_TWO_STEP = Exists(Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Type.RECOVERY_CODES))


def two_step_methods_of(user: User) -> "QuerySet[Authenticator]":
    """Return the person's methods of two-step verification. Recovery codes are none: they only replace one."""
    return Authenticator.objects.filter(user=user).exclude(type=Type.RECOVERY_CODES).order_by("created_at")


def recovery_codes_of(user: User) -> Authenticator | None:
    """Return the person's recovery codes, annotated with the numbers `made` and `unused`."""
    codes = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    if codes is not None:
        codes.made = mfa_settings.RECOVERY_CODE_COUNT
        codes.unused = codes.made - int(codes.data.get("used_mask", 0)).bit_count()
    return codes


def use_code_once(user: User, code: str) -> bool:
    """Return True for the first use of an authenticator app's code, even if two processes check it at once."""
    digits = "".join(sign for sign in code if sign.isdigit())
    return not admit([limit_on("used code", str(user.pk), digits, tries=1, window=CODE_WINDOW)])


def needs_two_step(user: User) -> bool:
    """Return whether REQUIRE_SECOND_FACTOR asks `user` for two-step verification."""
    required = settings.REQUIRE_SECOND_FACTOR
    return required == "everybody" or (required == "administrators" and user.is_administrator)


def lacks_two_step(request: HttpRequest) -> bool:
    """Return whether the person needs two-step verification and has not set it up. They may not see the portal yet."""
    user = request.user
    if not isinstance(user, User) or not needs_two_step(user) or request.session.get(SESSION_MARK):
        return False
    request.session[SESSION_MARK] = two_step_methods_of(user).exists()
    return not request.session[SESSION_MARK]


def record_two_step_added(request: HttpRequest, user: User, kind: Authenticator.Type) -> None:
    """Record the new method and end other sessions. Call it in the transaction that adds the method."""
    record(Verb.TWO_STEP_ADDED, by=user, target=user, kind=KINDS[kind])
    end_other_sessions(request, user)
    notify_of_change(ADDED[kind], user)


def remove_two_step(request: HttpRequest, user: User, step: Authenticator) -> bool:
    """Delete a method, and with the last one the recovery codes. Return False if it was deleted already."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        deleted, _ = Authenticator.objects.filter(pk=step.pk, user=user).delete()
        if not deleted:
            return False
        if not two_step_methods_of(user).exists():
            Authenticator.objects.filter(user=user).delete()
        kind = Type(step.type)
        record(Verb.TWO_STEP_REMOVED, by=user, target=user, kind=KINDS[kind])
        end_other_sessions(request, user)
        notify_of_change(REMOVED[kind], user)
        request.session.pop(SESSION_MARK, None)
    return True


def reset_two_step_methods(user: User, by: User) -> None:
    """Delete all methods of the person, for an administrator: they sign in with the password alone."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        end_all_sessions(user)
        record(Verb.TWO_STEP_RESET, by=by, target=user)
        notify_of_change(AccountChange.TWO_STEP_REMOVED, user)


class RequiredTwoStepMiddleware:
    """Redirect people who need two-step verification and have none to the page that sets it up.

    The database is asked once a session, and never while REQUIRE_SECOND_FACTOR is off.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if settings.REQUIRE_SECOND_FACTOR == "off" or (match and match.view_name in OPEN_VIEWS):
            return None
        return _redirect_to_set_up(request) if lacks_two_step(request) else None


def _redirect_to_set_up(request: HttpRequest) -> HttpResponse:
    if htmx_of(request):
        return HttpResponseClientRedirect(reverse("accounts:two_step_set_up"), status=403)
    if request.method == "POST":
        messages.warning(request, "Your change wasn’t saved. Set up two-step verification first.")
    return redirect("accounts:two_step_set_up")
