"""What a JSON file of rows may hold, looked at before it is parsed: a few bytes may make a large object each."""

import re

from .problems import RowsFileError

MAX_VALUES = 400_000
MAX_DEPTH = 64
# Texts as a whole, so that what stands in them does not count.
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{,\]}]', re.DOTALL)
ESCAPED_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def check_structure(name: str, data: bytes) -> None:
    """Raises RowsFileError for what is too much, or no text at all. What is no JSON is left to the parser."""
    depth = values = 0
    for found in TOKEN.finditer(data):
        token = found[0][:1]
        if token in b"[{":
            depth += 1
        elif token in b"]}":
            depth -= 1
        values += token in b"[{,"
        if values > MAX_VALUES:
            raise RowsFileError(f"{name} holds more values than can be read here.", "Split it, or save it as CSV.")
        if depth > MAX_DEPTH:
            raise RowsFileError(f"{name} is nested too deeply.", "Rows are objects with a value a field.")
    if _has_half_a_character(data):
        raise RowsFileError(f"{name} holds half a character.", "Look for \\u codes that stand alone.")


def _has_half_a_character(data: bytes) -> bool:
    """A surrogate without its other half: JSON can write it, and nothing else can."""
    if not ESCAPED_HALF.search(data):
        return False
    data = data.replace(rb"\\", b"")  # a backslash itself
    whole = re.sub(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}", b"", data)
    return bool(ESCAPED_HALF.search(whole))
