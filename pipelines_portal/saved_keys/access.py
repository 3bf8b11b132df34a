"""Who may use which key, and the client that calls with it."""

from functools import cache

from django.conf import settings
from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import IN_A_PAGE, PipelinesClient, RetryPolicy, Transport

from .models import SavedKey


def usable_key(user: User, key_id: int) -> SavedKey:
    """The user's own key; 404 for everyone else's, as for none."""
    return get_object_or_404(SavedKey, pk=key_id, owner=user)


@cache
def _transport(base_url: str, timeout: float) -> Transport:
    return Transport(base_url, timeout)


def client_for(key: SavedKey, policy: RetryPolicy = IN_A_PAGE) -> PipelinesClient:
    """Calls with this key, over the process's one connection pool. Raises Undecryptable."""
    transport = _transport(settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS)
    return PipelinesClient(transport, key.reveal(), policy)
