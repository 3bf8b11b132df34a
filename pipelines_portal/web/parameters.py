"""Numbers and ids in the parameters of a request, which may contain anything."""

from uuid import UUID

from pipelines_portal.api_client.bounds import LARGEST_ID


def number_in(text: str, largest: int = LARGEST_ID) -> int | None:
    """Return the whole number in `text`, or None for any other text and for numbers above `largest`."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(largest))
    return int(text) if is_number and int(text) <= largest else None


def uuid_in(text: str) -> UUID | None:
    """Return the UUID in `text`, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
