"""Sentences about what the removal of a key deletes. Apps above this one provide a function that returns them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines_portal.keys.models import SavedKey

_functions: list[Callable[["SavedKey"], list[str]]] = []


def provide_losses(describe: Callable[["SavedKey"], list[str]]) -> None:
    _functions.append(describe)


def losses_with(key: "SavedKey") -> list[str]:
    """Return a sentence for each kind of thing that is deleted with the key."""
    return [sentence for describe in _functions for sentence in describe(key)]
