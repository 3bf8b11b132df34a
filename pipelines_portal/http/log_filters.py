"""What the log leaves out."""

import logging


class WithoutTraceback(logging.Filter):
    """For what a client did wrong: a line says it, and where it was noticed says nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True
