"""Find the lines of an environment file that set nothing. What is found never contains a value."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from pipelines_portal.core.settings_reference import NAMES

KNOWN = NAMES | {f"{name}_FILE" for name in NAMES}
# What libraries, Python and containers read.
OF_OTHERS = re.compile(
    r"AWS_\w+|PYTHON\w*|MALLOC_\w+|COMPOSE_\w+|LC_\w+|PG[A-Z]+|DJANGO_SUPERUSER_\w+|SSL_CERT_(FILE|DIR)|"
    r"(HTTP|HTTPS|NO)_PROXY|(http|https|no)_proxy|REQUESTS_CA_BUNDLE|DJANGO_SETTINGS_MODULE|RUNTIME_DIRECTORY|PATH|HOME|"
    r"TZ|LANG|VERSION|CADDY_IMAGE"
)
# As django-environ reads a line.
LINE = re.compile(r"(?:export )?([A-Za-z_0-9]+)=(.*)")
# A part of a secret that was wrapped into a line of its own may look like a name.
NAME = re.compile(r"(?=.{3,40}$)([A-Z]+(_[A-Z0-9]+)*|[a-z]+(_[a-z0-9]+)*)")
LIKENESS = 0.75


@dataclass(frozen=True)
class CheckedSettings:
    """The settings with a value in an environment file, and a sentence for each line that sets nothing."""

    settings: frozenset[str]
    problems: list[str]


def check(text: str) -> CheckedSettings:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if not _is_comment(line)]
    matches = [(number, LINE.fullmatch(line)) for number, line in lines]
    given = frozenset(match[1] for _, match in matches if match and match[1] in KNOWN and match[2].strip(" \"'"))
    return CheckedSettings(given, [problem for number, match in matches if (problem := _problem(number, match))])


def given_twice(names: frozenset[str]) -> list[str]:
    """Return a sentence for each setting that is given as NAME and as NAME_FILE, here or in the environment."""
    given = names | {name for name in KNOWN if os.environ.get(name, "").strip()}
    return [f"{name} and {name}_FILE are both set. Remove one of them." for name in sorted(_pairs(given))]


def _pairs(given: frozenset[str]) -> Iterator[str]:
    return (name for name in NAMES if {name, f"{name}_FILE"} <= given)


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith(("#", ";"))


def _problem(number: int, match: re.Match[str] | None) -> str:
    if match is None:
        return f"Line {number} is not NAME=value."
    name = match[1]
    if name in KNOWN or OF_OTHERS.fullmatch(name):
        return ""
    close = get_close_matches(name.upper(), KNOWN, 1, LIKENESS)
    if close:
        return f"{name} is not a setting. Did you mean {close[0]}?"
    return f"{name} is not a setting." if NAME.fullmatch(name) else f"Line {number} names no setting."
