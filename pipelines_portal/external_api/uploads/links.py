"""How long an upload's URL lasts."""

from datetime import datetime, timedelta

SHORTEST = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
BYTES_PER_SECOND = 1024 * 1024


def expiry(now: datetime, file_size_bytes: int | None) -> datetime:
    """Long enough to send the archive over a line of 1 MiB/s, within bounds; in whole seconds."""
    # Divided before it becomes a timedelta, which cannot hold just any number.
    seconds = min((file_size_bytes or 0) // BYTES_PER_SECOND, int(LONGEST.total_seconds()))
    whole = now.replace(microsecond=0)
    # Rounded up, so that it is never too short, but not past the longest.
    return min(whole + timedelta(seconds=1) + max(timedelta(seconds=seconds), SHORTEST), whole + LONGEST)
