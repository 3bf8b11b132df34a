"""Parse JSON bodies strictly: refuse values that could not be stored later."""

import math
import re
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from pydantic_core import from_json

from pipelines_portal.external_api.http.errors import UNREADABLE, ApiError

NOT_JSON = "body: the request body is not valid JSON"
# Only a body with one of these can contain a NUL character or a number beyond double precision. Others need no check.
SUSPECT = re.compile(rb"\\u0000|[eE]\+?\d{3}|\d{300}")

# 250 values for each of 5,000 tasks. A body of 32 MB could contain ten times as many, which take a gigabyte of memory.
MAX_VALUES = 1_250_000
TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
WHOLE_TEXTS = re.compile(rb'(?:[^"]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
PIECE = 256 * 1024


class StrictJsonParser(Parser):
    """UTF-8 JSON without NaN, infinities, lone surrogates, NUL characters or endless nesting.

    The Content-Type is not asked: many callers send JSON under another one. Only forms with files and compressed
    bodies are refused, because they cannot be JSON.
    """

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type == "multipart/form-data":
            raise ApiError(415, "The body is multipart/form-data. Send JSON: Content-Type: application/json.")
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise ApiError(415, "The body is compressed. Send it without Content-Encoding.")
        if len(request.body) < int(request.META.get("CONTENT_LENGTH") or 0):
            raise ApiError(400, UNREADABLE)
        if _marks(request.body) > MAX_VALUES and _holds_too_many_values(request.body):
            raise ApiError(422, f"body: more than {MAX_VALUES:,} values; send fewer tasks at once")
        try:
            value = from_json(request.body, allow_inf_nan=False)
        except ValueError as error:
            raise ApiError(422, f"{NOT_JSON}: {error}") from error
        if SUSPECT.search(request.body) and _unstorable(value):
            raise ApiError(422, "body: NUL characters and numbers beyond double precision are not accepted")
        return value


def _marks(text: bytes) -> int:
    """Count commas and brackets: each value follows one, but texts may contain them too."""
    return sum(text.count(mark) for mark in (b",", b"[", b"{"))


def _holds_too_many_values(body: bytes) -> bool:
    """Count the values outside of texts, one piece at a time to save memory."""
    found, start = 0, 0
    while start < len(body) and found <= MAX_VALUES:
        # A piece ends before a text that it would cut. A text that is longer than a piece is skipped.
        whole = WHOLE_TEXTS.match(body, start, start + PIECE)
        end = whole.end() if whole else start
        found += _marks(TEXT.sub(b"", body[start:end]))
        if end == start:
            text = TEXT.match(body, start)
            end = text.end() if text else len(body)
        start = end
    return found > MAX_VALUES


def _unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(_unstorable(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_unstorable, value))
