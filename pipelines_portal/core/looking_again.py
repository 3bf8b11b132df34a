"""Parts of a page that ask for themselves anew: whether one does, and whether it shows all there is already."""

import hashlib

from django.http import HttpRequest
from django.utils import timezone

from pipelines_portal.core.rendering import htmx_of


def looks_again(request: HttpRequest, part: str) -> bool:
    """The element of this id asks for itself, at its interval; nobody clicked."""
    htmx = htmx_of(request)
    return bool(htmx) and htmx.trigger == part


def digest_of(*shown: object) -> str:
    """Changes with whatever is shown, and at midnight: days are told from each other by name."""
    return hashlib.sha256(repr((shown, timezone.localdate())).encode()).hexdigest()[:16]
