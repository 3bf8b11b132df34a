"""Log lines without secrets, as text for people or as JSON for programs."""

import logging
import re
import sys
import threading
from types import TracebackType

from pipelines_portal.core import request_ids

KEY = re.compile(r"(pk_live_)[0-9a-zA-Z_]{8,}")
# The secret in the path of a link for signing in, up to the next slash. In JSON, a backslash ends it too.
SLASH = "(?:/|%2F)"  # %2F: in a `next` parameter
SIGN_IN_LINK = re.compile(
    rf"({SLASH}invitation{SLASH}|{SLASH}password{SLASH}new{SLASH}[^/%\s]+{SLASH})[^/%\s\"'\\]+", re.IGNORECASE
)
# The password in a URL, and the signature of one.
PASSWORD = re.compile(r"(\w://[^/\s:@]*:)[^/\s@]+(?=@)")
SIGNED = re.compile(r"(X-Amz-(?:Signature|Credential|Security-Token)(?:=|%3D))[^&%\s\"'\\]+", re.IGNORECASE)
SECRETS = (KEY, SIGN_IN_LINK, PASSWORD, SIGNED)
logger = logging.getLogger(__name__)


def without_secrets(line: str) -> str:
    for secret in SECRETS:
        line = secret.sub(r"\1…", line)
    return line


class Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to standard error, without the secrets that any message or exception may contain."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class RequestId(logging.Filter):
    """Adds the ID of the request or job to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        request_id = request_ids.current()
        record.request_id, record.at_end = request_id, f" request={request_id}" if request_id else ""
        return True


def log_uncaught_exceptions() -> None:
    """Log uncaught exceptions, which Python would print with their secrets. Works before the settings are read."""
    logging.lastResort = Handler()
    logging.lastResort.setLevel(logging.WARNING)
    sys.excepthook = _log
    threading.excepthook = lambda hook: _log(hook.exc_type, hook.exc_value, hook.exc_traceback)


def _log(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    if error is not None and issubclass(kind, Exception):
        logger.critical("Unhandled error", exc_info=(kind, error, traceback))
    elif error is not None and not issubclass(kind, SystemExit):
        sys.__excepthook__(kind, error, traceback)
