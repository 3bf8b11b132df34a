"""Django's sessions in the database, each with the person it belongs to: SESSION_ENGINE names this module."""

from datetime import timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import CharField, DateTimeField, QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import Session, User
from pipelines_portal.shared.prepared import Given, prepared

# How long a session of nobody lasts after its last write: somebody is signing in, or asked for a page and went away.
NOBODYS = timedelta(minutes=10)


@prepared(key=CharField(), now=DateTimeField())
def _open_session(key: Given, now: Given) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now).select_related("user")


class SessionStore(DatabaseStore):
    # Read with the session, in one query: every page asks for both.
    person: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _validate_session_key(self, key: str) -> bool:
        """Keys that were never ours are not looked for: a cookie may hold what no database takes, such as NUL."""
        is_one: bool = super()._validate_session_key(key)  # type: ignore[misc]
        return is_one and key.isascii() and key.isalnum()

    def _get_session_from_db(self) -> Session | None:
        session = _open_session.first(key=self.session_key, now=timezone.now())
        self.person = session.user if session else None
        if session is None:
            self._session_key = None
        return session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast(Session, super().create_model_instance(data))
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        if session.user_id is None:
            session.expire_date = min(session.expire_date, timezone.now() + NOBODYS)
        return session
