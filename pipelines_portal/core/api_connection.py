"""The connections of this process to the API, and whether it answered lately."""

from functools import cache

from django.conf import settings

from pipelines_portal.api_client import Bulkhead, Transport


@cache
def _places(most_waiting: int) -> Bulkhead:
    return Bulkhead(most_waiting)


@cache
def transport_to(base_url: str, timeout: float, most_waiting: int) -> Transport:
    return Transport(base_url, timeout, bulkhead=_places(most_waiting))


def transport() -> Transport:
    """The pool that the calls of this process go through; at most half of the web threads wait in it at once.

    The worker asks one thing at a time, and so never meets that bound.
    """
    return transport_to(settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS, _half())


def transport_for_check() -> Transport:
    """A connection that also asks an API which has not answered the others lately. Its calls count to the same half."""
    return Transport(settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS, bulkhead=_places(_half()))


def _half() -> int:
    return max(settings.WEB_THREADS // 2, 1)
