"""The background worker: runs jobs of the queue, and cleans up abandoned uploads."""

import logging
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection
from django.utils.crypto import get_random_string

from pipelines_portal.core.database_errors import log_and_continue
from pipelines_portal.core.housekeeping import run_every_hour
from pipelines_portal.core.job_queue import JobWorker
from pipelines_portal.core.preparation import require_migrated
from pipelines_portal.core.probes import serve_probes
from pipelines_portal.core.shutdown import handle_signals
from pipelines_portal.core.start_line import log_start
from pipelines_portal.external_api.demo.simulation import advance_until_stopped
from pipelines_portal.external_api.uploads.sweep import EVERY_HOUR, sweep
from pipelines_portal.external_api.uploads.workers import HEARTBEAT_SECONDS, record_heartbeat, remove_heartbeat

logger = logging.getLogger(__name__)
LONGEST_UPKEEP_SECONDS = 5


class Command(BaseCommand):
    help = "Process confirmed uploads until stopped. You can run several."
    # `prepare` has run the checks. Running them again would load every module of the pages into memory.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", metavar="ORGANIZATION", help="advance this organization's tasks like real work")
        parser.add_argument("--demo-seconds", type=float, default=3.0, help="seconds between two steps of the demo")

    def handle(self, *args: Any, demo: str | None, demo_seconds: float, **options: Any) -> None:
        handle_signals()
        require_migrated()
        log_start("worker")
        worker_id, stopping = get_random_string(32), threading.Event()
        upkeep = threading.Thread(target=run_upkeep, args=[worker_id, stopping], daemon=True)
        serve_probes()
        try:
            upkeep.start()
            threading.Thread(target=run_every_hour, args=[EVERY_HOUR], name="tidying", daemon=True).start()
            if demo:
                clock = [demo, demo_seconds, stopping]
                threading.Thread(target=advance_until_stopped, args=clock, name="demo", daemon=True).start()
            JobWorker(worker_id).run()
        finally:
            # No heartbeat may follow the removal, or else the API would accept uploads without a worker.
            stopping.set()
            if upkeep.ident:
                upkeep.join(LONGEST_UPKEEP_SECONDS)
            connection.close()  # the job queue may have ended because the connection broke
            remove_heartbeat(worker_id)


def run_upkeep(worker_id: str, stopping: threading.Event) -> None:
    """Send heartbeats and sweep, beside the jobs, which may take long. An error does not end it."""
    next_sweep = time.monotonic()
    while not stopping.is_set():
        close_old_connections()
        try:
            record_heartbeat(worker_id, stopping)
            if time.monotonic() >= next_sweep:
                next_sweep = time.monotonic() + settings.UPLOAD_SWEEP_SECONDS
                sweep()
        except Exception as error:
            log_and_continue(logger, "The worker's upkeep", error)
        stopping.wait(min(HEARTBEAT_SECONDS, settings.UPLOAD_SWEEP_SECONDS))
