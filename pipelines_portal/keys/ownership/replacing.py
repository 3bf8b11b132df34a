"""Another key in the place of one that is used: workflows and shares stay, and for a day one can go back."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.api_client import Forbidden, NotFound, PipelinesClient, PipelinesError, Transport, Unauthorized
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import ReplacedKey, SavedKey
from pipelines_portal.keys.ownership.sharing import people_with
from pipelines_portal.keys.pooled_answers import outdate_all
from pipelines_portal.keys.state.expiry import end_of

# All of a key's workflows are asked for within so many seconds, so many at once.
DEADLINE, AT_ONCE = 20, 6
UNDO_FOR = timedelta(hours=24)
# What was met with the key before says nothing of another one.
UNTOUCHED: dict[str, Any] = {
    "checked_at": None, "rejected_at": None, "creator_gone_at": None, "paused_until": None, "warned_days": None,
}  # fmt: skip


@dataclass
class Reach:
    """What a new key met at the workflows of the old one. Each is (number, name)."""

    is_dead: bool = False
    missing: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not (self.is_dead or self.missing or self.unknown)


def reach_of(text: str, key: SavedKey) -> Reach:
    """Ask with the key `text` for every workflow of `key`. What was not answered in time is unknown."""
    workflows = list(key.workflows.values_list("workflow_id", "name"))
    client, reach = PipelinesClient(_transport(settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS), text), Reach()
    pool = ThreadPoolExecutor(AT_ONCE)
    asked = {pool.submit(copy_context().run, _error_of, client, number): (number, name) for number, name in workflows}
    done, late = wait(asked, timeout=DEADLINE)
    pool.shutdown(wait=False, cancel_futures=True)
    for future in done:
        _note(reach, asked[future], future.result())
    reach.unknown += [asked[future] for future in late]
    reach.missing.sort()
    reach.unknown.sort()
    return reach


@cache
def _transport(base_url: str, timeout: float) -> Transport:
    """Without a bulkhead: one page asks many things at once here."""
    return Transport(base_url, timeout)


def _error_of(client: PipelinesClient, workflow_id: int) -> PipelinesError | None:
    try:
        client.workflow(workflow_id)
    except PipelinesError as error:
        return error
    return None


def _note(reach: Reach, workflow: tuple[int, str], error: PipelinesError | None) -> None:
    if isinstance(error, Unauthorized):
        reach.is_dead = True
    elif isinstance(error, NotFound | Forbidden):
        reach.missing.append(workflow)
    elif error is not None:
        reach.unknown.append(workflow)


def replace(key: SavedKey, text: str, fingerprint: str, expiry: str, by: User) -> bool:
    """Put another key in its place; the one before is kept, encrypted, for UNDO_FOR. Check the new one first.

    False when somebody was faster: it was replaced, handed over or removed since `key` was read. Raises IntegrityError
    when the new key is saved elsewhere here.
    """
    before = ReplacedKey(
        key=key, encrypted_key=bytes(key.encrypted_key), last4=key.last4, fingerprint=key.fingerprint,
        expiry=key.expiry, expires_at=key.expires_at, replaced_by=fingerprint,
    )  # fmt: skip
    new = SavedKey()
    new.seal(text)
    values: dict[str, Any] = {"encrypted_key": new.encrypted_key, "last4": new.last4, "fingerprint": fingerprint}
    values |= {"expiry": expiry, "expires_at": end_of(expiry, None)}
    with transaction.atomic():
        seen = SavedKey.objects.filter(pk=key.pk, owner=by, fingerprint=key.fingerprint, last4=key.last4)
        if not seen.update(**UNTOUCHED | values | {"checked_at": timezone.now()}):
            return False
        ReplacedKey.objects.filter(key=key).delete()
        before.save(force_insert=True)
        outdate_all(key)
        record(Verb.KEY_REPLACED, by=by, target=key, label=f"{key.name} (…{new.last4})", before=before.last4)
        outdate_sidebars(people_with(key))
    return True


def undo_replace(key: SavedKey, by: User) -> bool:
    """Put back the key before. False when there is none any more, or it was replaced once more since."""
    try:
        with transaction.atomic():
            return _undo(key, by)
    except IntegrityError:  # meanwhile somebody saved the key before as a key of their own
        return False


def _undo(key: SavedKey, by: User) -> bool:
    before = ReplacedKey.objects.filter(key=key).first()
    if before is None or before.replaced_by != key.fingerprint or not may_undo(before):
        return False
    values: dict[str, Any] = {
        "encrypted_key": bytes(before.encrypted_key),
        "last4": before.last4,
        "fingerprint": before.fingerprint,
    }
    values |= {"expiry": before.expiry, "expires_at": before.expires_at}
    seen = SavedKey.objects.filter(pk=key.pk, owner=by, fingerprint=before.replaced_by)
    if not seen.update(**UNTOUCHED | values):
        return False
    before.delete()
    outdate_all(key)
    record(Verb.KEY_REPLACE_UNDONE, by=by, target=key, label=f"{key.name} (…{before.last4})", instead=key.last4)
    outdate_sidebars(people_with(key))
    return True


def may_undo(before: ReplacedKey) -> bool:
    """The worker wipes it a little later than it says."""
    return before.replaced_at > timezone.now() - UNDO_FOR


def wipe_replaced() -> int:
    """Forget the keys before whose day is over. For the worker."""
    return ReplacedKey.objects.filter(replaced_at__lt=timezone.now() - UNDO_FOR).delete()[0]
