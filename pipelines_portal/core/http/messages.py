"""What a page says after a redirect, in a cookie of the program's own."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class ProgramCookieStorage(CookieStorage):
    """Django's, with a name that the two programs do not share where they run on one host name."""

    cookie_name = f"{settings.COOKIE_PREFIX}{settings.PROGRAM}_messages"


class MessageStorage(FallbackStorage):
    """MESSAGE_STORAGE names it."""

    storage_classes = (ProgramCookieStorage, SessionStorage)
