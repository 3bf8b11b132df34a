"""Sign and check the upload URLs of the embedded storage."""

import re
import time
from datetime import datetime
from urllib.parse import urlencode

from django.utils.crypto import constant_time_compare, salted_hmac

from pipelines_portal.external_api.storage.base import ARCHIVE_TYPE

SALT = "pipelines_portal.external_api.storage"


def signed_url(server: str, name: str, expires_at: datetime) -> str:
    """Return a signed URL that expires at `expires_at`, in whole seconds."""
    expires = int(expires_at.timestamp())
    return f"{server}/storage/{name}?{urlencode({'expires': expires, 'signature': _signature(name, expires)})}"


def find_fault(name: str, expires: str, signature: str, content_type: str) -> str | None:
    """Return why a PUT must be refused, or None. A wrong signature gets no other reason."""
    if not re.fullmatch("[0-9]{1,12}", expires) or not constant_time_compare(_signature(name, int(expires)), signature):
        return "The signature does not match."
    if time.time() >= int(expires):
        return "The link has expired."
    if content_type != ARCHIVE_TYPE:
        return f"The Content-Type must be {ARCHIVE_TYPE}."
    return None


def _signature(name: str, expires: int) -> str:
    return salted_hmac(SALT, f"PUT\n{name}\n{expires}\n{ARCHIVE_TYPE}", algorithm="sha256").hexdigest()
