"""The states of the page of step 2, shared by views, templates and static/js/zip-upload/states.js."""

from enum import StrEnum


class State(StrEnum):
    """A state of the page: its `data-state`, and the `data-when` of its parts."""

    OPENING = "opening"
    NEEDS_FILE = "needs-file"
    READY = "ready"
    STARTING = "starting"
    SENDING = "sending"
    CONFIRMING = "confirming"
    OFFLINE = "offline"
    LOST = "lost"
    REFUSED = "refused"
    BUSY = "busy"
    EXPIRED = "expired"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    PROBLEM = "problem"
    UNREACHABLE = "unreachable"
    STALE = "stale"
    UNCONFIRMED = "unconfirmed"
    TAKEN = "taken"
    ELSEWHERE = "elsewhere"
    CANCELLED = "cancelled"
    UNCANCELLED = "uncancelled"


class Instruction(StrEnum):
    """An answer of a view that lets the page act: send the archive to a link, or go to another page."""

    PUT = "put"
    MOVED = "moved"
