"""Who may send a large form."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pipelines_portal.web.rendering import render_notice

View = Callable[[HttpRequest], HttpResponse]
SIGNED_OUT = (
    "You are not signed in, and only people who are may send this much. Sign in in another tab, then come back here, "
    "go back, and send it again. What you typed is still there."
)


class LargeBodyMiddleware:
    """Answer a large body of somebody who is not signed in before any of it is read.

    The check of the CSRF token reads the whole form, but comes after all middleware.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length <= settings.STRANGERS_LARGEST_BODY or request.user.is_authenticated:
            return self.get_response(request)
        context = {"title": "Not sent: you are signed out", "sentence": SIGNED_OUT}
        return render_notice(request, "web/message.html", context, status=413)
