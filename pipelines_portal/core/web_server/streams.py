"""The threads that answer requests with streamed bodies, and the requests that wait for one."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

from pipelines_portal.core.http.client_address import address_to_count_by

WAIT_SECONDS = 20
# Returns the names of who sends a request, such as a key or a person. It may read the database.
SendersOf = Callable[[Any], list[str]]


class StreamThreads:
    """A limited number of threads with a limited queue, and a limited share of both for each address.

    With `senders_of`, a sender uses at most half of the threads at once, and as many more of its requests wait.
    """

    def __init__(
        self, *, threads: int, waiting: int, for_each_address: int, senders_of: SendersOf | None = None
    ) -> None:
        self._most, self._most_for_address = threads + waiting, for_each_address
        self._most_for_sender = threads // 2
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(threads)
        self._lock = self._dispatcher.lock
        self._by_address: Counter[str] = Counter()
        self._by_sender: Counter[str] = Counter()
        # Requests whose sender uses half of the threads.
        self._waiting: list[_Stream] = []
        self.senders_of: SendersOf = senders_of or (lambda request: [])

    def add(self, channel: HTTPChannel) -> bool:
        """Queue the channel's request. Return False if there is no room for it."""
        address = _address(channel)
        with self._lock:
            if self._by_address.total() >= self._most or self._by_address[address] >= self._most_for_address:
                return False
            self._by_address[address] += 1
        self._dispatcher.add_task(_Stream(self, channel, address))
        return True

    def begin(self, stream: "_Stream") -> bool:
        """Return whether a request may use its thread. If not, it waits for another one of its sender to end."""
        with self._lock:
            if self._may_run(stream):
                self._by_sender.update(stream.senders)
                return True
            if sum(not stream.senders.isdisjoint(other.senders) for other in self._waiting) >= self._most_for_sender:
                stream.queued_at = 0  # so the server refuses it within a second
            self._waiting.append(stream)
            return False

    def end(self, stream: "_Stream") -> None:
        with self._lock:
            self._by_sender -= Counter(stream.senders)  # removes senders at zero
            following = next(filter(self._may_run, self._waiting), None)
            if following:
                self._waiting.remove(following)
        self.release(stream.address)
        if following:
            self._dispatcher.add_task(following)

    def _may_run(self, stream: "_Stream") -> bool:
        return all(self._by_sender[sender] < self._most_for_sender for sender in stream.senders)

    def take_overdue(self, now: float) -> list[HTTPChannel]:
        """Remove those that have waited too long for a thread."""
        with self._lock:
            overdue = [
                (queue, one)
                for queue in (self._dispatcher.queue, self._waiting)
                for one in queue
                if now - one.queued_at > WAIT_SECONDS
            ]
            for queue, stream in overdue:
                queue.remove(stream)
        for _, stream in overdue:
            self.release(stream.address)
        return [stream.channel for _, stream in overdue]

    def release(self, address: str) -> None:
        with self._lock:
            self._by_address[address] -= 1
            self._by_address += Counter()  # removes addresses at zero

    def shutdown(self) -> None:
        self._dispatcher.shutdown(timeout=1)
        for stream in self._waiting:
            stream.cancel()


class _Stream:
    """A request that waits for a thread or uses one."""

    def __init__(self, threads: StreamThreads, channel: HTTPChannel, address: str) -> None:
        self._threads, self.channel, self.address = threads, channel, address
        self.queued_at = time.time()
        self._senders: frozenset[str] | None = None

    @property
    def senders(self) -> frozenset[str]:
        if self._senders is None:
            self._senders = frozenset(self._threads.senders_of(self.channel.requests[0]))
        return self._senders

    def service(self) -> None:
        _ = self.senders  # read before the lock is taken
        if not self._threads.begin(self):
            return
        try:
            self.channel.service()
        finally:
            self._threads.end(self)

    def cancel(self) -> None:
        self.channel.cancel()


def _address(channel: HTTPChannel) -> str:
    headers: dict[str, Any] = channel.requests[0].headers
    return address_to_count_by(str(channel.addr[0]), headers.get("X_FORWARDED_FOR", ""))
