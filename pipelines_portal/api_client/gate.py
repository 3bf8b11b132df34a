"""The seam for what all calls with one key have in common: whether one is made at all, and what came of it."""

from dataclasses import dataclass
from typing import Protocol

from pipelines_portal.api_client.errors import PipelinesError


@dataclass(frozen=True)
class Call:
    """`is_upload`: it is about an archive."""

    is_upload: bool


class Gate(Protocol):
    def admit(self, call: Call, *, again: bool) -> None:
        """Before each try; `again`: not the first. Raises Held or KeyRejected where the API is not to be asked."""

    def note(self, call: Call, error: PipelinesError | None) -> None:
        """After each try that was made; None: it gave its answer."""


class OpenGate:
    """Lets every call through."""

    def admit(self, call: Call, *, again: bool) -> None:
        return None

    def note(self, call: Call, error: PipelinesError | None) -> None:
        return None
