"""Failed sign-ins are limited, so that passwords cannot be guessed by trying."""

from django.http import HttpRequest
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

FAILURES = parse("10/5 minutes")
_failures = MovingWindowRateLimiter(MemoryStorage())


def is_blocked(request: HttpRequest) -> bool:
    """Whether this email failed too often from this address lately."""
    return not _failures.test(FAILURES, *_who(request))


def note_failure(request: HttpRequest) -> None:
    _failures.hit(FAILURES, *_who(request))


def _who(request: HttpRequest) -> tuple[str, str]:
    return request.POST.get("username", "").strip().lower(), request.META.get("REMOTE_ADDR", "")
