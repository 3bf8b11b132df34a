"""Django's session middleware, for sessions that end while a request is under way."""

from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware as DjangoMiddleware
from django.http import HttpRequest, HttpResponse


class SessionMiddleware(DjangoMiddleware):
    """What the request did is done, and its answer says so: Django's would call it a bad request.

    People end their own sessions too: by a reset link, by leaving, by taking their own second step away.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except SessionInterrupted:
            request.session.flush()
            return super().process_response(request, response)
