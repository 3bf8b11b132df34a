"""Who calls: an organization key, in either of two headers."""

from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyHeader, HttpBearer

from pipelines_portal.external_api.models import OrganizationKey
from pipelines_portal.external_api.organizations.key_headers import bearer_key, header_key
from pipelines_portal.external_api.organizations.presented_keys import live_key

LAST_USED_STEP = timedelta(minutes=1)


def _accepted(request: HttpRequest, text: str) -> OrganizationKey | None:
    """The live key that `text` is, marked as used."""
    key = live_key(request, text)
    if key is not None:
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
        return _accepted(request, token)


class ExternalApiKeyHeaderAuth(APIKeyHeader):
    """`X-API-Key: <key>`."""

    param_name = "X-API-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> OrganizationKey | None:
        return _accepted(request, header_key(request))
