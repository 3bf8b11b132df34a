"""API clients that call with a saved key, through its rate limiter."""

from pipelines_portal.api_client import IN_A_PAGE, NOT_AGAIN, PipelinesClient, RetryPolicy, Transport
from pipelines_portal.core.encryption import Undecryptable
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.rate_limiter import KeyRateLimiter
from pipelines_portal.web.api_connection import transport, transport_for_check


class KeyCannotBeOpened(Undecryptable):
    """The key was encrypted with a value that is no longer in ENCRYPTION_KEYS. The API was not asked."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"“{name}” was encrypted with a value missing from ENCRYPTION_KEYS. Ask your administrator, "
            "or replace the key."
        )


def client_for(key: SavedKey, policy: RetryPolicy = IN_A_PAGE) -> PipelinesClient:
    """Return a client over the process's one connection pool. Raises KeyCannotBeOpened."""
    return _client(key, transport(), policy, KeyRateLimiter(key))


def background_client_for(key: SavedKey) -> PipelinesClient:
    """Return a client for reads that nobody waits for: it tries each once. The caller paces them (`KeyThrottle`).

    Raises KeyCannotBeOpened.
    """
    return _client(key, transport(), NOT_AGAIN, KeyRateLimiter(key, is_background=True))


def check_client_for(key: SavedKey, policy: RetryPolicy = IN_A_PAGE) -> PipelinesClient:
    """Return a client for `SavedKey.check_with`, which also asks with a rejected key and during a pause.

    Raises KeyCannotBeOpened.
    """
    return _client(key, transport_for_check(), policy, KeyRateLimiter(key, is_check=True))


def _client(key: SavedKey, over: Transport, policy: RetryPolicy, limiter: KeyRateLimiter) -> PipelinesClient:
    try:
        return PipelinesClient(over, key.decrypt(), policy, limiter)
    except Undecryptable:
        raise KeyCannotBeOpened(key.name) from None
