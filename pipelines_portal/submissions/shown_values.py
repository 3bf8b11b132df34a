"""The values of a task as people read them: yes or no, local times, numbers, lists."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipelines_portal.core import notation, times
from pipelines_portal.submissions.models import Acceptance
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.fields.reading.times import time_or_value


@dataclass(frozen=True)
class ShownValue:
    """A value under the title of its field. It is a `text`, a `time` or `items`."""

    name: str
    title: str
    text: str = ""
    time: datetime | None = None
    items: tuple[str, ...] = ()
    # What stood there in the task that this one replaces, if it was something else.
    before: "ShownValue | None" = None
    # The warning of a rule that a person accepted for this value.
    accepted: Acceptance | None = None

    @property
    def brief(self) -> str:
        """The start of it, to recognize a row."""
        if self.time is not None:
            return times.full(self.time)
        return (", ".join(self.items) or self.text)[:80]


def shown_values(fields: FieldValues, titles: Mapping[str, str]) -> list[ShownValue]:
    return [_shown(name, titles.get(name, "") or name, value) for name, value in fields.items()]


def compared_values(fields: FieldValues, before: FieldValues, titles: Mapping[str, str]) -> list[ShownValue]:
    """Return the values of a corrected copy, with those of the task that it replaces where they differ."""
    names = dict.fromkeys((*fields, *before))
    shown = {each.name: each for each in shown_values({name: fields.get(name) for name in names}, titles)}
    for each in shown_values({name: before.get(name) for name in names}, titles):
        if fields.get(each.name) != before.get(each.name):
            shown[each.name] = replace(shown[each.name], before=each)
    return list(shown.values())


def with_accepted(
    values: list[ShownValue], accepted: Iterable[Acceptance], titles: Mapping[str, str]
) -> list[ShownValue]:
    """Return the values with the warnings that people accepted. A field may have been left empty on purpose."""
    by_field = {each.field: each for each in accepted}
    shown = [replace(each, accepted=by_field.pop(each.name, None)) for each in values]
    return [
        *shown,
        *(replace(_shown(name, titles.get(name, "") or name, None), accepted=each) for name, each in by_field.items()),
    ]


def _shown(name: str, title: str, value: Any) -> ShownValue:
    value = time_or_value(value)
    if isinstance(value, datetime):
        return ShownValue(name, title, time=value)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return ShownValue(name, title, items=tuple(value))
    return ShownValue(name, title, _as_text(value))


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int):
        # It may be a number that means something else, such as a day written as 20240131.
        return str(value)
    if isinstance(value, float):
        return json.dumps(value).replace(".", notation.current().decimal or ".")
    if isinstance(value, str):
        return value
    return "–" if value is None else json.dumps(value, ensure_ascii=False)
