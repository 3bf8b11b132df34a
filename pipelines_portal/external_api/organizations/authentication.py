"""Authentication by an organization key in either of two headers."""

from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.errors import AuthenticationError
from ninja.security import APIKeyHeader, HttpBearer

from pipelines_portal.external_api.http.errors import error_response
from pipelines_portal.external_api.models import OrganizationKey
from pipelines_portal.external_api.organizations.presented_keys import bearer_key, header_key, live_key, presented_keys
from pipelines_portal.external_api.organizations.rate_limits import count_key_failure

LAST_USED_STEP = timedelta(minutes=1)


def _authenticate(request: HttpRequest, text: str) -> OrganizationKey | None:
    """Return the live key with this text and record that it was used."""
    key = live_key(request, text)
    if key is not None:
        _mark_used(key)
    return key


def _mark_used(key: OrganizationKey) -> None:
    """Write `last_used_at` at most once a minute. The SQL repeats the condition, for concurrent requests."""
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
        return _authenticate(request, token)


class ExternalApiKeyHeaderAuth(APIKeyHeader):
    """`X-API-Key: <key>`."""

    param_name = "X-API-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> OrganizationKey | None:
        return _authenticate(request, header_key(request))


def authentication_failed(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Return 401 and count a failure of this address."""
    count_key_failure(request)
    if presented_keys(request):
        answer = error_response(401, "The API key is not valid.", code="invalid_api_key")
    else:
        answer = error_response(
            401, "No API key. Send one as Authorization: Bearer <key> or X-API-Key: <key>.", code="missing_api_key"
        )
    answer["WWW-Authenticate"] = "Bearer"
    return answer
