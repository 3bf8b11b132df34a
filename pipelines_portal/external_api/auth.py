"""Who calls: an organization key, in either of two headers."""

from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyHeader, HttpBearer

from pipelines_portal.external_api.key_headers import KEY_PATTERN, bearer_key, header_key
from pipelines_portal.external_api.models import OrganizationKey
from pipelines_portal.external_api.organization_keys.keys import hash_key
from pipelines_portal.external_api.rate_limits import remember_accepted

LAST_USED_STEP = timedelta(minutes=1)


def live_key(text: str) -> OrganizationKey | None:
    """The key that `text` is, unless unknown, expired or revoked. Marks it as used."""
    if not KEY_PATTERN.fullmatch(text):
        return None
    key = OrganizationKey.objects.filter(sha256=hash_key(text)).first()
    if key is None or not key.is_live(timezone.now()):
        return None
    remember_accepted(key.sha256)
    _mark_used(key)
    return key


def _mark_used(key: OrganizationKey) -> None:
    """At most one write a minute; the condition is asked again in SQL, for requests that come at once."""
    now = timezone.now()
    due = now - LAST_USED_STEP
    if key.last_used_at is None or key.last_used_at <= due:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=due)
        OrganizationKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


class ExternalApiBearerAuth(HttpBearer):
    """`Authorization: Bearer <key>`. The class's name is the scheme's name in the OpenAPI document."""

    def __call__(self, request: HttpRequest) -> OrganizationKey | None:
        return self.authenticate(request, bearer_key(request))

    def authenticate(self, request: HttpRequest, token: str) -> OrganizationKey | None:
        return live_key(token)


class ExternalApiKeyHeaderAuth(APIKeyHeader):
    """`X-API-Key: <key>`."""

    param_name = "X-API-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> OrganizationKey | None:
        return live_key(header_key(request))
