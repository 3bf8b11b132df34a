"""Encryption at rest with the keys of ENCRYPTION_KEYS: the first encrypts, all decrypt."""

import json
from functools import cache
from typing import Any, TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

Value = TypeVar("Value")
MISSING = "This was encrypted with a key that is no longer in ENCRYPTION_KEYS."


class Undecryptable(Exception):
    """None of ENCRYPTION_KEYS opens this: the one it was made with is missing."""


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(data: bytes) -> bytes:
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(data)


def decrypt(token: bytes | memoryview) -> bytes:
    """Raises Undecryptable."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(bytes(token))
    except InvalidToken:
        raise Undecryptable(MISSING) from None


def renewed(token: bytes | memoryview) -> bytes:
    """As it is to be written elsewhere: whoever re-encrypts everything may have passed there. What cannot be opened is
    left as it is.
    """
    keys = tuple(settings.ENCRYPTION_KEYS)
    if not token or len(keys) == 1:
        return bytes(token)
    try:
        return _fernet(keys).rotate(bytes(token))
    except InvalidToken:
        return bytes(token)


class Sealed:
    """A value that none of ENCRYPTION_KEYS opens: it looks empty, and is written as it stands in the database.

    Another process may have the key that is missing here. Whoever is to write what follows from it asks `opened`.
    """

    token: bytes


class _SealedDict(Sealed, dict[str, Any]):
    pass


class _SealedList(Sealed, list[Any]):
    pass


class _SealedText(Sealed, str):
    pass


_KINDS: dict[type, type[Any]] = {dict: _SealedDict, list: _SealedList, str: _SealedText}


def opened(value: Value) -> Value:
    """What an EncryptedJSONField holds, before anything is made of it that is kept. Raises Undecryptable."""
    if isinstance(value, Sealed):
        raise Undecryptable(MISSING)
    return value


def is_sealed(value: object) -> bool:
    return isinstance(value, Sealed)


class EncryptedJSONField(models.BinaryField):  # type: ignore[type-arg]
    """Reads and writes like a JSONField; cannot be queried. What cannot be opened reads as Sealed."""

    def get_prep_value(self, value: Any) -> bytes:
        if isinstance(value, Sealed):
            return value.token
        return encrypt(json.dumps(value, separators=(",", ":")).encode())

    def from_db_value(self, value: bytes | None, expression: Any, connection: Any) -> Any:
        if value is None:  # of no row: read along with another that has none
            return None
        try:
            return json.loads(decrypt(value))
        except Undecryptable:
            sealed = _KINDS[type(self.get_default())]()
            sealed.token = bytes(value)
            return sealed

    def get_default(self) -> Any:
        """BinaryField would make bytes of it."""
        return self.default()
