"""Which browser the tests drive, how it is started, and how it is ended when it no longer answers."""

import os
import shutil
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext, BrowserType, Error

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CLOSE_SECONDS = 30


def executable() -> str | None:
    """The system's Chromium; None leaves it to the one Playwright installed. Without windows it is a third lighter."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


class Chromium:
    """One browser for many tests, and another one in its place once it was ended."""

    def __init__(self, kind: BrowserType) -> None:
        self.kind = kind
        self.mark = f"--of-the-tests={uuid4()}"
        self.plain_close = BrowserContext.close
        self.running = self._launch()

    def _launch(self) -> Browser:
        return self.kind.launch(executable_path=executable(), args=[*FLAGS, self.mark])

    def browser(self) -> Browser:
        if not self.running.is_connected():
            self.running = self._launch()
        return self.running

    def close(self, context: BrowserContext) -> None:
        """Chromium now and then never answers this while a page is on its way to another."""
        try:
            with self._ended_after(CLOSE_SECONDS):
                self.plain_close(context)
        except Error:
            if self.running.is_connected():
                raise

    @contextmanager
    def _ended_after(self, seconds: float) -> Iterator[None]:
        watch = threading.Timer(seconds, self._kill)
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _kill(self) -> None:
        warnings.warn("Chromium did not close a context: another one is started.", stacklevel=2)
        for process in _processes_with(self.mark):
            os.kill(process, signal.SIGKILL)


def _processes_with(argument: str) -> list[int]:
    lines = ((path.parent.name, path.read_bytes()) for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [int(process) for process, line in lines if argument.encode() in line.split(b"\0")]
