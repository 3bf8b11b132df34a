"""What tests do inside a running External API, past its endpoints: called by name through `ExternalApi.run`."""

from datetime import UTC, datetime, timedelta

from pipelines_portal.external_api.storage.signed_urls import signed_url


def expired_link(origin: str, upload_id: str) -> str:
    """Signed as it should be, and five seconds too old."""
    return signed_url(origin, f"archives/{upload_id}.zip", datetime.now(UTC) - timedelta(seconds=5))
