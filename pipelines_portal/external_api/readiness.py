"""Checks that /ready reports besides the database. If one fails, most requests are still served."""

from django.conf import settings

from pipelines_portal.core.probes import OK
from pipelines_portal.external_api.organizations.rate_limits import counters_answer
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import archive_name
from pipelines_portal.external_api.uploads.workers import worker_is_live

NO_CACHE = "Redis at CACHE_URL doesn’t respond. Until it does, each process counts requests for itself."
NO_WORKER = "No worker has sent a heartbeat for 30 seconds. ZIP files wait. Start a worker, or read its log."


def cache() -> str | None:
    """Check Redis. Return None if limits are counted in memory."""
    if not settings.CACHE_URL:
        return None
    return OK if counters_answer() else NO_CACHE


def storage() -> str:
    """Check that the storage answers, by looking for an object that does not exist."""
    get_storage().find(archive_name("ready"))
    return OK


def worker() -> str:
    return OK if worker_is_live() else NO_WORKER
