"""Fail a test in which a template used a name that it does not know."""

from typing import Any


class UnknownNames(str):
    """Django's `string_if_invalid`, which remembers the names instead of showing them."""

    found: list[str]

    def __new__(cls) -> "UnknownNames":
        names = super().__new__(cls, "%s")
        names.found = []
        return names

    def __mod__(self, variable: Any) -> str:
        self.found.append(str(variable))
        return ""


UNKNOWN_NAMES = UnknownNames()
