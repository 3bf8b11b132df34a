"""A saved key that the portal itself cannot open: told as what it is, since the API never saw it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from pipelines_portal.core.encryption import Undecryptable
from pipelines_portal.core.rendering import render_notice

KEY_SEALED = "The portal cannot open its saved key"


class KeyCannotBeOpened(Undecryptable):
    """The key was encrypted with a value that is no longer in ENCRYPTION_KEYS."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{KEY_SEALED} “{name}”: the value it was encrypted with is missing from "
            "ENCRYPTION_KEYS. Ask whoever runs this portal to put the old value back, or save the "
            "key again."
        )


class UnreadableKeyMiddleware:
    """Turns a `KeyCannotBeOpened` out of a view into an answer for people; never a 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, KeyCannotBeOpened):
            return None
        context = {"sentence": str(error), "nothing_sent": request.method not in ("GET", "HEAD")}
        return render_notice(request, "keys/unreadable.html", context, status=503)
