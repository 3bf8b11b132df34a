"""What all pages of the organization keys know."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, str]:
    """Where people go on with a key; "" where nobody said."""
    return {"portal_url": settings.PORTAL_URL}
