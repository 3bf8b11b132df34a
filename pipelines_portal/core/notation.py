"""How the person of the current request writes numbers and dates, if they have said so.

What is typed is read in this notation once, when it is typed, and stored in a form that has one meaning. So a later
choice changes no value that was shown.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Notation:
    """The decimal mark, "" if it was not chosen, and whether the day comes before the month, None if not chosen.

    `has_serials`: whether numbers in columns of dates are days as a spreadsheet counts them, None if not known.
    """

    decimal: str = ""
    is_day_first: bool | None = None
    has_serials: bool | None = None

    @property
    def mark(self) -> str:
        """Return the notation as a form carries it, for what is typed into it."""
        order = {True: "day", False: "month", None: ""}[self.is_day_first]
        return f"{self.decimal}{order}"

    def or_else(self, other: "Notation") -> "Notation":
        """Return the notation with the formats of another one where none was chosen."""
        is_day_first = other.is_day_first if self.is_day_first is None else self.is_day_first
        return Notation(self.decimal or other.decimal, is_day_first)

    @classmethod
    def of_mark(cls, mark: str) -> "Notation":
        order = {"day": True, "month": False}.get(mark.lstrip(",."))
        return cls(mark[:1] if mark[:1] in (",", ".") else "", order)


_current: ContextVar[Notation] = ContextVar("notation", default=Notation())  # noqa: B039 - it cannot be changed


# The person's formats, or else what the browser's language suggests. It decides nothing but the order of the answers to
# a question.
_likely: ContextVar[Notation] = ContextVar("likely_notation", default=Notation())  # noqa: B039 - as above
# Languages that write 1,234.5. Most others write 1.234,5.
WITH_POINTS = frozenset({"en", "zh", "ja", "ko", "th", "he", "hi"})


def current() -> Notation:
    return _current.get()


def likely() -> Notation:
    return _likely.get()


def of_language(accepted: str) -> Notation:
    """Return the notation of the first language of an Accept-Language header, such as "de-AT,de;q=0.9"."""
    language = accepted[:40].partition(",")[0].partition(";")[0].strip().lower()
    if not language[:2].isalpha():
        return Notation()
    return Notation("." if language[:2] in WITH_POINTS or language == "de-ch" else ",", language != "en-us")


@contextmanager
def override(notation: Notation, suggested: Notation | None = None) -> Iterator[None]:
    tokens = _current.set(notation), _likely.set(suggested or Notation())
    try:
        yield
    finally:
        _current.reset(tokens[0])
        _likely.reset(tokens[1])
