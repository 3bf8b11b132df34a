"""The end of a web server that loses no request: nobody new is let in, and what was begun is answered.

A proxy in front opens a connection for each request: refused here, it goes to the next program.
"""

import select
import time
from typing import Any

from waitress.server import TcpWSGIServer

# Longer than the API takes to create what one request may hold. Whoever stops programs waits longer than that.
ENDING_SECONDS = 25
# Of a connection that was just let in, or is in the middle of its request, more is to come.
SILENCE_SECONDS = 0.3
TURN_SECONDS = 0.05


class EndingServer(TcpWSGIServer):
    """Runs until `end_soon`, and then until all that was begun is answered."""

    is_ending = False

    def end_soon(self) -> None:
        """May be called by a signal."""
        self.is_ending = True
        self.pull_trigger()

    def run(self) -> None:
        try:
            while not self.is_ending:
                self._turn(self.adj.asyncore_loop_timeout)
            self._close_the_door()
            self._answer_the_rest()
        except (SystemExit, KeyboardInterrupt):
            pass
        self.task_dispatcher.shutdown(timeout=1)

    def _turn(self, seconds: float) -> None:
        self.asyncore.loop(timeout=seconds, map=self._map, use_poll=self.adj.asyncore_use_poll, count=1)

    def _close_the_door(self) -> None:
        """Who stands in it is let in: those the kernel has taken and nobody has looked at would be cut off."""
        waiting = select.poll()
        waiting.register(self.socket, select.POLLIN)
        while waiting.poll(0):
            self.handle_accept()
        self.del_channel()
        self.socket.close()

    def _answer_the_rest(self) -> None:
        give_up = time.time() + ENDING_SECONDS
        while (now := time.time()) < give_up and any(_is_wanted(one, now) for one in [*self.active_channels.values()]):
            self._turn(TURN_SECONDS)


def _is_wanted(channel: Any, now: float) -> bool:
    """Neither an archive, whose sender begins again, nor a client that has been answered is waited for."""
    if channel.lingers_until is not None and not channel.total_outbufs_len:
        return False
    begun: list[Any] = [request for request in channel.requests if not request.is_archive]
    return bool(begun or channel.total_outbufs_len) or now - channel.last_activity < SILENCE_SECONDS
