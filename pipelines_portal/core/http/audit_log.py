"""What is written down: a line for what people do to accounts and keys."""

import json
import logging
from typing import Any

from django.http import HttpRequest

from pipelines_portal.core.http.client_address import exact_address

LONGEST = 254
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


class WithoutTraceback(logging.Filter):
    """For what a client did wrong: a line says it, and where it was noticed says nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True
