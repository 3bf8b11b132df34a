"""How a line of the log is written: for people, or as JSON for programs. Both say to which request it belongs."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from pipelines_portal.shared import request_ids


class LineFormatter(logging.Formatter):
    """For people: the request comes last, and lines that belong to none have nothing there."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        line, request_id = super().formatMessage(record), request_ids.current()
        return f"{line} request={request_id}" if request_id else line


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
        return json.dumps(told, default=str)
