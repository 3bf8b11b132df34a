"""Notice the names that a template shows and does not know. Django shows nothing for them."""

import sys
from typing import Any

import pytest
from django.template.base import FilterExpression, VariableDoesNotExist

_RESOLVE = FilterExpression.resolve.__code__
# Between the error and the expression that shows the name.
MOST_FRAMES = 5


class UnknownNames:
    """`found` are the names. What `{% if %}` and `{% for %}` ask for may be missing."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def notice(self, patch: pytest.MonkeyPatch) -> None:
        """Look at each error of a name, which costs nothing where all names are known."""
        plain = VariableDoesNotExist.__init__

        def init(error: VariableDoesNotExist, *arguments: Any, **more: Any) -> None:
            plain(error, *arguments, **more)
            frame = sys._getframe(1)
            for _ in range(MOST_FRAMES):
                if frame.f_code is _RESOLVE:
                    if not frame.f_locals["ignore_failures"]:
                        self.found.append(str(frame.f_locals["self"].token))
                    return
                if frame.f_back is None:
                    return
                frame = frame.f_back

        patch.setattr(VariableDoesNotExist, "__init__", init)
