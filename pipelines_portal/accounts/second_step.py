"""Second steps: who has one, who must have one, and removing them."""

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

from pipelines_portal.accounts.change_mails import Change, notify_of
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sessions import open_sessions
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.rendering import htmx_of
from pipelines_portal.core.sign_in_throttle.throttle import admit, limit_on

Type = Authenticator.Type
KINDS = {Type.TOTP: "authenticator app", Type.WEBAUTHN: "passkey"}
ADDED = {Type.TOTP: Change.APP_ADDED, Type.WEBAUTHN: Change.PASSKEY_ADDED}
REMOVED = {Type.TOTP: Change.APP_REMOVED, Type.WEBAUTHN: Change.PASSKEY_REMOVED}
# In a passkey's data: whether its owner lets it sign in without the password. True where it is missing.
ALONE = "alone"
# Longer than an app's code is accepted: in its half minute, and in the one before and after it.
CODE_WINDOW = timedelta(minutes=2)
# In the session: the person has a second step. Whatever removes it ends the session or removes this mark.
HAS_ONE = "has_second_step"
# Pages of somebody who must set up a second step first.
OPEN = {
    "accounts:sign_in", "accounts:sign_out", "accounts:second_step_set_up", "accounts:authenticator_add",
    "accounts:passkey_add", "accounts:confirm", "accounts:issuer_sign_in", "accounts:issuer_callback",
}  # fmt: skip
# For a queryset of people.
HAS_SECOND_STEP = Exists(Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Type.RECOVERY_CODES))


def steps_of(user: User) -> "QuerySet[Authenticator]":
    """What can be asked for after the password. Recovery codes only stand in for it."""
    return Authenticator.objects.filter(user=user).exclude(type=Type.RECOVERY_CODES).order_by("created_at")


def codes_left(user: User) -> Authenticator | None:
    """Return their recovery codes, with how many are `unused` of how many were `made`."""
    codes = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    if codes is not None:
        codes.made = mfa_settings.RECOVERY_CODE_COUNT
        codes.unused = codes.made - int(codes.data.get("used_mask", 0)).bit_count()
    return codes


def use_up(user: User, code: str) -> bool:
    """Return True for the first use of an authenticator app's code, also of two at once in different processes."""
    digits = "".join(sign for sign in code if sign.isdigit())
    return not admit([limit_on("used code", str(user.pk), digits, tries=1, window=CODE_WINDOW)])


def must_have_one(user: User) -> bool:
    """Return whether REQUIRE_SECOND_FACTOR asks `user` for a second step."""
    asked = settings.REQUIRE_SECOND_FACTOR
    return asked == "everybody" or (asked == "administrators" and user.is_administrator)


def lacks_one(request: HttpRequest) -> bool:
    """Return whether the person must have a second step and has none: they see nothing of the portal yet."""
    user = request.user
    if not isinstance(user, User) or not must_have_one(user) or request.session.get(HAS_ONE):
        return False
    request.session[HAS_ONE] = steps_of(user).exists()
    return not request.session[HAS_ONE]


def record_added(request: HttpRequest, user: User, kind: Authenticator.Type) -> None:
    """Call it in the transaction that adds the second step."""
    record(Verb.SECOND_STEP_ADDED, by=user, target=user, kind=KINDS[kind])
    open_sessions.end_others(request, user)
    notify_of(ADDED[kind], user)


def remove(request: HttpRequest, user: User, step: Authenticator) -> bool:
    """Return whether it was still there. With the last one, the recovery codes go as well."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        gone, _ = Authenticator.objects.filter(pk=step.pk, user=user).delete()
        if not gone:
            return False
        if not steps_of(user).exists():
            Authenticator.objects.filter(user=user).delete()
        kind = Type(step.type)
        record(Verb.SECOND_STEP_REMOVED, by=user, target=user, kind=KINDS[kind])
        open_sessions.end_others(request, user)
        notify_of(REMOVED[kind], user)
        request.session.pop(HAS_ONE, None)
    return True


def take_away(user: User, by: User) -> None:
    """Remove all of somebody's second steps, for an administrator. They sign in with the password, and set up again."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        open_sessions.end_all(user)
        record(Verb.SECOND_STEP_RESET, by=by, target=user)
        notify_of(Change.SECOND_STEP_REMOVED, user)


class RequiredSecondStepMiddleware:
    """Leads people who must have a second step and have none to setting one up.

    Asks the database once a session, and never while REQUIRE_SECOND_FACTOR is off.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if settings.REQUIRE_SECOND_FACTOR == "off" or (match and match.view_name in OPEN):
            return None
        return _lead_to_set_up(request) if lacks_one(request) else None


def _lead_to_set_up(request: HttpRequest) -> HttpResponse:
    if htmx_of(request):
        return HttpResponseClientRedirect(reverse("accounts:second_step_set_up"), status=403)
    if request.method == "POST":
        messages.warning(request, "Nothing was sent or changed: this portal asks for a second step first.")
    return redirect("accounts:second_step_set_up")
