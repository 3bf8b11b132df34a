"""The background worker: takes jobs from the queue, and looks after uploads that others left."""

import logging
import signal
import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection
from django.utils.crypto import get_random_string

from pipelines_portal.external_api.uploads.sweep import sweep
from pipelines_portal.external_api.uploads.workers import BEAT_SECONDS, beat, stop_beating

logger = logging.getLogger(__name__)
QUEUE_SECONDS = 0.5
LONGEST_UPKEEP_SECONDS = 5


class Command(BaseCommand):
    help = "Process confirmed uploads until stopped. Run as many as there is work for."

    def handle(self, *args: Any, **options: Any) -> None:
        # Until db_worker sets its own: a stop that comes this early says goodbye too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        worker_id, stopping = get_random_string(32), threading.Event()
        upkeep = threading.Thread(target=look_after_uploads, args=[worker_id, stopping], daemon=True)
        try:
            beat(worker_id, stopping)
            upkeep.start()
            call_command("db_worker", interval=QUEUE_SECONDS, startup_delay=False, reload=False, worker_id=worker_id)
        finally:
            # The thread must not beat once more behind the goodbye: the server would hand work to nobody.
            stopping.set()
            if upkeep.ident:
                upkeep.join(LONGEST_UPKEEP_SECONDS)
            # The stop may have come amid a transaction of the first beat: goodbye is said over a connection of its own.
            connection.close()
            stop_beating(worker_id)


def look_after_uploads(worker_id: str, stopping: threading.Event) -> None:
    """Beside the jobs, which may take long: beat and sweep, whatever goes wrong in between."""
    next_sweep = time.monotonic()
    while not stopping.is_set():
        close_old_connections()
        try:
            beat(worker_id, stopping)
            if time.monotonic() >= next_sweep:
                next_sweep = time.monotonic() + settings.UPLOAD_SWEEP_SECONDS
                sweep()
        except Exception:
            logger.exception("The worker's upkeep failed; it goes on")
        stopping.wait(min(BEAT_SECONDS, settings.UPLOAD_SWEEP_SECONDS))
