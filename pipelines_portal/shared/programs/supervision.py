"""supervisord, whose Python programs are forks of it: all that it does for them stays as it is."""

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from supervisor import loggers, poller, supervisord
from supervisor.options import ServerOptions

from . import forks

# What `ps` and `top` show of a process by itself is its parent's name; the kernel keeps 15 letters of another.
LONGEST_NAME = 15


class PollerAtOnce(poller.Poller):
    """supervisord starts its programs after its first wait, in which nothing can come yet: a second of every start."""

    has_waited = False

    def poll(self, timeout: float) -> Any:
        first, self.has_waited = not self.has_waited, True
        return super().poll(0 if first else timeout)


class ForkingOptions(ServerOptions):
    """Forks where supervisord would load another program."""

    def __init__(self) -> None:
        super().__init__()
        self.poller = PollerAtOnce(self)

    def setsignals(self) -> None:
        """Under nohup a terminal that is closed ends nothing."""
        is_kept_running = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        super().setsignals()
        if is_kept_running:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def get_signal(self) -> int | None:
        """A terminal that is closed ends what was started in it; supervisord's own would begin it all again."""
        number: int | None = super().get_signal()
        return signal.SIGTERM if number == signal.SIGHUP else number

    def execve(self, filename: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Called in the fork."""
        if filename != sys.executable:
            super().execve(filename, argv, env)
        _call_it(env["SUPERVISOR_PROCESS_NAME"])
        forks.become(argv[1:], env)


def _call_it(name: str) -> None:
    try:
        Path("/proc/self/comm").write_text(name[:LONGEST_NAME])
    except OSError:
        pass  # no Linux: then it is called like its parent


def _leave_it(handler: loggers.Handler) -> None:
    """Where a line cannot be written, as to a closed terminal, it ended supervisord, and left its programs behind."""


def supervise(configuration: Path) -> None:
    """Until SIGTERM or Ctrl-C."""
    supervisord.ServerOptions = ForkingOptions
    loggers.Handler.handleError = _leave_it
    supervisord.main(["--nodaemon", "--configuration", str(configuration)])
