"""Second steps: who has one, whether a code is theirs, and taking them away."""

from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.crypto import constant_time_compare

from pipelines_portal.accounts.change_mails import Change, notify_of
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sessions import open_sessions
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb

Type = Authenticator.Type
# The number of the half minute whose code was used last.
LAST_USED = "last_used"
# With a passkey: whether its owner lets it sign in without the password. Those from before it was kept do.
ALONE = "alone"


def steps_of(user: User) -> "QuerySet[Authenticator]":
    """What can be asked for after the password; recovery codes only stand in for it."""
    return Authenticator.objects.filter(user=user).exclude(type=Type.RECOVERY_CODES).order_by("created_at")


# Of people, in a query of them.
HAS_SECOND_STEP = Exists(Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Type.RECOVERY_CODES))


def codes_left(user: User) -> Authenticator | None:
    """Their recovery codes, with how many are `unused` of how many were `made`; None when they have none."""
    kept = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    if kept is not None:
        kept.made = mfa_settings.RECOVERY_CODE_COUNT
        kept.unused = kept.made - int(kept.data.get("used_mask", 0)).bit_count()
    return kept


def must_have_one(user: User) -> bool:
    """Whether REQUIRE_SECOND_FACTOR asks `user` for one."""
    asked = settings.REQUIRE_SECOND_FACTOR
    return asked == "everybody" or (asked == "administrators" and user.is_administrator)


def use_code(user: User, code: str) -> Authenticator | None:
    """What `code` belongs to, and it is used up with that: an app's for good, a recovery code as well.

    Raises Undecryptable when the portal cannot open what it would compare with.
    """
    code = "".join(code.split())
    with transaction.atomic():
        kept = Authenticator.objects.select_for_update().filter(user=user).exclude(type=Type.WEBAUTHN)
        return next((each for each in kept if _takes(each, code)), None)


def _takes(authenticator: Authenticator, code: str) -> bool:
    if authenticator.type == Type.RECOVERY_CODES:
        return bool(authenticator.wrap().validate_code(code))
    step = step_of(decrypt(authenticator.data["secret"]), code)
    if step is None or step <= authenticator.data.get(LAST_USED, 0):
        return False
    authenticator.data[LAST_USED] = step
    authenticator.save(update_fields=["data"])
    return True


def step_of(secret: str, code: str) -> int | None:
    """The half minute around now that `code` belongs to."""
    steps = yield_hotp_counters_from_time()
    return next(
        (each for each in steps if constant_time_compare(code, format_hotp_value(hotp_value(secret, each)))), None
    )


def take_away(user: User, by: User) -> None:
    """An administrator's help for someone who lost all of them: they sign in with the password, and set up anew."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        open_sessions.end_all(user)
        record(Verb.SECOND_STEP_RESET, by=by, target=user)
        notify_of(Change.SECOND_STEP_REMOVED, user)
