"""The interface of a rate limiter, which decides for all calls with one key whether a call is sent."""

from dataclasses import dataclass
from typing import Protocol

from pipelines_portal.api_client.errors import PipelinesError


@dataclass(frozen=True)
class Call:
    """A call to the API. `is_upload`: it is about an archive."""

    is_upload: bool


class RateLimiter(Protocol):
    def admit(self, call: Call, *, again: bool) -> None:
        """Raise Held or KeyRejected if the call must not be sent now. `again`: it was sent before."""

    def note(self, call: Call, error: PipelinesError | None) -> None:
        """Take note of the result of a try: its error, or None if it succeeded."""


class NoRateLimiter:
    """Admits every call."""

    def admit(self, call: Call, *, again: bool) -> None:
        return None

    def note(self, call: Call, error: PipelinesError | None) -> None:
        return None
