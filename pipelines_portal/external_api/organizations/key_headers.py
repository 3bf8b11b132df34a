"""Where a request may carry its key."""

import re

from django.http import HttpRequest

from pipelines_portal.external_api.organizations.keys import KEY_PREFIX

KEY_PATTERN = re.compile(KEY_PREFIX + "[0-9a-f]{40}")


def presented_keys(request: HttpRequest) -> list[str]:
    """What the request offers as a key, Bearer first; empty values and other schemes are no key."""
    return [text for text in (bearer_key(request), header_key(request)) if text]


def bearer_key(request: HttpRequest) -> str:
    scheme, _, text = request.headers.get("Authorization", "").strip().partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def header_key(request: HttpRequest) -> str:
    return request.headers.get("X-API-Key", "").strip()
