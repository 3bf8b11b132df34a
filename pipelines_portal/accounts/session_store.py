"""The session engine (SESSION_ENGINE): Django's sessions in the database, each with its person."""

from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.utils import timezone

from pipelines_portal.accounts.models import Session, User
from pipelines_portal.accounts.reads import read_session
from pipelines_portal.core.database_errors import is_away, is_full

# The lifetime of a session in which nobody is signed in yet, after its last write.
ANONYMOUS_LIFETIME = timedelta(minutes=10)


class SessionStore(DatabaseStore):
    # The person is read together with the session, because every page needs both.
    person: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _validate_session_key(self, key: str) -> bool:
        """Accept ASCII letters and digits only: a cookie may hold NUL, which PostgreSQL refuses."""
        is_valid: bool = super()._validate_session_key(key)  # type: ignore[misc]
        return is_valid and key.isascii() and key.isalnum()

    def load(self) -> dict[str, Any]:
        session = read_session(self.session_key) if self.session_key else None
        self.person = session.person if session else None
        if session is None:
            self._session_key = None
            return {}
        return self.decode(session.data)

    def save(self, must_create: bool = False) -> None:
        """Raise the database's own error if it is locked, full or away.

        Django raises UpdateError for it, as for a session that was deleted, and the person would be signed out.
        """
        try:
            super().save(must_create)
        except UpdateError as update_error:
            error = update_error.__context__
            if error and (is_away(error) or is_full(error)):
                raise error from error.__cause__
            raise

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast(Session, super().create_model_instance(data))
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        if session.user_id is None:
            session.expire_date = min(session.expire_date, timezone.now() + ANONYMOUS_LIFETIME)
        return session


def senders_of(request: HttpRequest) -> list[str]:
    """Return the person of the request's session, in all of their sessions the same (BODY_SENDERS)."""
    person = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME)).get(SESSION_KEY)
    return [f"person {person}"] if person else []
