"""Two connections at once, for tests on PostgreSQL."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


class AtOnce(threading.Thread):
    """Calls `act` in a connection of its own. `result` is its result, or the error that it raised."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__()
        self.act = act
        self.result: Any = None

    def run(self) -> None:
        try:
            self.result = self.act()
        except Exception as error:
            self.result = error
        finally:
            connection.close()
