"""The process's one connection to the API, and whether it answered lately."""

from functools import cache

from django.conf import settings

from pipelines_portal.api_client import Bulkhead, Transport


@cache
def transport_to(base_url: str, timeout: float, most_waiting: int) -> Transport:
    return Transport(base_url, timeout, bulkhead=Bulkhead(most_waiting))


def transport() -> Transport:
    """The pool that every call of this process goes through; at most half of the web threads wait in it at once.

    The worker asks one thing at a time, and so never meets that bound.
    """
    half = max(settings.WEB_THREADS // 2, 1)
    return transport_to(settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS, half)
