"""The open sessions of a person, and how they end."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, update_session_auth_hash
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import F
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from pipelines_portal.accounts.models import Session, User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.core.http.client_address import exact_address
from pipelines_portal.core.http.middleware import BEGAN_AT, USED_AT, is_over

USER_AGENT, ADDRESS = "user_agent", "address"
LONGEST_USER_AGENT = 300
# In order: the user agent of most browsers also names the browsers that they descend from.
BROWSERS = {
    "Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "CriOS": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Windows": "Windows", "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Mac OS": "Mac", "CrOS": "ChromeOS",
    "Linux": "Linux",
}  # fmt: skip


@dataclass(frozen=True)
class OpenSession:
    """A session as its person sees it. `mark` identifies it in a form and gives no access."""

    mark: str
    device: str
    address: str
    began_at: datetime
    used_at: datetime
    is_this: bool


@receiver(user_logged_in)
def _store_origin(request: HttpRequest, **more: object) -> None:
    request.session[USER_AGENT] = request.META.get("HTTP_USER_AGENT", "")[:LONGEST_USER_AGENT]
    request.session[ADDRESS] = exact_address(request)


def open_sessions_of(user: User, request: HttpRequest) -> list[OpenSession]:
    """Return the open sessions, this one first, then by their last use."""
    sessions = [_describe(session, request) for session in _open_sessions(user)]
    return sorted(sessions, key=lambda session: (not session.is_this, -session.used_at.timestamp()))


def end_session(user: User, mark: str) -> bool:
    """End the session with that mark. Return False if there is none."""
    session = next((each for each in _open_sessions(user) if _mark(each) == mark), None)
    if session is None:
        return False
    with transaction.atomic():
        ended, _ = Session.objects.filter(pk=session.pk).delete()
        if ended:
            record(Verb.SESSION_ENDED, by=user, target=user, device=_device(session.get_decoded()))
    return bool(ended)


def end_all_sessions(user: User) -> None:
    """End all sessions of the person, also one that is being written at this moment."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        Session.objects.filter(user=user).delete()
    user.refresh_from_db(fields=["session_epoch"])


def end_other_sessions(request: HttpRequest, user: User) -> None:
    """End all sessions of the person but the one of this request."""
    end_all_sessions(user)
    # Its row was deleted as well, so it continues in a new one.
    update_session_auth_hash(request, user)


def delete_expired_sessions() -> int:
    """Delete the rows of expired sessions. For the worker."""
    return delete_in_batches(Session.objects.filter(expire_date__lt=timezone.now()))


def _open_sessions(user: User) -> Iterator[Session]:
    now, current = int(time.time()), user.get_session_auth_hash()
    for session in Session.objects.filter(user=user, expire_date__gt=timezone.now()):
        facts = session.get_decoded()
        if facts.get(HASH_SESSION_KEY) == current and not is_over(facts, now):
            yield session


def _describe(session: Session, request: HttpRequest) -> OpenSession:
    facts = session.get_decoded()
    is_this = session.session_key == request.session.session_key
    began_at, used_at = _time(facts.get(BEGAN_AT)), _time(facts.get(USED_AT))
    return OpenSession(_mark(session), _device(facts), facts.get(ADDRESS, ""), began_at, used_at, is_this)


def _time(seconds: int | None) -> datetime:
    return datetime.fromtimestamp(seconds or 0, UTC)


def _device(facts: dict[str, Any]) -> str:
    text = facts.get(USER_AGENT, "")
    browser = next((name for part, name in BROWSERS.items() if f"{part}/" in text), "A browser")
    system = next((name for part, name in SYSTEMS.items() if part in text), "")
    return f"{browser} on {system}" if system else browser


def _mark(session: Session) -> str:
    return salted_hmac("pipelines_portal.accounts.sessions", session.session_key, algorithm="sha256").hexdigest()[:24]
