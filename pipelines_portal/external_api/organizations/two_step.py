"""Two-step verification: a code of an authenticator app (TOTP, RFC 6238), or a recovery code, after the password."""

import base64
import hashlib
import secrets
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction
from django.utils.crypto import constant_time_compare

from pipelines_portal.core.encryption import Undecryptable, decrypt, encrypt
from pipelines_portal.external_api.models import AuthenticatorApp, Person, RecoveryCode

ISSUER = "Pipelines API"
STEP_SECONDS = 30
# How many half minutes a phone's clock may differ.
TOLERANCE = 1
RECOVERY_CODES = 10


class AlreadyOnError(Exception):
    """The person has an authenticator app."""


def is_on(person: Person) -> bool:
    return AuthenticatorApp.objects.filter(person=person).exists()


def new_secret() -> bytes:
    return secrets.token_bytes(20)


def as_text(secret: bytes) -> str:
    """Return the secret as people type it into an app."""
    return base64.b32encode(secret).decode()


def app_url(person: Person, secret: bytes) -> str:
    """Return the otpauth: URL that the QR code contains."""
    return _totp(secret).get_provisioning_uri(person.email, ISSUER)


def step_of(secret: bytes, code: str) -> int | None:
    """Return the half minute to which the code belongs, or None if it is wrong or too old."""
    now = int(time.time()) // STEP_SECONDS
    digits = "".join(code.split())
    steps = range(now - TOLERANCE, now + TOLERANCE + 1)
    right = [step for step in steps if constant_time_compare(_totp(secret).generate(step * STEP_SECONDS), digits)]
    return right[-1] if right else None


def _totp(secret: bytes) -> TOTP:
    # All apps use SHA-1. In an HMAC it is strong enough.
    return TOTP(secret, 6, SHA1(), STEP_SECONDS)  # noqa: S303


@transaction.atomic
def turn_on(person: Person, secret: bytes, step: int, password: str) -> list[str]:
    """Save the app, of which the code of `step` was used, and return new recovery codes. Raise AlreadyOnError.

    The password is hashed again, which ends the sessions, the links and the sign-ins that wait for a code.
    """
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if is_on(locked):
        raise AlreadyOnError
    AuthenticatorApp.objects.create(person=locked, secret=encrypt(secret), last_step=step)
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(person=locked, sha256=_hash(code)) for code in codes)
    _hash_again(person, password)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


@transaction.atomic
def turn_off(person: Person, password: str) -> None:
    """Delete the app and the recovery codes, and end the same as `turn_on`."""
    remove(person)
    _hash_again(person, password)


def remove(person: Person) -> None:
    """Delete the app and the recovery codes of the person, if there are any."""
    AuthenticatorApp.objects.filter(person=person).delete()
    RecoveryCode.objects.filter(person=person).delete()


def _hash_again(person: Person, password: str) -> None:
    person.set_password(password)
    person.save(update_fields=["password"])


def use_code(person: Person, code: str) -> bool:
    """Return whether this is the first use of a right code of the app, or of a recovery code."""
    return _use_app_code(person, code) or bool(
        RecoveryCode.objects.filter(person=person, sha256=_hash(code)).delete()[0]
    )


def _use_app_code(person: Person, code: str) -> bool:
    app = AuthenticatorApp.objects.filter(person=person).first()
    try:
        step = step_of(decrypt(app.secret), code) if app else None
    except Undecryptable:
        # SECRET_KEY was changed. Recovery codes still work.
        return False
    if step is None:
        return False
    return bool(AuthenticatorApp.objects.filter(person=person, last_step__lt=step).update(last_step=step))


def _hash(code: str) -> str:
    """Return the digest to store. Plain SHA-256 is enough for a code of 80 random bits."""
    return hashlib.sha256("".join(filter(str.isalnum, code)).lower().encode()).hexdigest()
