"""What a request, or a piece of a worker's work, is called in every line about it: one word, in both programs."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-Id"
_FITS = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Of what this thread is at; "" between two requests that were none."""
    return _current.get()


def begin(request_id: str) -> None:
    """Until this thread begins something else."""
    _current.set(request_id)


def new_id() -> str:
    return secrets.token_urlsafe(9)


def fits(text: str) -> bool:
    """Whether it is short and plain enough to be taken over from others."""
    return _FITS.fullmatch(text) is not None


@contextmanager
def request_id_of_work(request_id: str) -> Iterator[None]:
    """What is done in the block is called so."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
