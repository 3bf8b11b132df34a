"""What tests do inside a running External API, past its endpoints: called by name through `ExternalApi.run`."""

import time
from datetime import UTC, datetime, timedelta

from pipelines_portal.external_api.storage.signed_urls import signed_url
from pipelines_portal.external_api.uploads.workers import worker_is_live


def expired_link(origin: str, upload_id: str) -> str:
    """Signed as it should be, and five seconds too old."""
    return signed_url(origin, f"archives/{upload_id}.zip", datetime.now(UTC) - timedelta(seconds=5))


def wait_for_a_worker(seconds: float) -> None:
    """Until one has said that it lives: before that no archive is taken."""
    given_up = time.monotonic() + seconds
    while not worker_is_live():
        assert time.monotonic() < given_up, "The External API's worker did not start."
        time.sleep(0.1)
