"""How log lines are written: for people, or as JSON for programs. They hold nothing that lets their readers in."""

import logging
import re
import sys
import threading
from types import TracebackType

from pipelines_portal.core import request_ids

KEY = re.compile(r"(pk_live_)[0-9a-zA-Z_]{8,}")
# The path of a link that lets somebody in, up to the next slash; in JSON a backslash ends it, too.
SLASH = "(?:/|%2F)"  # as in the address of a page that comes after another
LETS_IN = re.compile(
    rf"({SLASH}invitation{SLASH}|{SLASH}password{SLASH}new{SLASH}[^/%\s]+{SLASH})[^/%\s\"'\\]+", re.IGNORECASE
)
# The password in a URL, and what signs one.
PASSWORD = re.compile(r"(\w://[^/\s:@]*:)[^/\s@]+(?=@)")
SIGNED = re.compile(r"(X-Amz-(?:Signature|Credential|Security-Token)(?:=|%3D))[^&%\s\"'\\]+", re.IGNORECASE)
SECRETS = (KEY, LETS_IN, PASSWORD, SIGNED)
logger = logging.getLogger(__name__)


def without_secrets(line: str) -> str:
    for secret in SECRETS:
        line = secret.sub(r"\1…", line)
    return line


class Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to standard error. Removes secrets from the whole line: any message or exception may contain them."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class RequestId(logging.Filter):
    """Gives each record the ID of the request or job that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        request_id = request_ids.current()
        record.request_id, record.at_end = request_id, f" request={request_id}" if request_id else ""
        return True


def log_what_nobody_caught() -> None:
    """Log uncaught exceptions, which Python would print as they are. Before the settings are read, too."""
    logging.lastResort = Handler()
    logging.lastResort.setLevel(logging.WARNING)
    sys.excepthook = _log
    threading.excepthook = lambda told: _log(told.exc_type, told.exc_value, told.exc_traceback)


def _log(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    if error is not None and issubclass(kind, Exception):
        logger.critical("Nobody caught what ended it", exc_info=(kind, error, traceback))
    elif error is not None and not issubclass(kind, SystemExit):
        sys.__excepthook__(kind, error, traceback)
