"""The background worker: runs jobs of the queue, and cleans up abandoned uploads."""

import logging
import threading
import time
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.conf import settings
from django.db import close_old_connections

from pipelines_portal.core.database_errors import log_and_continue
from pipelines_portal.core.shutdown import is_stopping, sleep
from pipelines_portal.core.worker_command import WorkerCommand, start_thread
from pipelines_portal.external_api.demo.simulation import advance_until_stopped
from pipelines_portal.external_api.models import WorkerHeartbeat
from pipelines_portal.external_api.uploads.sweep import EVERY_HOUR, sweep
from pipelines_portal.external_api.uploads.workers import HEARTBEAT_SECONDS

logger = logging.getLogger(__name__)


class Command(WorkerCommand):
    help = "Process confirmed uploads until stopped. You can run several."
    heartbeat = WorkerHeartbeat
    housekeeping = EVERY_HOUR
    ending_seconds = 5

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", metavar="ORGANIZATION", help="advance this organization's tasks like real work")
        parser.add_argument("--demo-seconds", type=float, default=3.0, help="seconds between two steps of the demo")

    def start_threads(self, **options: Any) -> list[threading.Thread]:
        if demo := options["demo"]:
            start_thread(partial(advance_until_stopped, demo, options["demo_seconds"]), "demo")
        return [start_thread(run_upkeep, "upkeep")]


def run_upkeep() -> None:
    """Send heartbeats and sweep, beside the jobs, which may take long. An error does not end it."""
    next_sweep = time.monotonic()
    while not is_stopping():
        close_old_connections()
        try:
            WorkerHeartbeat.record()
            if time.monotonic() >= next_sweep:
                next_sweep = time.monotonic() + settings.UPLOAD_SWEEP_SECONDS
                sweep()
        except Exception as error:
            log_and_continue(logger, "The worker's upkeep", error)
        sleep(min(HEARTBEAT_SECONDS, settings.UPLOAD_SWEEP_SECONDS))
