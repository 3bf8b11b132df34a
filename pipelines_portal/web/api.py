"""The process's one connection to the API, and whether it answered lately."""

from functools import cache

from django.conf import settings

from pipelines_portal.api_client import Transport


@cache
def transport_to(base_url: str, timeout: float) -> Transport:
    return Transport(base_url, timeout)


def transport() -> Transport:
    """The pool that every call of this process goes through."""
    return transport_to(settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS)
