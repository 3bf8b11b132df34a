from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from pipelines_portal.attention.models import LONGEST_MUTE, MAX_GROUP_NOTE
from pipelines_portal.core import times
from pipelines_portal.task_index.models import MAX_NOTE_LENGTH

AT = "at"
HOUR_OF_DAY = 8


def ends_of(now: datetime) -> list[tuple[str, datetime]]:
    """Return the ends of a mute that are offered, in the person's time: today, tomorrow, and next Monday."""
    local = times.local(now)
    morning = local.replace(hour=HOUR_OF_DAY, minute=0, second=0, microsecond=0)
    noon = morning.replace(hour=12)
    monday = morning + timedelta(days=7 - local.weekday())
    offered = [("12:00 today", noon)] if noon > local + timedelta(minutes=5) else []
    offered.append((f"Tomorrow {HOUR_OF_DAY:02}:00", morning + timedelta(days=1)))
    return [*offered, (f"Monday {monday.day} {monday:%b} {HOUR_OF_DAY:02}:00", monday)]


class MuteGroupForm(forms.Form):
    """`until` is one of the offered times, or `at` for a typed time. A typed time counts, whichever end is chosen."""

    until = forms.CharField(max_length=40, error_messages={"required": "Choose when the mute ends."})
    at = forms.CharField(max_length=30, required=False)
    note = forms.CharField(
        max_length=MAX_NOTE_LENGTH, required=False,
        error_messages={"max_length": f"Enter at most {MAX_NOTE_LENGTH} characters."},
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values, now = self.cleaned_data, timezone.now()
        at, ends_at = values.get("at", ""), None
        until = AT if at else values.get("until", "")
        if until:
            ends_at = _time_in(at if until == AT else until)
            if ends_at is None or not now < ends_at <= now + LONGEST_MUTE:
                self.add_error("at" if until == AT else "until", "Choose a time within the next year.")
        return values | {"ends_at": ends_at}


def _time_in(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else timezone.make_aware(found)


class GroupNoteForm(forms.Form):
    text = forms.CharField(
        label="Add a note", max_length=MAX_GROUP_NOTE,
        widget=forms.Textarea(attrs={"rows": 2, "aria-keyshortcuts": "n"}),
        error_messages={
            "required": "Write a note.", "max_length": f"Enter at most {MAX_GROUP_NOTE:,} characters.",
        },
    )  # fmt: skip
