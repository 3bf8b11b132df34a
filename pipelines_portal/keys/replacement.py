"""The replacement of a key: a new key must reach every workflow of the old one. The act is `SavedKey.replace_with`."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.utils import timezone

from pipelines_portal.api_client import Forbidden, NotFound, PipelinesClient, PipelinesError, Transport, Unauthorized
from pipelines_portal.keys.models import UNDO_HOURS, ReplacedKey, SavedKey

# The new key asks for this many workflows at once, and for all of them within this many seconds.
CONCURRENT_CALLS, DEADLINE_SECONDS = 6, 20


@dataclass
class Reach:
    """The workflows of the old key that the new key does not reach, or may not reach, each as (id, name)."""

    is_rejected: bool = False
    missing: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not (self.is_rejected or self.missing or self.unknown)

    def note(self, workflow: tuple[int, str], error: PipelinesError | None) -> None:
        if isinstance(error, Unauthorized):
            self.is_rejected = True
        elif isinstance(error, NotFound | Forbidden):
            self.missing.append(workflow)
        elif error is not None:
            self.unknown.append(workflow)


def check_reach(text: str, key: SavedKey) -> Reach:
    """Ask with the key `text` for every workflow of `key`. A workflow without an answer in time is unknown."""
    workflows = list(key.workflows.values_list("workflow_id", "name"))
    client, reach = PipelinesClient(_transport(settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS), text), Reach()
    pool = ThreadPoolExecutor(CONCURRENT_CALLS)
    calls = {pool.submit(copy_context().run, _error_of, client, number): (number, name) for number, name in workflows}
    done, late = wait(calls, timeout=DEADLINE_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    for call in done:
        reach.note(calls[call], call.result())
    reach.unknown += [calls[call] for call in late]
    reach.missing.sort()
    reach.unknown.sort()
    return reach


@cache
def _transport(base_url: str, timeout: float) -> Transport:
    """Return a transport without a bulkhead, because one page makes many calls at once here."""
    return Transport(base_url, timeout)


def _error_of(client: PipelinesClient, workflow_id: int) -> PipelinesError | None:
    try:
        client.workflow(workflow_id)
    except PipelinesError as error:
        return error
    return None


def delete_old_replaced_keys() -> int:
    """Delete replaced keys that can no longer be restored."""
    return ReplacedKey.objects.filter(replaced_at__lt=timezone.now() - timedelta(hours=UNDO_HOURS)).delete()[0]
