import signal
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from pipelines_portal.shared import stopping


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For what listens in this process: it was told nothing, before as after, and has its own signals again."""
    monkeypatch.setattr(stopping, "_told_at", 0.0)
    monkeypatch.setattr(stopping, "_woken", SimpleQueue())
    # The thread might hear after the test, and tell all that come behind it. Programs of their own show that it hears.
    monkeypatch.setattr(stopping, "_hear_at_once", lambda source: None)
    handlers = {number: signal.getsignal(number) for number in stopping.SIGNALS}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in handlers.items():
        signal.signal(number, handler)
