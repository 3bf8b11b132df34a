"""Log lines about changes to accounts and keys."""

import json
import logging
from typing import Any

from django.http import HttpRequest

from pipelines_portal.core.http.client_address import exact_address

LONGEST = 254
logger = logging.getLogger("pipelines_portal.audit")


def note(request: HttpRequest, event: str, **facts: Any) -> None:
    """Log `event` with the user, the address and `facts`."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        facts = {"user": user.pk, "email": user.email} | facts
    write_line(event, facts | {"address": exact_address(request)})


def write_line(event: str, facts: dict[str, Any]) -> None:
    logger.info("%s %s", event, " ".join(f"{name}={_quoted(value)}" for name, value in facts.items()))


def _quoted(value: Any) -> str:
    """Quote and shorten a value, which may come from outside, so that it stays on its line.

    Letters of all languages stay readable. What a terminal or a viewer would act on is escaped: control characters,
    line separators, signs that change the direction of the text, and lone surrogates.
    """
    text = json.dumps(value[:LONGEST] if isinstance(value, str) else value, ensure_ascii=False)
    return text if text.isprintable() else "".join(sign if sign.isprintable() else _escape(sign) for sign in text)


def _escape(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


class WithoutTraceback(logging.Filter):
    """Removes the traceback of an error of a client, since it does not help."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True
