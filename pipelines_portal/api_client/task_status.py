"""The statuses of a task, as the API documents them, and what each means for the portal."""

from enum import StrEnum
from typing import Self


class TaskStatus(StrEnum):
    """A status of a task. Pages, filters and exports show them in this order.

    `label` is its name on pages. `is_open`: the task may still finish. `needs_attention`: a person should look at it.
    `can_be_stuck`: if it does not change for long, something is wrong; a paused task waits because a person paused it.

    The icon is `s-<value>` in templates/_partials/symbols.html, the color `--<value>` in static/css/tokens.css.
    """

    label: str
    is_open: bool
    needs_attention: bool
    can_be_stuck: bool

    IN_PROGRESS = "in_progress", "In progress", True, False, True
    PENDING = "pending", "Pending", True, False, True
    PAUSED = "paused", "Paused", True, False, False
    FAILED = "failed", "Failed", False, True, False
    ESCALATED = "escalated", "Escalated", True, True, True
    QUARANTINED = "quarantined", "Quarantined", True, True, True
    FINISHED = "finished", "Finished", False, False, False

    def __new__(cls, value: str, label: str, is_open: bool, needs_attention: bool, can_be_stuck: bool) -> Self:
        status = str.__new__(cls, value)
        status._value_ = value
        status.label, status.is_open = label, is_open
        status.needs_attention, status.can_be_stuck = needs_attention, can_be_stuck
        return status

    @classmethod
    def known(cls, value: str) -> "TaskStatus | None":
        """Return the status of that value, or None for one that a newer API has added."""
        return cls._value2member_map_.get(value)  # type: ignore[return-value]


NEEDS_ATTENTION = tuple(status for status in TaskStatus if status.needs_attention)
CAN_BE_STUCK = tuple(status for status in TaskStatus if status.can_be_stuck)


def label_of(value: str) -> str:
    """Return the name of a status on pages; a status that is unknown to us keeps the API's word."""
    status = TaskStatus.known(value)
    return status.label if status else value


def icon_of(value: str) -> str:
    """Return the icon, and the color, of a status; a status that is unknown to us looks like a pending one."""
    return value if TaskStatus.known(value) else TaskStatus.PENDING.value


def is_open(value: str) -> bool:
    """Return whether a task of this status may still change; one of a status that is unknown to us may."""
    status = TaskStatus.known(value)
    return status is None or status.is_open
