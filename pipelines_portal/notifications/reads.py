"""The number of unread notifications, beside the menu of every page. Through the ORM it takes 5 times the CPU time."""

from pipelines_portal.shared.hot_reads import rows_of

from .models import Notification

_SQL = f"""
    SELECT COUNT(*) FROM (
        SELECT 1 FROM {Notification._meta.db_table} WHERE person_id = %s AND read_at IS NULL AND is_listed LIMIT %s
    ) AS unread
"""  # noqa: S608 - names of our own tables


def count_unread(person_id: int, most: int) -> int:
    """Count the person's unread notifications, `most` at most."""
    [(count,)] = rows_of(_SQL, [person_id, most])
    return int(count)
