"""The context of all pages of the organization keys."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, str]:
    """Return the address of the portal, or "" if none is configured."""
    return {"portal_url": settings.PORTAL_URL}
