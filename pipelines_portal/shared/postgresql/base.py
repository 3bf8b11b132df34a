"""The module Django looks for in a database engine."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that rests has nothing to read: what a server says unasked is its farewell, or a notice."""

    def is_usable(self) -> bool:
        """Asked once a request. Django always sends a SELECT for it: a fifth of what a small page waits for."""
        return (not self.errors_occurred and self._is_silent()) or super().is_usable()

    def _is_silent(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
