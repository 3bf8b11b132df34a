"""The read of a pooled answer, which each refresh of a list makes.

Measured on SQLite: 19 µs of CPU time, through the ORM 291 µs (16 times).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from pipelines_portal.core.sql import aware, fetch_rows
from pipelines_portal.keys.models import PooledAnswer

_SQL = f"SELECT text, fetched_at FROM {PooledAnswer._meta.db_table} WHERE key_id = %s AND digest = %s"  # noqa: S608 - ours


@dataclass(frozen=True)
class StoredAnswer:
    """A row of PooledAnswer. `fetched_at` is None while the first answer is being fetched, and after a change."""

    text: str
    fetched_at: datetime | None

    def is_younger_than(self, seconds: float) -> bool:
        return self.fetched_at is not None and timezone.now() - self.fetched_at < timedelta(seconds=seconds)


def read_answer(key_id: int, digest: str) -> StoredAnswer | None:
    for text, fetched_at in fetch_rows(_SQL, [key_id, digest]):
        return StoredAnswer(text, aware(fetched_at))
    return None
