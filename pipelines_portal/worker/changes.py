"""Detection of writes to the database without a query, so that an idle worker costs next to nothing."""

from pathlib import Path

from django.db import connection


class DatabaseChanges:
    """Compares the size and time of SQLite's write-ahead log. Other databases always count as changed.

    Two writes of the same size at the same moment look like one, so callers also look for work now and then.
    """

    def __init__(self) -> None:
        self.log = Path(f"{connection.settings_dict['NAME']}-wal") if connection.vendor == "sqlite" else None
        self.last_state: tuple[int, int] | None = None

    def since_last_call(self) -> bool:
        if self.log is None:
            return True
        before, self.last_state = self.last_state, self._state()
        return self.last_state is None or self.last_state != before

    def _state(self) -> tuple[int, int] | None:
        try:
            status = self.log.stat() if self.log else None
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size) if status else None
