"""The sessions a person has open, and ending them."""

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
from pipelines_portal.core.http.client_address import exact_address
from pipelines_portal.core.http.middleware import BEGAN_AT, USED_AT, is_over
from pipelines_portal.core.tidying import remove_in_batches

USER_AGENT, ADDRESS = "user_agent", "address"
LONGEST_USER_AGENT = 300
# The first that is named in what a browser calls itself: most name those they came after, too.
BROWSERS = {
    "Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "CriOS": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Windows": "Windows", "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Mac OS": "Mac", "CrOS": "ChromeOS",
    "Linux": "Linux",
}  # fmt: skip


@dataclass(frozen=True)
class OpenSession:
    """What a person is told of a session. `mark` names it in a form, and opens nothing."""

    mark: str
    device: str
    address: str
    began_at: datetime
    used_at: datetime
    is_this: bool


@receiver(user_logged_in)
def _note_where_from(request: HttpRequest, **more: object) -> None:
    request.session[USER_AGENT] = request.META.get("HTTP_USER_AGENT", "")[:LONGEST_USER_AGENT]
    request.session[ADDRESS] = exact_address(request)


def sessions_of(user: User, request: HttpRequest) -> list[OpenSession]:
    """Those that are open, this one first, then by their last use."""
    told = [_told(session, request) for session in _open(user)]
    return sorted(told, key=lambda session: (not session.is_this, -session.used_at.timestamp()))


def end(user: User, mark: str) -> bool:
    """End the session of that mark. Whether there was one."""
    found = next((session for session in _open(user) if _mark(session) == mark), None)
    if found is None:
        return False
    with transaction.atomic():
        ended, _ = Session.objects.filter(pk=found.pk).delete()
        if ended:
            record(Verb.SESSION_ENDED, by=user, target=user, device=_device(found.get_decoded()))
    return bool(ended)


def end_all(user: User) -> None:
    """Nobody stays signed in as `user`; also not a session that is being written at this moment."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        Session.objects.filter(user=user).delete()
    user.refresh_from_db(fields=["session_epoch"])


def end_others(request: HttpRequest, user: User) -> None:
    """Only the session of this request goes on."""
    end_all(user)
    # Its row is gone as well: it goes on in a new one.
    update_session_auth_hash(request, user)


def forget_expired() -> int:
    """Also those of people who began to sign in and went away."""
    return remove_in_batches(Session.objects.filter(expire_date__lt=timezone.now()))


def _open(user: User) -> Iterator[Session]:
    """Those that would let their browser in."""
    now, current = int(time.time()), user.get_session_auth_hash()
    for session in Session.objects.filter(user=user, expire_date__gt=timezone.now()):
        facts = session.get_decoded()
        if facts.get(HASH_SESSION_KEY) == current and not is_over(facts, now):
            yield session


def _told(session: Session, request: HttpRequest) -> OpenSession:
    facts = session.get_decoded()
    is_this = session.session_key == request.session.session_key
    began_at, used_at = _moment(facts.get(BEGAN_AT)), _moment(facts.get(USED_AT))
    return OpenSession(_mark(session), _device(facts), facts.get(ADDRESS, ""), began_at, used_at, is_this)


def _moment(seconds: int | None) -> datetime:
    return datetime.fromtimestamp(seconds or 0, UTC)


def _device(facts: dict[str, Any]) -> str:
    text = facts.get(USER_AGENT, "")
    browser = next((name for part, name in BROWSERS.items() if f"{part}/" in text), "A browser")
    system = next((name for part, name in SYSTEMS.items() if part in text), "")
    return f"{browser} on {system}" if system else browser


def _mark(session: Session) -> str:
    return salted_hmac("pipelines_portal.accounts.sessions", session.session_key, algorithm="sha256").hexdigest()[:24]
