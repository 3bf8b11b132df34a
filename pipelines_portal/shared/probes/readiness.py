"""What a program needs to serve, and what it tells of besides. Each is asked for two seconds at most, all at once."""

import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from pipelines_portal.shared.bounded_time import Asking, Bounded
from pipelines_portal.shared.locked_database import FULL, REFUSED

OK = "ok"
PATIENCE_SECONDS = 2.0
SAYS_IN_THE_DATABASE = "worker"
# A check by its function's name: None for a part that is not set up, OK, or a sentence.
Check = Callable[[], str | None]


def states() -> dict[str, str]:
    """OK, or what is wrong, by name: of the needed ones, and of those that are only told of."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    asked = {name: _bounded(path).begin() for name, path in _paths().items()}
    said = {name: _said(name, asking, max(deadline - time.monotonic(), 0)) for name, asking in asked.items()}
    return {name: state for name, state in said.items() if state is not None}


def _said(name: str, asking: Asking[str | None], seconds: float) -> str | None:
    state = asking.wait(seconds, otherwise=_no_answer(name))
    return asking.plain_cause() or state


def is_ready(states: dict[str, str]) -> bool:
    """Silence of the worker makes none of the web processes worse."""
    needed = [path.rpartition(".")[2] for path in settings.NEEDED_TO_SERVE]
    return all(states.get(name, OK) == OK for name in needed)


def is_unknown(name: str, state: str) -> bool:
    """Of what says in the database how it is; all else that gives no answer fails by that."""
    return name == SAYS_IN_THE_DATABASE and state in (_no_answer(name), FULL, REFUSED)


def _paths() -> dict[str, str]:
    return {path.rpartition(".")[2]: path for path in (*settings.NEEDED_TO_SERVE, *settings.TOLD_BESIDES)}


@cache
def _bounded(path: str) -> Bounded[str | None]:
    return Bounded(path.rpartition(".")[2], import_string(path))


def _no_answer(name: str) -> str:
    return f"The {name} gave no answer within {PATIENCE_SECONDS:g} seconds, or an error: the log says which."
