"""How a line of the log is written: for people, or as JSON for programs. Both say to which request it belongs.

Neither has what lets in whoever has it: links, and keys that were put where none belongs.
"""

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from pipelines_portal.shared import request_ids

# The beginnings of such addresses, and what follows up to the next slash; in JSON a backslash ends it, too.
KEY = re.compile(r"(pk_live_)[0-9a-zA-Z_]{8,}")
SLASH = "(?:/|%2F)"  # as in the address of a page that comes after another
LETS_IN = re.compile(
    rf"({SLASH}invitation{SLASH}|{SLASH}password{SLASH}new{SLASH}[^/%\s]+{SLASH})[^/%\s\"'\\]+", re.IGNORECASE
)
# Of an address: its password, and what signs it.
PASSWORD = re.compile(r"(\w://[^/\s:@]*:)[^/\s@]+(?=@)")
SIGNED = re.compile(r"(X-Amz-(?:Signature|Credential|Security-Token)(?:=|%3D))[^&%\s\"'\\]+", re.IGNORECASE)
SECRETS = (KEY, LETS_IN, PASSWORD, SIGNED)
logger = logging.getLogger(__name__)


def without_secrets(line: str) -> str:
    """Of all that is written: what an exception says may hold them, as any message may."""
    for secret in SECRETS:
        line = secret.sub(r"\1…", line)
    return line


class LineFormatter(logging.Formatter):
    """For people: the request comes last, and lines that belong to none have nothing there."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        line, request_id = super().formatMessage(record), request_ids.current()
        return f"{line} request={request_id}" if request_id else line

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class JsonFormatter(logging.Formatter):
    """For programs: an object a line, a traceback being one of its fields. `facts` of a record are fields too."""

    def __init__(self, program: str) -> None:
        super().__init__()
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "program": self._program,
            "request_id": request_ids.current(),
            "message": record.getMessage(),
        }
        told |= getattr(record, "facts", {})
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(told, default=str))


def log_what_nobody_caught() -> None:
    """For what is run: Python itself writes such a traceback as it is, and so does what logs before the settings."""
    if logging.lastResort:
        logging.lastResort.setFormatter(LineFormatter())
    sys.excepthook = _log
    threading.excepthook = lambda told: _log(told.exc_type, told.exc_value, told.exc_traceback)


def _log(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    if error is not None and issubclass(kind, Exception):
        logger.critical("Nobody caught what ended it", exc_info=(kind, error, traceback))
    elif error is not None and not issubclass(kind, SystemExit):
        sys.__excepthook__(kind, error, traceback)
