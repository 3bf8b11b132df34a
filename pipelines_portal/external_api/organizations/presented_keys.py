"""The keys in the headers of a request, and which of them are live.

Each key is looked up once in a request: the rate limits need it, and later the authentication.
"""

import re

from django.http import HttpRequest
from django.utils import timezone

from pipelines_portal.external_api.models import OrganizationKey
from pipelines_portal.external_api.organizations.keys import KEY_PREFIX, hash_key
from pipelines_portal.external_api.reads import read_key

KEY_PATTERN = re.compile(KEY_PREFIX + "[0-9a-f]{40}")


def presented_keys(request: HttpRequest) -> list[str]:
    """Return the keys of the request, Bearer first. Empty values and other schemes are no keys."""
    return [text for text in (bearer_key(request), header_key(request)) if text]


def senders_of(request: HttpRequest) -> list[str]:
    """Return all keys of the request, whether or not they are live, as their hashes (BODY_SENDERS)."""
    return [hash_key(text) for text in presented_keys(request)]


def bearer_key(request: HttpRequest) -> str:
    scheme, _, text = request.headers.get("Authorization", "").strip().partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def header_key(request: HttpRequest) -> str:
    return request.headers.get("X-API-Key", "").strip()


def live_key(request: HttpRequest, text: str) -> OrganizationKey | None:
    """Return the key with this text unless it is unknown, expired or revoked."""
    found: dict[str, OrganizationKey | None] = request.__dict__.setdefault("_live_keys", {})
    if text not in found:
        found[text] = _find(text)
    return found[text]


def _find(text: str) -> OrganizationKey | None:
    if not KEY_PATTERN.fullmatch(text):
        return None
    key = read_key(hash_key(text))
    return key if key is not None and key.is_live(timezone.now()) else None


def authenticating_key(request: HttpRequest) -> OrganizationKey | None:
    """Return the first live key of the request, Bearer before X-API-Key."""
    keys = (live_key(request, text) for text in presented_keys(request))
    return next((key for key in keys if key is not None), None)


def presents_a_dead_key(request: HttpRequest) -> bool:
    return any(live_key(request, text) is None for text in presented_keys(request))
