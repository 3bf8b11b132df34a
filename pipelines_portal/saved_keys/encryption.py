"""Encryption at rest with the keys of ENCRYPTION_KEYS: the first encrypts, all decrypt."""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Undecryptable(Exception):
    """None of ENCRYPTION_KEYS opens this: the one it was made with is missing."""


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(data: bytes) -> bytes:
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(data)


def decrypt(token: bytes) -> bytes:
    """Raises Undecryptable."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(bytes(token))
    except InvalidToken:
        raise Undecryptable("This was encrypted with a key that is no longer in ENCRYPTION_KEYS.") from None
