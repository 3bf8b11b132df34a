"""Django's sessions in the database, each with the person it belongs to: SESSION_ENGINE names this module."""

from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from pipelines_portal.accounts.models import Session


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _validate_session_key(self, key: str) -> bool:
        """Keys that were never ours are not looked for: a cookie may hold what no database takes, such as NUL."""
        is_one: bool = super()._validate_session_key(key)  # type: ignore[misc]
        return is_one and key.isascii() and key.isalnum()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast(Session, super().create_model_instance(data))
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        return session
