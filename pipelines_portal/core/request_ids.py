"""The ID of the current request or job, which all of its log lines have in both programs."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-Id"
_FITS = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Return the ID for this thread, or ""."""
    return _current.get()


def begin(request_id: str) -> None:
    """Set the ID for this thread until the next call."""
    _current.set(request_id)


def new_id() -> str:
    return secrets.token_urlsafe(9)


def fits(text: str) -> bool:
    """Return True if an ID from outside is short and plain enough to be used."""
    return _FITS.fullmatch(text) is not None


@contextmanager
def request_id_of_work(request_id: str) -> Iterator[None]:
    """Use the ID inside the block."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
