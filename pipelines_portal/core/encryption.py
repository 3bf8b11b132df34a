"""Encryption of organization keys and of secrets of two-step verification.

The first of ENCRYPTION_KEYS encrypts, and all decrypt.
"""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

MISSING = "This was encrypted with a key that is no longer in ENCRYPTION_KEYS."


class Undecryptable(Exception):
    """The value was encrypted with a key that is missing from ENCRYPTION_KEYS."""


def encrypt(data: bytes) -> bytes:
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(data)


def decrypt(token: bytes | memoryview) -> bytes:
    """Return the decrypted data. Raises Undecryptable."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(bytes(token))
    except InvalidToken:
        raise Undecryptable(MISSING) from None


def reencrypt(token: bytes | memoryview) -> bytes:
    """Return the token encrypted with the first key. Raises Undecryptable."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).rotate(bytes(token))
    except InvalidToken:
        raise Undecryptable(MISSING) from None


def derived_key(secret_key: str) -> str:
    """Return an encryption key for a program that has no ENCRYPTION_KEYS of its own."""
    digest = salted_hmac("pipelines_portal.core.encryption", "key", secret=secret_key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode()


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
