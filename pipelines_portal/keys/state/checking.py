"""Asking the API whether a key works, by one GET that needs no workflow to exist: 401 is a dead key."""

from enum import Enum

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import (
    ConnectionFailed,
    NotAsked,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    ServerError,
    Unauthorized,
    UnexpectedResponse,
)
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.api_connection import transport, transport_for_a_check
from pipelines_portal.keys.gate import KeyGate
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.signals import key_opened

# Hardly anyone's, and small enough for every API to take it for a number. Where it is one, that is an answer, too.
NOBODYS_WORKFLOW = 2**31 - 1
TELLS_NOTHING = (ConnectionFailed, NotAsked, RateLimited, ServerError, UnexpectedResponse)


class Verdict(Enum):
    WORKS = "works"
    REJECTED = "rejected"
    UNKNOWN = "unknown"  # the API could not be asked just now


def check_text(text: str) -> Verdict:
    """Of a key that is not saved yet."""
    return _ask(PipelinesClient(transport(), text))[0]


def check(key: SavedKey, by: User) -> tuple[Verdict, PipelinesError | None]:
    """Ask the API, also during a pause, and store the answer: a key that works is no longer rejected or paused.

    With UNKNOWN comes the error for which the API did not answer. Raises Undecryptable.
    """
    fingerprint, gate = key.fingerprint, KeyGate(key, is_check=True)
    verdict, error = _ask(PipelinesClient(transport_for_a_check(), key.reveal(), gate=gate))
    _write(key, fingerprint, verdict, by)
    return verdict, error


def _ask(client: PipelinesClient) -> tuple[Verdict, PipelinesError | None]:
    try:
        client.workflow(NOBODYS_WORKFLOW)
    except Unauthorized as error:
        return Verdict.REJECTED, error
    except TELLS_NOTHING as error:
        return Verdict.UNKNOWN, error
    except PipelinesError:
        pass
    return Verdict.WORKS, None


def _write(key: SavedKey, fingerprint: str, verdict: Verdict, by: User) -> None:
    """The gate has marked a dead one by itself. A key replaced meanwhile is another one."""
    was_rejected, now = key.rejected_at is not None, timezone.now()
    values: dict[str, object] = {} if verdict is Verdict.UNKNOWN else {"checked_at": now}
    if verdict is Verdict.WORKS:
        values |= {"rejected_at": None, "paused_until": None}
    with transaction.atomic():
        if values and not SavedKey.objects.filter(pk=key.pk, fingerprint=fingerprint).update(**values):
            return
        record(Verb.KEY_CHECKED, by=by, target=key, result=verdict.value)
    if verdict is Verdict.WORKS and was_rejected:
        key_opened.send(SavedKey, key=key)
