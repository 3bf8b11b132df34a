"""The check of a key: one GET that tells whether the API accepts it, and needs no workflow to exist."""

from enum import Enum

from pipelines_portal.api_client import (
    ConnectionFailed,
    NotSent,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    ServerError,
    Unauthorized,
    UnexpectedResponse,
)
from pipelines_portal.web.api_connection import transport

# An id that hardly any workflow has, and that every API accepts as a number. If the workflow exists, the key works too.
UNLIKELY_WORKFLOW_ID = 2**31 - 1
INCONCLUSIVE = (ConnectionFailed, NotSent, RateLimited, ServerError, UnexpectedResponse)


class KeyVerdict(Enum):
    WORKS = "works"
    REJECTED = "rejected"
    UNKNOWN = "unknown"  # the API could not be asked just now


def ask(client: PipelinesClient) -> tuple[KeyVerdict, PipelinesError | None]:
    """Return whether the API accepts the client's key, and the error if it does not say."""
    try:
        client.workflow(UNLIKELY_WORKFLOW_ID)
    except Unauthorized as error:
        return KeyVerdict.REJECTED, error
    except INCONCLUSIVE as error:
        return KeyVerdict.UNKNOWN, error
    except PipelinesError:
        pass
    return KeyVerdict.WORKS, None


def check_text(text: str) -> tuple[KeyVerdict, PipelinesError | None]:
    """Check a key that is not saved yet."""
    return ask(PipelinesClient(transport(), text))
