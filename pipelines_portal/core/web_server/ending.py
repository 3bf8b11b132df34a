"""Shutdown of a web server without losing a request: it accepts no connections, and answers all open requests.

A proxy opens a connection for each request. If it is refused, the proxy uses the next process.
"""

import select
import time
from typing import Any

from waitress.server import TcpWSGIServer

# Longer than the API takes to create the tasks of one request. Service managers must wait longer than that.
ENDING_SECONDS = 25
# A connection that was active within this time is expected to send a request, or the rest of one.
SILENCE_SECONDS = 0.3
LOOP_SECONDS = 0.05


class EndingServer(TcpWSGIServer):
    """Runs until `end_soon` is called, and then until all open requests are answered."""

    is_ending = False

    def end_soon(self) -> None:
        """Start the shutdown. Signal handlers may call this."""
        self.is_ending = True
        self.pull_trigger()

    def run(self) -> None:
        try:
            while not self.is_ending:
                self._run_once(self.adj.asyncore_loop_timeout)
            self._stop_listening()
            self._finish_requests()
        except (SystemExit, KeyboardInterrupt):
            pass
        self.task_dispatcher.shutdown(timeout=1)

    def _run_once(self, seconds: float) -> None:
        self.asyncore.loop(timeout=seconds, map=self._map, use_poll=self.adj.asyncore_use_poll, count=1)

    def _stop_listening(self) -> None:
        """Accept the connections that wait in the kernel, which closing the socket would reset."""
        waiting = select.poll()
        waiting.register(self.socket, select.POLLIN)
        while waiting.poll(0):
            self.handle_accept()
        self.del_channel()
        self.socket.close()

    def _finish_requests(self) -> None:
        deadline = time.time() + ENDING_SECONDS
        while (now := time.time()) < deadline and any(
            _must_wait_for(one, now) for one in [*self.active_channels.values()]
        ):
            self._run_once(LOOP_SECONDS)


def _must_wait_for(channel: Any, now: float) -> bool:
    """Return False for an archive, which its sender starts again, and for a client that has its response."""
    if channel.lingers_until is not None and not channel.total_outbufs_len:
        return False
    begun: list[Any] = [request for request in channel.requests if not request.is_archive]
    return bool(begun or channel.total_outbufs_len) or now - channel.last_activity < SILENCE_SECONDS
