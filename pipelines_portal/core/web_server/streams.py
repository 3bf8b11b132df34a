"""The threads that answer requests with streamed bodies, and the requests that wait for one."""

import time
from collections import Counter
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

from pipelines_portal.core.http.client_address import address_to_count_by

WAIT_SECONDS = 20


class StreamThreads:
    """A limited number of threads with a limited queue, and a limited share of both for each address."""

    def __init__(self, *, threads: int, waiting: int, for_each_address: int) -> None:
        self._most, self._most_for_address = threads + waiting, for_each_address
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(threads)
        self._lock = self._dispatcher.lock
        self._by_address: Counter[str] = Counter()

    def add(self, channel: HTTPChannel) -> bool:
        """Queue the channel's request. Return False if there is no room for it."""
        address = _address(channel)
        with self._lock:
            if self._by_address.total() >= self._most or self._by_address[address] >= self._most_for_address:
                return False
            self._by_address[address] += 1
        self._dispatcher.add_task(_Stream(self, channel, address))
        return True

    def take_overdue(self, now: float) -> list[HTTPChannel]:
        """Remove those that have waited too long for a thread."""
        with self._lock:
            overdue = [one for one in self._dispatcher.queue if now - one.queued_at > WAIT_SECONDS]
            for stream in overdue:
                self._dispatcher.queue.remove(stream)
        for stream in overdue:
            self.release(stream.address)
        return [stream.channel for stream in overdue]

    def release(self, address: str) -> None:
        with self._lock:
            self._by_address[address] -= 1
            self._by_address += Counter()  # removes addresses at zero

    def shutdown(self) -> None:
        self._dispatcher.shutdown(timeout=1)


class _Stream:
    """A request that waits for a thread or uses one."""

    def __init__(self, threads: StreamThreads, channel: HTTPChannel, address: str) -> None:
        self._threads, self.channel, self.address = threads, channel, address
        self.queued_at = time.time()

    def service(self) -> None:
        try:
            self.channel.service()
        finally:
            self._threads.release(self.address)

    def cancel(self) -> None:
        self.channel.cancel()


def _address(channel: HTTPChannel) -> str:
    headers: dict[str, Any] = channel.requests[0].headers
    return address_to_count_by(str(channel.addr[0]), headers.get("X_FORWARDED_FOR", ""))
