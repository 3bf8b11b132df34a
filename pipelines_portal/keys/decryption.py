"""Whether ENCRYPTION_KEYS decrypt the saved API keys. After a restore with a wrong recovery file, they do not."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from django.db import DatabaseError, InterfaceError
from prometheus_client.core import GaugeMetricFamily, Metric

from pipelines_portal.core.probes import OK, NotReady
from pipelines_portal.keys.models import SavedKey

# A probe asks every few seconds.
CHECKED_FOR = 60.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decryption:
    """How many API keys are saved, and how many of them cannot be decrypted."""

    keys: int
    lost: int

    @property
    def problem(self) -> str:
        """A sentence that says what is wrong and what to do, or "" if nothing is."""
        if not self.lost:
            return ""
        some = f"{self.lost:,} of {self.keys:,} API keys" if self.lost < self.keys else "None of the API keys"
        verb = "can be decrypted" if self.lost == self.keys else "can’t be decrypted"
        return f"{some} {verb}. Put the ENCRYPTION_KEYS back with which they were saved, or add the keys again."


_lock = Lock()
_last: tuple[float, Decryption] | None = None


def read_decryption() -> Decryption:
    """Try to decrypt all keys."""
    stored = SavedKey.objects.order_by().only("encrypted_key")
    states = [key.can_be_decrypted for key in stored.iterator()]
    return Decryption(len(states), states.count(False))


def _recent() -> Decryption:
    global _last
    with _lock:
        if _last is None or time.monotonic() - _last[0] > CHECKED_FOR:
            _last = time.monotonic(), read_decryption()
        return _last[1]


def api_keys() -> str:
    """Return OK or what is wrong. /ready names this check after the function, and fails if no key can be decrypted."""
    found = _recent()
    if not found.lost:
        return OK
    return NotReady(found.problem) if found.lost == found.keys else found.problem


def log_lost_keys() -> None:
    """Log at the start that keys cannot be decrypted."""
    try:
        found = read_decryption()
    except (DatabaseError, InterfaceError):  # it is not there yet: /ready says so
        return
    if found.lost:
        logger.error(found.problem)


def undecryptable_keys() -> Iterator[Metric]:
    """Yield the number of API keys that cannot be decrypted."""
    gauge = GaugeMetricFamily("pipelines_undecryptable_keys", "API keys that ENCRYPTION_KEYS do not decrypt.")
    gauge.add_metric([], _recent().lost)
    yield gauge
