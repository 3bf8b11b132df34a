"""The conditions of a list of tasks: as its URL has them, and as people type them, such as "sent:me parcel"."""

import re
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.submissions.filters import midnight
from pipelines_portal.tasks.merged_list import ATTENTION
from pipelines_portal.values.typed_times import NOW, read_typed_time
from pipelines_portal.web.parameters import number_in

PAGE_SIZES = (25, 50, 100, 200)
SIZES_AS_WRITTEN = {str(size) for size in PAGE_SIZES}
DEFAULT_SIZE = 50
LONGEST_TEXT = 200
MOST_ERRORS = 2
ME, ANYONE = "me", "anyone"
# All tasks that may still change.
OPEN = "open"
# What is typed before a colon, and the names in the URL.
NAMES = ("status", "sent", "import", "day", "stuck", "workflow")
STATUS_WORDS = {status.label.lower(): status.value for status in TaskStatus}
STATUS_WORDS |= {OPEN: OPEN, "needs attention": ATTENTION}
# What people type for the day on which a task was created.
CREATED = "created"
# A quoted text, a name with a value, or a word. The scheme of a URL such as https://… is not one.
_TOKEN = re.compile(r'"[^"]*"|(?P<name>[^\W\d]{2,}):(?!//)(?P<value>"[^"]*"|\S*)|\S+')
_HOURS = re.compile(r"(\d{1,4})([hd])")
# Examples of what can be typed after a name.
EXAMPLES = {"status": "failed", "sent": "me", "import": "tickets", CREATED: "today", "stuck": "24h", "workflow": "42"}
DAY_EXAMPLES = "Use today, monday, 27.11.2026 or 2026-11-01..2026-11-27."
ERRORS_IF_EMPTY = {
    "status": "Enter a status, for example “failed” or “needs attention”.",
    "day": DAY_EXAMPLES,
    "stuck": "Enter how long, for example “24h” or “3d”.",
    "sent": "Enter “me”, “anyone”, or part of a name or email.",
    "import": "Enter part of a file name.",
    "workflow": "Enter a workflow ID.",
}


@dataclass(frozen=True)
class Conditions:
    """The conditions of a list, and how many tasks a page has.

    `status` is "" for all, OPEN or ATTENTION. A condition that cannot be read is left out: `errors` has a sentence for
    each, and `left_out` has what was typed.
    """

    status: str = ""
    words: str = ""
    sent: str = ""
    import_: str = ""
    day: str = ""
    stuck: str = ""
    workflow: str = ""
    limit: int = DEFAULT_SIZE
    errors: tuple[str, ...] = field(default=(), compare=False)
    left_out: str = field(default="", compare=False)
    # Conditions were typed among the words, and the URL does not have them by their names yet.
    is_typed: bool = field(default=False, compare=False)

    @classmethod
    def from_query(cls, query: QueryDict) -> "Conditions":
        """Read a query. An unknown status or number of tasks in it is ignored."""
        values = {name: query.get(name, "").strip()[:LONGEST_TEXT] for name in NAMES}
        if values["status"] not in (OPEN, ATTENTION) and not TaskStatus.known(values["status"]):
            values["status"] = ""
        typed, words, errors = _typed_in(query.get("q", "").strip()[:LONGEST_TEXT])
        values |= typed
        for name in NAMES:
            typed_name = CREATED if name == "day" else name
            if (values[name] or name in typed) and (error := _error_in(name, values[name])):
                errors[f"{typed_name}:{_quoted(values[name])}"] = error
                values[name] = ""
        limit = query.get("limit", "")
        return cls(
            status=values["status"], words=" ".join(words), sent=values["sent"], import_=values["import"],
            day=values["day"], stuck=values["stuck"], workflow=values["workflow"],
            limit=int(limit) if limit in SIZES_AS_WRITTEN else DEFAULT_SIZE,
            errors=tuple(errors.values())[:MOST_ERRORS], left_out=" ".join(errors), is_typed=bool(typed),
        )  # fmt: skip

    @property
    def is_plain(self) -> bool:
        """Whether the API has this list: all tasks, or those of one status."""
        return self.status != OPEN and replace(self, status="", limit=DEFAULT_SIZE) == Conditions()

    @property
    def is_only_words(self) -> bool:
        return bool(self.words) and replace(self, words="", limit=DEFAULT_SIZE) == Conditions()

    @property
    def is_of_sent(self) -> bool:
        """Whether only tasks that were sent from here can be meant."""
        return bool(self.words or self.sent or self.import_)

    def as_query(self) -> dict[str, str | int]:
        """Return the parameters of the URL, without those that are not needed."""
        named = {"import_": "import", "words": "q"}
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.compare}
        if self.limit == DEFAULT_SIZE:
            values.pop("limit")
        return {named.get(name, name): value for name, value in values.items() if value}

    def but(self, **changed: Any) -> "Conditions":
        """Return these conditions with some of them changed."""
        return replace(self, **changed)

    @property
    def task_id(self) -> int | None:
        """The ID, if the words are a number. It may also be a number in what was sent."""
        return number_in(self.words.removeprefix("#").strip())

    @property
    def days(self) -> tuple[datetime | None, datetime | None]:
        """When the first of the days begins, and when the last one is over."""
        found = days_in(self.day)
        return (midnight(found[0]), midnight(found[1], 1)) if found else (None, None)

    @property
    def stuck_for(self) -> timedelta | None:
        return duration_in(self.stuck)


