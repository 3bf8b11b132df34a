"""Limit the archives that this process receives at once, and end those that arrive too slowly."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from pipelines_portal.external_api.http.slow_bodies import end_reading
from pipelines_portal.external_api.storage.embedded import CHUNK_BYTES

# Small archives arrive within this time. Waiting longer would occupy threads that others need.
WAIT_SECONDS = 1
LOOK_SECONDS = 0.5


class BusyError(Exception):
    """The archive cannot be received now. The message says why."""


@dataclass(eq=False)
class ArchivePut:
    """One PUT of an archive. It must end by `last_time`, in seconds since 1970."""

    request: HttpRequest
    upload_id: UUID
    organization_id: int
    last_time: float
    is_ended: bool = False
    _chunk_began: float = field(default_factory=time.monotonic)
    _over: threading.Event = field(default_factory=threading.Event)

    def note_chunk(self) -> None:
        self._chunk_began = time.monotonic()

    def is_slow(self) -> bool:
        """Return whether it is slower than the minimum rate. That is tolerated while nobody waits."""
        return time.monotonic() - self._chunk_began > CHUNK_BYTES / settings.STORAGE_LEAST_BYTES_PER_SECOND

    def end(self) -> None:
        self.is_ended = True
        end_reading(self.request)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """End the PUT from another thread if it is slow for too long or passes its last time."""
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            yield
        finally:
            self._over.set()

    def _watch(self) -> None:
        longest = settings.STORAGE_STALL_SECONDS + CHUNK_BYTES / settings.STORAGE_LEAST_BYTES_PER_SECOND
        while not self._over.wait(LOOK_SECONDS):
            if time.monotonic() - self._chunk_began > longest or time.time() > self.last_time:
                self.end()
                return


class ArchivePuts:
    """The PUTs in progress: at most `most`. One organization leaves at least one place to others."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now: list[ArchivePut] = []
        self._changed = threading.Condition()

    @contextmanager
    def place_for(self, put: ArchivePut) -> Iterator[None]:
        """Occupy a place during the block. End slow PUTs to make room, or raise BusyError."""
        with self._changed:
            self._make_room(put, time.monotonic() + WAIT_SECONDS)
            self._now.append(put)
        try:
            with put.watched():
                yield
        finally:
            with self._changed:
                self._now.remove(put)
                self._changed.notify_all()

    def _make_room(self, put: ArchivePut, deadline: float) -> None:
        while blocking := self._blocking(put):
            for other in blocking:
                if other.is_slow():
                    other.end()
            if not self._changed.wait(max(deadline - time.monotonic(), 0)):
                raise BusyError(_reason(put, blocking))

    def _blocking(self, put: ArchivePut) -> list[ArchivePut]:
        if same := [other for other in self._now if other.upload_id == put.upload_id]:
            return same
        own = [other for other in self._now if other.organization_id == put.organization_id]
        if len(own) >= max(self._most - 1, 1):
            return own
        return list(self._now) if len(self._now) >= self._most else []


def _reason(put: ArchivePut, blocking: list[ArchivePut]) -> str:
    if blocking[0].upload_id == put.upload_id:
        return "Another request is sending this archive; try again when it has ended."
    return "Too many uploads at once; try again soon."
