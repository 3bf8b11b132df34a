"""The read of a request's session with its person.

Measured on SQLite: 32 µs of CPU time, through the ORM 437 µs (14 times).
"""

from dataclasses import dataclass

from django.utils import timezone

from pipelines_portal.accounts.models import Session, User
from pipelines_portal.core.sql import aware, build_instance, column_list, fetch_rows

_SQL = f"""
    SELECT s.session_data, s.expire_date, {column_list(User, "u")}
    FROM {Session._meta.db_table} s LEFT JOIN {User._meta.db_table} u ON u.id = s.user_id
    WHERE s.session_key = %s
"""  # noqa: S608 - names of our own tables


@dataclass(frozen=True)
class StoredSession:
    """A row of Session. `data` is encoded by Django; `person` is None while nobody is signed in."""

    data: str
    person: User | None


def read_session(session_key: str) -> StoredSession | None:
    """Return the session, or None if there is none or it has expired."""
    for data, expires, *person in fetch_rows(_SQL, [session_key]):
        expire_date = aware(expires)
        if expire_date and expire_date > timezone.now():
            return StoredSession(data, build_instance(User, person) if person[0] is not None else None)
    return None
