"""The conditions of a list of tasks: as its address has them, and as people type them, such as "sent:me parcel"."""

import re
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.core.parameters import number_in
from pipelines_portal.submissions.filters import midnight
from pipelines_portal.tasks import texts
from pipelines_portal.tasks.attention import ATTENTION

PAGE_SIZES = (25, 50, 100, 200)
SIZES_AS_WRITTEN = {str(size) for size in PAGE_SIZES}
DEFAULT_SIZE = 50
LONGEST_TEXT = 200
ME, ANYONE = "me", "anyone"
# What is typed before a colon, and the names in the address.
NAMES = ("status", "sent", "import", "day", "stuck", "workflow")
STATUS_WORDS = {status.label.lower(): status.value for status in TaskStatus} | {"needs attention": ATTENTION}
# What people type for the day on which a task was created.
CREATED = "created"
_TYPED = re.compile(rf'(?:^|(?<=\s))({"|".join((*NAMES, CREATED))}):("[^"]*"|\S*)', re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,4})([hd])")
ERRORS = {
    "status": texts.STATUS_UNKNOWN,
    "day": texts.DAY_UNKNOWN,
    "stuck": texts.DURATION_UNKNOWN,
    "sent": texts.SENDER_UNKNOWN,
    "import": texts.IMPORT_MISSING,
    "workflow": texts.WORKFLOW_UNKNOWN,
}


@dataclass(frozen=True)
class Conditions:
    """The conditions of a list, and how many tasks a page has.

    `status` is "" for all, or ATTENTION. `errors` has a sentence for each condition that cannot be read.
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
    # Conditions were typed among the words, and the address does not have them by their names yet.
    is_typed: bool = field(default=False, compare=False)

    @classmethod
    def from_query(cls, query: QueryDict) -> "Conditions":
        """Read an address. An unknown status or number of tasks in it counts as not said."""
        said = {name: query.get(name, "").strip()[:LONGEST_TEXT] for name in NAMES}
        if said["status"] != ATTENTION and not TaskStatus.known(said["status"]):
            said["status"] = ""
        text = query.get("q", "").strip()
        typed = _typed_in(text[:LONGEST_TEXT])
        if typed.get("status"):
            typed["status"] = STATUS_WORDS.get(typed["status"].lower().replace("_", " "), typed["status"])
        said |= {name: value for name, value in typed.items() if value or name not in NAMES}
        limit = query.get("limit", "")
        return cls(
            status=said["status"], words=" ".join(_TYPED.sub(" ", text[:LONGEST_TEXT]).split()), sent=said["sent"],
            import_=said["import"], day=said["day"], stuck=said["stuck"], workflow=said["workflow"],
            limit=int(limit) if limit in SIZES_AS_WRITTEN else DEFAULT_SIZE,
            errors=_errors_in(said, typed), is_typed=bool(typed),
        )  # fmt: skip

    @property
    def is_plain(self) -> bool:
        """Whether the API has this list: all tasks, or those of one status."""
        return replace(self, status="", limit=DEFAULT_SIZE) == Conditions()

    @property
    def is_only_words(self) -> bool:
        return bool(self.words) and replace(self, words="", limit=DEFAULT_SIZE) == Conditions()

    @property
    def is_of_sent(self) -> bool:
        """Whether only tasks that were sent from here can be meant."""
        return bool(self.words or self.sent or self.import_)

    def as_query(self) -> dict[str, str | int]:
        """Return the parameters of the address, without those that are not needed."""
        named = {"import_": "import", "words": "q"}
        said = {one.name: getattr(self, one.name) for one in fields(self) if one.compare}
        if self.limit == DEFAULT_SIZE:
            said.pop("limit")
        return {named.get(name, name): value for name, value in said.items() if value}

    def but(self, **changed: Any) -> "Conditions":
        """Return these conditions with some of them changed."""
        return replace(self, **changed)

    @property
    def task_id(self) -> int | None:
        """The ID, if the words are a number. It may also be a number in what was sent."""
        return number_in(self.words.removeprefix("#").strip())

    @property
    def days(self) -> tuple[datetime | None, datetime | None]:
        """The first moment of the days, and the first one after them."""
        found = days_in(self.day)
        return (midnight(found[0]), midnight(found[1], 1)) if found else (None, None)

    @property
    def stuck_for(self) -> timedelta | None:
        return duration_in(self.stuck)


def days_in(text: str) -> tuple[date, date] | None:
    """Return the first and the last day that the text means, or None if it means none."""
    first, _, last = text.partition("..")
    found = _day_in(first), _day_in(last or first)
    return (found[0], found[1]) if found[0] and found[1] and found[0] <= found[1] else None


def _day_in(text: str) -> date | None:
    today = timezone.localdate()
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        return named.get(text.lower()) or date.fromisoformat(text)
    except ValueError:
        return None


def duration_in(text: str) -> timedelta | None:
    """Return the duration of "24h" or "3d", or None for any other text."""
    found = _HOURS.fullmatch(text.lower())
    return timedelta(hours=int(found[1]) * (24 if found[2] == "d" else 1)) if found else None


def _typed_in(text: str) -> dict[str, str]:
    typed = {match[1].lower(): match[2].strip('"').strip() for match in _TYPED.finditer(text)}
    return {"day" if name == CREATED else name: value for name, value in typed.items()}


def _errors_in(said: dict[str, str], typed: dict[str, str]) -> tuple[str, ...]:
    wrong = {name for name, value in typed.items() if not value}
    if typed.get("status") and typed["status"] != ATTENTION and not TaskStatus.known(typed["status"]):
        wrong.add("status")
    if said["day"] and not days_in(said["day"]):
        wrong.add("day")
    if said["stuck"] and not duration_in(said["stuck"]):
        wrong.add("stuck")
    if said["workflow"] and not number_in(said["workflow"].removeprefix("#")):
        wrong.add("workflow")
    errors = {name: ERRORS[name] for name in NAMES if name in wrong}
    if "status" in errors and typed.get("status"):
        words = ", ".join(word for word in STATUS_WORDS if STATUS_WORDS[word] != ATTENTION)
        errors["status"] = texts.NOT_A_STATUS.format(word=typed["status"], words=words)
    return tuple(errors.values())
