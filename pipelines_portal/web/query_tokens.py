"""What people type into a box for conditions: names with values, such as "sent:me", and words."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# A name with a value, a quoted text, or a word. The scheme of a URL such as https://… is not a name.
# A number of days or hours is one value without quotes.
_TOKEN = re.compile(
    r'(?P<not>not:|-)?(?:"(?P<quoted>[^":]+)"|(?P<name>[^\W\d][\w-]+)):(?!//)'
    r'(?P<value>\d{1,4}\s(?:days?|hours?)(?!\S)|"[^"]*"|\S*)|"[^"]*"|\S+',
    re.IGNORECASE,
)


class Token(NamedTuple):
    """A condition, or a word: then `name` is empty. `text` is what was typed."""

    text: str
    name: str = ""
    value: str = ""
    is_not: bool = False


def tokens_in(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        name, value = found["name"] or found["quoted"] or "", (found["value"] or "").strip('"').strip()
        yield Token(found[0], name, value, bool(found["not"]))


def quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
