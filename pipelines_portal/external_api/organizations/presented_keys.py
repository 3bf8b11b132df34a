"""Which live key a request carries. Looked up once a request: the limits ask, and authentication after them."""

from django.http import HttpRequest
from django.utils import timezone

from pipelines_portal.external_api.models import OrganizationKey
from pipelines_portal.external_api.organizations.key_headers import KEY_PATTERN, presented_keys
from pipelines_portal.external_api.organizations.keys import hash_key


def live_key(request: HttpRequest, text: str) -> OrganizationKey | None:
    """The key that `text` is, unless unknown, expired or revoked."""
    found: dict[str, OrganizationKey | None] = request.__dict__.setdefault("_live_keys", {})
    if text not in found:
        found[text] = _find(text)
    return found[text]


def _find(text: str) -> OrganizationKey | None:
    if not KEY_PATTERN.fullmatch(text):
        return None
    key = OrganizationKey.objects.filter(sha256=hash_key(text)).first()
    return key if key is not None and key.is_live(timezone.now()) else None


def authenticating_key(request: HttpRequest) -> OrganizationKey | None:
    """The first live one that is presented, Bearer before X-API-Key."""
    keys = (live_key(request, text) for text in presented_keys(request))
    return next((key for key in keys if key is not None), None)


def presents_a_dead_key(request: HttpRequest) -> bool:
    return any(live_key(request, text) is None for text in presented_keys(request))
