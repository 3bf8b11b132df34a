"""Telling that the same values were sent before, without opening what is kept.

A keyed digest of a row's values lies beside them. Whoever has the database and none of ENCRYPTION_KEYS sees which rows
equal each other, and nothing of what is in them. Rows are written under the first key and looked for under all.
"""

import hashlib
import hmac
import json
from functools import cache

from django.conf import settings

from pipelines_portal.fields.base import FieldValues, is_blank

LENGTH = 32


def digest_of(fields: FieldValues) -> str:
    """Of a row's field values; the same for the same values, whatever their order."""
    return _digest(_canonical(fields), settings.ENCRYPTION_KEYS[0])


def digests_of(fields: FieldValues) -> list[str]:
    """Under each of ENCRYPTION_KEYS: rows kept under an older one are found as well."""
    text = _canonical(fields)
    return [_digest(text, key) for key in settings.ENCRYPTION_KEYS]


def may_differ() -> bool:
    """Whether a digest that is kept may be of another key than one made now: while keys are being rotated."""
    return len(settings.ENCRYPTION_KEYS) > 1


def _canonical(fields: FieldValues) -> bytes:
    filled = {name: value for name, value in fields.items() if not is_blank(value)}
    return json.dumps(filled, sort_keys=True, separators=(",", ":")).encode()


def _digest(text: bytes, key: str) -> str:
    return hmac.digest(_derived(key), text, "sha256").hex()[:LENGTH]


@cache
def _derived(key: str) -> bytes:
    return hashlib.sha256(b"digests of rows:" + key.encode()).digest()
