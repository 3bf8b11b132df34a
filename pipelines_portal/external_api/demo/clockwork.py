"""The demo's clock: its tasks move on by themselves, beside the worker's jobs."""

import logging
import threading

from django.db import DatabaseError, close_old_connections

from pipelines_portal.external_api.demo.simulation import advance_some

logger = logging.getLogger(__name__)


def advance_for_ever(organization: str, seconds: float, stopping: threading.Event) -> None:
    """One step for the organization's tasks every so often. A database that is away for a moment ends nothing."""
    while not stopping.is_set():
        close_old_connections()
        try:
            advance_some(organization)
        except DatabaseError as error:
            logger.warning("A step of the demo is left out: %s", error)
        stopping.wait(seconds)
