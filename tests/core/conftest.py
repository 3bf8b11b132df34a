import signal
from collections.abc import Iterator

import pytest

from pipelines_portal.core import shutdown


@pytest.fixture
def restored_signals() -> Iterator[None]:
    """Restore the signal handlers that a command replaces when it listens for SIGTERM."""
    handlers = {number: signal.getsignal(number) for number in shutdown.SIGNALS}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in handlers.items():
        signal.signal(number, handler)
