"""Adding and removing second steps. Each change ends the person's other sessions, and is an event, or is not made."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.http import HttpRequest

from pipelines_portal.accounts.change_mails import Change, notify_of
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.second_step.required import HAS_ONE
from pipelines_portal.accounts.second_step.steps import ALONE, LAST_USED, Type, steps_of
from pipelines_portal.accounts.sessions import open_sessions
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb

KINDS = {Type.TOTP: "authenticator app", Type.WEBAUTHN: "passkey"}
ADDED = {Type.TOTP: Change.APP_ADDED, Type.WEBAUTHN: Change.PASSKEY_ADDED}
REMOVED = {Type.TOTP: Change.APP_REMOVED, Type.WEBAUTHN: Change.PASSKEY_REMOVED}


class AlreadyThere(Exception):
    """There is one app a person, and it is set up."""


def add_app(request: HttpRequest, user: User, secret: str, step: int) -> list[str]:
    """The app that knows `secret`; the code that proved it, of `step`, is used up. New recovery codes, if any."""
    with transaction.atomic():
        _lock(user)
        if steps_of(user).filter(type=Type.TOTP).exists():
            raise AlreadyThere
        app = TOTP.activate(user, secret).instance
        app.data[LAST_USED] = step
        app.save(update_fields=["data"])
        return _added(request, user, app)


def add_passkey(request: HttpRequest, user: User, name: str, credential: dict[str, Any], *, alone: bool) -> list[str]:
    """A passkey that the browser just made; `alone` it signs in without the password. New recovery codes, if any."""
    with transaction.atomic():
        _lock(user)
        passkey = WebAuthn.add(user, name, credential).instance
        passkey.data[ALONE] = alone
        passkey.save(update_fields=["data"])
        return _added(request, user, passkey)


def _added(request: HttpRequest, user: User, step: Authenticator) -> list[str]:
    has_codes = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).exists()
    codes = [] if has_codes else RecoveryCodes.activate(user).get_unused_codes()
    record(Verb.SECOND_STEP_ADDED, by=user, target=user, kind=KINDS[Type(step.type)])
    open_sessions.end_others(request, user)
    notify_of(ADDED[Type(step.type)], user)
    return codes


def remove(request: HttpRequest, user: User, step: Authenticator) -> bool:
    """Whether it was still there. With the last one, the recovery codes go as well."""
    with transaction.atomic():
        _lock(user)
        gone, _ = Authenticator.objects.filter(pk=step.pk, user=user).delete()
        if not gone:
            return False
        if not steps_of(user).exists():
            Authenticator.objects.filter(user=user).delete()
        record(Verb.SECOND_STEP_REMOVED, by=user, target=user, kind=KINDS[Type(step.type)])
        open_sessions.end_others(request, user)
        notify_of(REMOVED[Type(step.type)], user)
        request.session.pop(HAS_ONE, None)
    return True


def make_recovery_codes(request: HttpRequest, user: User) -> list[str]:
    """New ones: the old ones stop working. None for someone without a second step."""
    with transaction.atomic():
        _lock(user)
        if not steps_of(user).exists():
            return []
        Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).delete()
        codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
        record(Verb.RECOVERY_CODES_MADE, by=user, target=user)
        open_sessions.end_others(request, user)
    return codes


def _lock(user: User) -> None:
    User.objects.select_for_update().get(pk=user.pk)
