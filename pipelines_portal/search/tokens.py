"""Words as tokens: keyed, so that whoever has the database and none of ENCRYPTION_KEYS reads none of them.

A word, its first 3 and its first 5 letters are a token each. They are made for each person who sent them, so that
nobody sees which words two people have in common. What this gives away stands in docs/decisions/0112.
"""

import hashlib
import hmac
from collections.abc import Iterable
from functools import cache

from django.conf import settings

WHOLE, THREE, FIVE = b"w", b"3", b"5"


def tokens_of(sender_id: int, words: Iterable[str], key: str) -> set[int]:
    """All under which a row with these words is found."""
    secret = _secret(key, sender_id)
    return {_token(secret, kind, text) for word in words for kind, text in _kinds(word)}


def asked_for(sender_id: int, word: str, *, whole: bool) -> list[int]:
    """What rows with a word that begins like this have, under each of ENCRYPTION_KEYS; `whole` for no longer word.

    There may be others that have it as well: what is found is to be compared.
    """
    kind, text = _kind_asked_for(word, whole=whole)
    return [_token(_secret(key, sender_id), kind, text) for key in settings.ENCRYPTION_KEYS]


def is_found_by_beginning(word: str) -> bool:
    """Whether asking for the whole word is another question."""
    return len(word) >= 3


def _kinds(word: str) -> list[tuple[bytes, str]]:
    kinds = [(WHOLE, word)]
    if len(word) >= 3:
        kinds.append((THREE, word[:3]))
    if len(word) >= 5:
        kinds.append((FIVE, word[:5]))
    return kinds


def _kind_asked_for(word: str, *, whole: bool) -> tuple[bytes, str]:
    if whole or len(word) < 3:
        return WHOLE, word
    return (FIVE, word[:5]) if len(word) >= 5 else (THREE, word[:3])


def _token(secret: bytes, kind: bytes, text: str) -> int:
    """64 bits with a sign, as databases keep numbers."""
    return int.from_bytes(hmac.digest(secret, kind + text.encode(errors="surrogatepass"), "sha256")[:8], signed=True)


@cache
def _secret(key: str, sender_id: int) -> bytes:
    return hashlib.sha256(b"words of rows:%d:" % sender_id + key.encode()).digest()
