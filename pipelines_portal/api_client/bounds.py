"""Limits for the values in responses. Values within them fit every page, database and time zone."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from pipelines_portal.core.web_addresses import is_http_url

LARGEST_ID = 2**63 - 1
LARGEST_COUNT = 2**31 - 1
LONGEST_RETRY_AFTER = 600
LONGEST_MESSAGE = 2000
LONGEST_REASON = 20_000
LONGEST_URL = 8192
LONGEST_STATUS = 60
# Far enough from the ends of the calendar for any time zone and for adding hours.
FIRST_TIMESTAMP, LAST_TIMESTAMP = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


def cleaned(text: str, longest: int) -> str:
    """Return `text` fit to be stored and shown: NUL and lone surrogates become U+FFFD, a long text ends in …"""
    text = _NOT_TEXT.sub("\ufffd", text[: longest + 1])
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def wait_in_seconds(value: Any) -> int | None:
    """Return `value` as seconds between 1 and 600, or None if it is not a whole number."""
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
        return None
    return min(max(int(text), 1), LONGEST_RETRY_AFTER)


def at_most(count: int) -> Any:
    """Limit the length of a list."""
    return Field(max_length=count)


def shown(longest: int) -> BeforeValidator:
    """Clean a text that people read."""
    return BeforeValidator(lambda value: cleaned(value, longest) if isinstance(value, str) else value)


def exact(longest: int) -> BeforeValidator:
    """Refuse a text that could not be sent back unchanged."""
    return BeforeValidator(lambda value: _checked(value, longest) if isinstance(value, str) else value)


def is_exact(text: str, longest: int) -> bool:
    """Return whether a form would send `text` back unchanged."""
    return 0 < len(text) <= longest and not _NOT_TEXT.search(text)


def _checked(text: str, longest: int) -> str:
    if not text:
        raise ValueError("is empty")
    if not is_exact(text, longest):
        raise ValueError("is too long, or holds characters that no form can send")
    return text


def _is_link(url: str) -> str:
    """Refuse anything but printable ASCII: urlsplit drops line ends, and other programs may read it differently."""
    if not re.fullmatch(r"[!-~]+", url) or not is_http_url(url):
        raise ValueError("is no http:// or https:// link")
    return url


# pydantic checks these without calling a function for each value: a page of the list has 1,600 of them.
Id = Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]
Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)]
Timestamp = Annotated[AwareDatetime, Field(ge=FIRST_TIMESTAMP, le=LAST_TIMESTAMP)]
# Any status is accepted, because a newer API may have more.
_STATUS = {"strip_whitespace": True, "min_length": 1, "max_length": LONGEST_STATUS, "pattern": r"^[^\x00]*$"}
LowerStatus = Annotated[str, StringConstraints(to_lower=True, **_STATUS)]
UpperStatus = Annotated[str, StringConstraints(to_upper=True, **_STATUS)]
Link = Annotated[str, exact(LONGEST_URL), AfterValidator(_is_link)]
