"""Who may use which key, and the client that calls with it."""

from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import IN_A_PAGE, PipelinesClient, RetryPolicy
from pipelines_portal.web.api_connection import transport

from .encryption import Undecryptable
from .models import SavedKey
from .unreadable import KeyCannotBeOpened


def usable_key(user: User, key_id: int) -> SavedKey:
    """The user's own key; 404 for everyone else's, as for none."""
    return get_object_or_404(SavedKey, pk=key_id, owner=user)


def client_for(key: SavedKey, policy: RetryPolicy = IN_A_PAGE) -> PipelinesClient:
    """Calls with this key, over the process's one connection pool. Raises KeyCannotBeOpened."""
    try:
        return PipelinesClient(transport(), key.reveal(), policy)
    except Undecryptable:
        raise KeyCannotBeOpened(key.name) from None
