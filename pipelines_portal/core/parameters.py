"""What a request's parameters name: numbers and ids, where anybody may have written anything."""

from uuid import UUID

from pipelines_portal.api_client.bounds import LARGEST_ID


def number_in(text: str, largest: int = LARGEST_ID) -> int | None:
    """The whole number that `text` is, in plain digits; None for any other text, and past `largest`."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(largest))
    return int(text) if is_number and int(text) <= largest else None


def uuid_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
