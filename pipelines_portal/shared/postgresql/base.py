"""The module Django looks for in a database engine."""

import logging
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error, NotSupportedError
from django.db.backends.postgresql import base
from psycopg import OperationalError, ProgrammingError

# As long as anybody waits for a lock in SQLite.
PATIENCE_SECONDS, PAUSE_SECONDS = 20.0, 0.25
# What no patience helps: somebody has to correct the address, or what the server knows. Before a connection is there,
# only words tell it; what is said otherwise, or in another language, is tried again.
REFUSALS = (
    "authentication failed", "no password supplied", "is not permitted to log in", "no pg_hba.conf entry",
    "pg_hba.conf rejects", "transaction blocks not allowed",
    "does not exist", "no such database", "no such user", "definition of service",
    "permission denied", "must be superuser", "cannot be changed", "unrecognized configuration parameter",
    "unsupported startup parameter", "invalid ", "requires a ", "is outside the valid range",
    "does not support SSL", "certificate verify failed", "does not match host name", "could not read root certificate",
    "channel binding required",
)  # fmt: skip
# A name may be known a moment later, but not within our patience.
UNKNOWN_HOST = ("could not translate", "failed to resolve")
# Of a connection that is there and is being set up: bad values, no rights, no such thing.
REFUSING_STATES = {"0L", "0P", "22", "28", "3D", "42"}
# With which pgbouncer says whatever it has to say.
OF_POOLERS = "08P01"
logger = logging.getLogger(__name__)


class Refused(OperationalError):
    """The server, or libpq before it asked one, will say the same the next time."""

    is_refusal = True


class DatabaseWrapper(base.DatabaseWrapper):
    """Waits for a server that is away. What was not yet connected has asked nothing, and may ask again.

    A connection that rests has nothing to read: what a server says unasked is its farewell, or a notice. A pooler
    between says nothing unasked, and refuses the first question: so that is one that does no harm.
    """

    def connect(self) -> None:
        """None is left half set up: the next who asks would be without the role it was to take on."""
        try:
            super().connect()
        except (self.Database.Error, Error) as error:
            if self.connection is not None:
                self.connection.close()
                self.connection = None
            if _is_refusal(error):
                raise Refused(str(error)) from error
            raise

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        give_up, told = time.monotonic() + PATIENCE_SECONDS, False
        while True:
            try:
                return self._connect(conn_params)
            except self.Database.OperationalError as error:
                if time.monotonic() > give_up or _is_refusal(error) or _says(error, UNKNOWN_HOST):
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


def _is_refusal(error: Exception) -> bool:
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    if state and state != OF_POOLERS:
        return state[:2] in REFUSING_STATES
    return isinstance(error, ProgrammingError | NotSupportedError) or _says(error, REFUSALS)


def _says(error: Exception, some: tuple[str, ...]) -> bool:
    return any(words in str(error) for words in some)


@contextmanager
def closing_on_error(connection: Any) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
