"""Pages of rows that can no longer be opened."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from pipelines_portal.web.encryption import Undecryptable
from pipelines_portal.web.rendering import render_notice

SEALED = (
    "The encryption key that they were saved with is missing. Nothing was changed, and nothing was sent. Whoever runs "
    "the portal can put the key back; or choose the file again."
)
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def says_when_sealed(view: View) -> View:
    """A page instead of a failure, when none of ENCRYPTION_KEYS opens the rows."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Undecryptable:
            context = {"title": "The rows cannot be opened", "sentence": SEALED}
            return render_notice(request, "web/message.html", context, status=503)

    return cast(View, wrapped)
