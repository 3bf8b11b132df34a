"""Reading JSON bodies strictly: what could not be stored later is refused at the door."""

import math
import re
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from pydantic_core import from_json

from pipelines_portal.external_api.errors import UNREADABLE, ApiError

# Only a body with one of these can hold a NUL character or a number beyond float, so only it is walked.
SUSPECT = re.compile(rb"\\u0000|[eE]\+?\d{3}|\d{300}")


class StrictJsonParser(Parser):
    """UTF-8 JSON without NaN, infinities, lone surrogates, NUL characters or endless nesting."""

    def parse_body(self, request: HttpRequest) -> Any:
        if len(request.body) < int(request.META.get("CONTENT_LENGTH") or 0):
            raise ApiError(400, UNREADABLE)
        value = from_json(request.body, allow_inf_nan=False)
        if SUSPECT.search(request.body) and _unstorable(value):
            raise ApiError(422, "body: NUL characters and numbers beyond double precision are not accepted")
        return value


def _unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(_unstorable(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_unstorable, value))