def days_in(text: str) -> tuple[date, date] | None:
    """Return the first and the last day that the text means, or None if it means none."""
    # German days may end with a dot: 1.11...27.11.
    first, *last = re.split(r"\.\.(?!\.)", text, maxsplit=1)
    found = _day_in(first), _day_in((last or [""])[0] or first)
    return (found[0], found[1]) if found[0] and found[1] and found[0] <= found[1] else None


def _day_in(text: str) -> date | None:
    at = read_typed_time(text, timezone.localtime().replace(tzinfo=None))
    return at.date() if at and at.time() == time() and text.lower() not in NOW else None


def duration_in(text: str) -> timedelta | None:
    """Return the duration of "24h" or "3d", or None for any other text."""
    found = _HOURS.fullmatch(text.lower())
    return timedelta(hours=int(found[1]) * (24 if found[2] == "d" else 1)) if found else None


def _typed_in(text: str) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """Return the conditions that were typed, the words among them, and errors by what was typed."""
    typed, words, errors = dict[str, str](), list[str](), dict[str, str]()
    for token in _TOKEN.finditer(text):
        name, value = (token["name"] or "").lower(), (token["value"] or "").strip('"').strip()
        if name in EXAMPLES or name in NAMES:
            typed["day" if name == CREATED else name] = value
        elif name and value:
            errors[token[0]] = _unknown(name, value)
        else:
            words.append(token[0])
    if "status" in typed:
        word = typed["status"].lower().replace("_", " ")
        typed["status"] = STATUS_WORDS.get(word, typed["status"])
    return typed, words, errors


def _unknown(name: str, value: str) -> str:
    """Return the error of a condition that does not exist, with one that the person may have meant."""
    near = next(iter(get_close_matches(name, EXAMPLES, n=1)), "status")
    example = value if near == "status" and value.lower() in STATUS_WORDS else EXAMPLES[near]
    return (
        f"No condition is called {name}. Try {near}:{_quoted(example)}, "
        f'or search for the text in quotes: "{name}:{value}".'
    )


def _error_in(name: str, value: str) -> str:
    """Return the error of a condition, or "" if it can be read."""
    if not value:
        return ERRORS_IF_EMPTY[name]
    if name == "status" and value not in STATUS_WORDS.values():
        words = ", ".join(list(STATUS_WORDS)[:-1])
        return f"“{value}” isn’t a status. Use {words} or needs attention."
    if name == "day" and not days_in(value):
        return f"“{value}” isn’t a day. {DAY_EXAMPLES}"
    if name == "stuck" and not duration_in(value):
        return f"“{value}” isn’t a duration. Use 24h or 3d."
    if name == "workflow" and not number_in(value.removeprefix("#")):
        return ERRORS_IF_EMPTY[name]
    return ""


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
