"""Storage of Django's messages in a cookie of each program."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class ProgramCookieStorage(CookieStorage):
    """Django's storage with a different cookie for each program, since both may run on one host name."""

    cookie_name = f"{settings.COOKIE_PREFIX}{settings.PROGRAM}_messages"


class MessageStorage(FallbackStorage):
    """The MESSAGE_STORAGE of both programs."""

    storage_classes = (ProgramCookieStorage, SessionStorage)
