"""Which events are asked for: by person, kind, target and day."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, cast

from django import forms

from pipelines_portal.audit.filters import EventFilters
from pipelines_portal.audit.verbs import Group, Verb, verbs_named


class EventFilterForm(forms.Form):
    person = forms.CharField(
        label="Person", required=False, max_length=254,
        widget=forms.TextInput(attrs={"placeholder": "Email", "autocomplete": "off"}),
    )  # fmt: skip
    verb = forms.ChoiceField(label="What", required=False)
    # As "type:id": links of the list ask for it.
    target = forms.RegexField(r"^[a-z]{1,40}:[\w-]{1,40}$", required=False, widget=forms.HiddenInput)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = cast(forms.ChoiceField, self.fields["verb"])
        kinds.choices = [("", "Everything"), *map(_group, Group)]

    def filters(self) -> EventFilters:
        """Of what is well filled in."""
        values = getattr(self, "cleaned_data", {})
        target_type, _, target_id = (values.get("target") or "").partition(":")
        return EventFilters(
            email=(values.get("person") or "").lower(),
            verbs=verbs_named(values.get("verb") or ""),
            target_type=target_type,
            target_id=target_id,
            since=_start_of(values.get("since")),
            until=_start_of(values.get("until"), days=1),
        )


def _group(group: Group) -> tuple[str, list[tuple[str, str]]]:
    verbs = [(verb.value, verb.label) for verb in Verb if verb.group == group]
    return str(group.label), [(group.value, f"{group.label}: all"), *verbs]


def _start_of(day: Any, days: int = 0) -> datetime | None:
    try:
        return datetime.combine(day + timedelta(days=days), time.min, UTC) if day else None
    except OverflowError:  # the calendar's last day
        return None
