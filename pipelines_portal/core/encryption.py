"""Encryption of organization keys and of what second steps know, with the keys of ENCRYPTION_KEYS.

The first encrypts, all decrypt.
"""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

MISSING = "This was encrypted with a key that is no longer in ENCRYPTION_KEYS."


class Undecryptable(Exception):
    """None of ENCRYPTION_KEYS decrypts this: the one it was encrypted with is missing."""


def encrypt(data: bytes) -> bytes:
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(data)


def decrypt(token: bytes | memoryview) -> bytes:
    """Raises Undecryptable."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(bytes(token))
    except InvalidToken:
        raise Undecryptable(MISSING) from None


def reencrypt(token: bytes | memoryview) -> bytes:
    """Return it encrypted with the first key. Raises Undecryptable."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).rotate(bytes(token))
    except InvalidToken:
        raise Undecryptable(MISSING) from None


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
