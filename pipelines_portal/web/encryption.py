"""Encryption at rest with the keys of ENCRYPTION_KEYS: the first encrypts, all decrypt."""

import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


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
        raise Undecryptable("This was encrypted with a key that is no longer in ENCRYPTION_KEYS.") from None


class EncryptedJSONField(models.BinaryField):  # type: ignore[type-arg]
    """Reads and writes like a JSONField; cannot be queried. What can no longer be opened reads as the default."""

    def get_prep_value(self, value: Any) -> bytes:
        return encrypt(json.dumps(value, separators=(",", ":")).encode())

    def from_db_value(self, value: bytes | None, expression: Any, connection: Any) -> Any:
        if value is None:  # of no row: read along with another that has none
            return None
        try:
            return json.loads(decrypt(value))
        except Undecryptable:
            return self.get_default()

    def get_default(self) -> Any:
        """BinaryField would make bytes of it."""
        return self.default()
