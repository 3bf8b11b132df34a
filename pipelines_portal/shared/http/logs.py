"""What is written down: a line for what people do to accounts and keys; and what the log leaves out."""

import json
import logging
import re
from typing import Any

from django.http import HttpRequest

from .client_address import exact_address

LONGEST = 254
# The beginnings of such addresses, and what follows up to the next slash.
KEY = re.compile(r"(pk_live_)[0-9a-zA-Z_]{8,}")
LETS_IN = re.compile(r"(/invitation/|/password/new/[^/\s]+/)[^/\s\"']+")
logger = logging.getLogger("pipelines_portal.audit")


def note(request: HttpRequest, event: str, **facts: Any) -> None:
    """Write `event` down, with the person signed in, the address, and `facts`."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        facts = {"user": user.pk, "email": user.email} | facts
    told = facts | {"address": exact_address(request)}
    write_line(event, told)


def write_line(event: str, facts: dict[str, Any]) -> None:
    logger.info("%s %s", event, " ".join(f"{name}={_quoted(value)}" for name, value in facts.items()))


def _quoted(value: Any) -> str:
    """What strangers typed stays on its line, and within bounds."""
    return json.dumps(value[:LONGEST] if isinstance(value, str) else value)


class WithoutLinkSecrets(logging.Filter):
    """Takes out what lets in whoever has it: links, and keys that were put where none belongs. For a handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        if LETS_IN.search(told) or KEY.search(told):
            record.msg, record.args = KEY.sub(r"\1…", LETS_IN.sub(r"\1…", told)), ()
        return True


class WithoutTraceback(logging.Filter):
    """For what a client did wrong: a line says it, and where it was noticed says nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True
