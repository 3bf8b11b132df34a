"""The module Django looks for in a database engine."""

import logging
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql import base

# As long as anybody waits for a lock in SQLite.
PATIENCE_SECONDS, PAUSE_SECONDS = 20.0, 0.25
# What no patience helps.
REFUSALS = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "permission denied",
    "could not translate",
    "invalid ",
)
logger = logging.getLogger(__name__)


class DatabaseWrapper(base.DatabaseWrapper):
    """Waits for a server that is away. What was not yet connected has asked nothing, and may ask again.

    A connection that rests has nothing to read: what a server says unasked is its farewell, or a notice. A pooler
    between says nothing unasked, and refuses the first question: so that is one that does no harm.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        give_up, told = time.monotonic() + PATIENCE_SECONDS, False
        while True:
            try:
                return self._connect(conn_params)
            except self.Database.OperationalError as error:
                if time.monotonic() > give_up or any(words in str(error) for words in REFUSALS):
                    raise
                if not told:
                    logger.warning("PostgreSQL cannot be reached (%s); it is tried again", _first_line(error))
                told = True
            time.sleep(PAUSE_SECONDS)

    def _connect(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if self._is_pooled:
            with closing_on_error(connection):
                connection.execute("SELECT 1")
                connection.rollback()
        return connection

    @property
    def _is_pooled(self) -> bool:
        """Whoever has a pooler between must say so to Django, for cursors that outlive a transaction."""
        return bool(self.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"))

    def is_usable(self) -> bool:
        """Asked once a request. Django always sends a SELECT for it: a fifth of what a small page waits for."""
        is_silent = not self.errors_occurred and not self._is_pooled and self._is_silent()
        return is_silent or super().is_usable()

    def _is_silent(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)


@contextmanager
def closing_on_error(connection: Any) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
