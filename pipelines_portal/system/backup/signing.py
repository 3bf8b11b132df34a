"""The signature of a manifest, which has the hashes of all files: without one of ENCRYPTION_KEYS, none can be made.

Who can write to the place of the backups could otherwise make themselves an administrator by the next restore.
"""

import json
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

SIGNATURE = "signature"


def sign(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest with a signature by the first key."""
    return manifest | {SIGNATURE: _signature(manifest, settings.ENCRYPTION_KEYS[0])}


def is_signed(manifest: dict[str, Any]) -> bool:
    """Return whether the manifest has a signature, which may be wrong. Earlier versions made none."""
    return SIGNATURE in manifest


def has_right_signature(manifest: dict[str, Any]) -> bool:
    """Return whether one of the keys made the signature of this content."""
    given = str(manifest.get(SIGNATURE, ""))
    return any(constant_time_compare(given, _signature(manifest, key)) for key in settings.ENCRYPTION_KEYS)


def _signature(manifest: dict[str, Any], key: str) -> str:
    content = {name: value for name, value in manifest.items() if name != SIGNATURE}
    text = json.dumps(content, sort_keys=True)
    return salted_hmac("pipelines_portal.system.backup", text, secret=key, algorithm="sha256").hexdigest()
