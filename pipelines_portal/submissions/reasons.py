"""What the API says of a row, in the words that the pages before it used."""

import re
from collections.abc import Callable, Mapping

Labels = Mapping[str, str]
# Several of one row are joined so; a value in one of them may hold the same two signs.
_SAYINGS = ("Missing required columns", "Unknown field", "Unknown file", "File not found in ZIP", "Invalid value for ")
_NEXT = re.compile(f"; (?=(?:{'|'.join(map(re.escape, _SAYINGS))}))")


def in_words(message: str, labels: Labels | None = None) -> str:
    """`message` with the fields' titles, as far as `labels` has them by name. What is not known stays as it is."""
    return "; ".join(_said(part, labels or {}) for part in _NEXT.split(message))


def _said(message: str, labels: Labels) -> str:
    for pattern, words in _WORDS:
        if match := pattern.fullmatch(message):
            return words(match, labels)
    return message


def _missing(names: str, labels: Labels) -> str:
    """One, or several: "Front view, Back view are missing"."""
    titles = [labels.get(name, name) for name in names.split(", ")]
    return f"{', '.join(titles)} {'is' if len(titles) == 1 else 'are'} missing"


def _wanted(label: str, said: str) -> str:
    order = _ORDER.fullmatch(said)
    return f"{label}: use each once, the first one on top: {order[1]}" if order else f"{label} {said}"


_ORDER = re.compile("must be all of (.+), in order", re.DOTALL)
_WORDS: list[tuple[re.Pattern[str], Callable[[re.Match[str], Labels], str]]] = [
    (re.compile("Missing required columns: (.+)", re.DOTALL), lambda said, labels: _missing(said[1], labels)),
    (re.compile("Unknown field: (.+)", re.DOTALL), lambda said, labels: f"No field is called {said[1]}"),
    (re.compile("Unknown file: (.+)", re.DOTALL), lambda said, labels: f"{said[1]} matches no field"),
    (re.compile("File not found in ZIP: (.+)", re.DOTALL), lambda said, labels: f"{said[1]} is not in the ZIP file"),
    (
        re.compile("Invalid value for ([^:]+): (must .+)", re.DOTALL),
        lambda said, labels: _wanted(labels.get(said[1], said[1]), said[2]),
    ),
]
