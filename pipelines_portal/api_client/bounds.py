"""How large a number, a time or a text of an answer may be: what passes fits every page, database and time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from pipelines_portal.shared.web_addresses import is_http_url

LARGEST_ID = 2**63 - 1
LARGEST_COUNT = 2**31 - 1
LONGEST_RETRY_AFTER = 600
LONGEST_MESSAGE = 2000
LONGEST_REASON = 20_000
LONGEST_URL = 8192
LONGEST_STATUS = 60
# Far enough from the ends of the calendar for any time zone, and for adding hours to it.
FIRST_YEAR, LAST_YEAR = 1970, 9998
FIRST_MOMENT, LAST_MOMENT = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 12, 31, tzinfo=UTC)
# What an error's place ends with where a value is not `Usually` so, and where it is not what is taken otherwise.
NOT_AS_USUAL, NOT_AT_ALL = "as usual", "at all"
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, eq=False)
class Usually:
    """What nearly every value is: looked at first, since it takes no call of a function, of which a page had 1,600."""

    schema: CoreSchema
    # What it is written as.
    name: Literal["int", "str", "datetime"]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.simple_ser_schema(self.name)
        choices: list[CoreSchema | tuple[CoreSchema, str]] = [
            (self.schema, NOT_AS_USUAL),
            (handler(source), NOT_AT_ALL),
        ]
        return core_schema.union_schema(choices, mode="left_to_right", serialization=written)


def cleaned(text: str, longest: int) -> str:
    """What can be stored and shown of `text`: NUL and lone surrogates become U+FFFD, and what is too long ends in …"""
    text = _NOT_TEXT.sub("\ufffd", text[: longest + 1])
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def wait_in_seconds(told: Any) -> int | None:
    """A wait that can be offered to people: 1 s to ten minutes; None for what says no number."""
    text = str(told).strip()
    if isinstance(told, bool) or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?", text):
        return None
    return int(min(max(float(text), 1), LONGEST_RETRY_AFTER))


def _whole_number(value: Any) -> Any:
    """Also written as text; never out of true or false."""
    if type(value) is int:
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value.strip(), re.ASCII):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is no whole number")
    return value


def at_most(count: int) -> Any:
    """For a list."""
    return Field(max_length=count)


def shown(longest: int) -> BeforeValidator:
    """For a text that people read: whatever it holds, something of it is shown."""
    return BeforeValidator(lambda value: cleaned(value, longest) if isinstance(value, str) else value)


def is_exact(text: str, longest: int) -> bool:
    """Whether `text` comes back from a form as it is."""
    return 0 < len(text) <= longest and not _NOT_TEXT.search(text)


def exact(longest: int) -> BeforeValidator:
    """For a text that is sent back as it is: one that cannot be is refused."""
    return BeforeValidator(lambda value: _checked(value, longest) if isinstance(value, str) else value)


def _checked(text: str, longest: int) -> str:
    if not text:
        raise ValueError("is empty")
    if not is_exact(text, longest):
        raise ValueError("is too long, or holds characters that no form can send")
    return text


def _status(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("is empty")
    return cleaned(value.strip(), LONGEST_STATUS) if isinstance(value, str) else value


def _in_utc(moment: datetime) -> datetime:
    """A time without an offset counts as UTC."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is a time out of range") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError("is a time out of range")
    return moment


def _is_link(url: str) -> str:
    """Printable ASCII only: urlsplit drops line ends, and another program may read the link otherwise."""
    if not re.fullmatch(r"[!-~]+", url) or not is_http_url(url):
        raise ValueError("is no http:// or https:// link")
    return url


def _plain_number(least: int, most: int) -> Usually:
    return Usually(core_schema.int_schema(strict=True, ge=least, le=most), "int")


# With the offset of UTC, and no other.
_IN_UTC = Usually(core_schema.datetime_schema(tz_constraint=0, ge=FIRST_MOMENT, le=LAST_MOMENT), "datetime")
Id = Annotated[int, BeforeValidator(_whole_number), Field(ge=1, le=LARGEST_ID), _plain_number(1, LARGEST_ID)]
Count = Annotated[int, BeforeValidator(_whole_number), Field(ge=0, le=LARGEST_COUNT), _plain_number(0, LARGEST_COUNT)]
Status = Annotated[str, BeforeValidator(_status)]
Moment = Annotated[datetime, AfterValidator(_in_utc), _IN_UTC]
Link = Annotated[str, exact(LONGEST_URL), AfterValidator(_is_link)]
