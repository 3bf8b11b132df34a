"""The words that join step 2's views, its templates and static/js/zip-upload/states.js."""

from enum import StrEnum


class State(StrEnum):
    """What the page shows: its `data-state`, and the `data-when` of the parts that belong to it."""

    OPENING = "opening"
    NEEDS_FILE = "needs-file"
    READY = "ready"
    STARTING = "starting"
    SENDING = "sending"
    CONFIRMING = "confirming"
    OFFLINE = "offline"
    LOST = "lost"
    BLOCKED = "blocked"  # by the storage's CORS rules
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
    """What a view answers when the page is not to show a state but to act: send to a link, go to a page."""

    PUT = "put"
    MOVED = "moved"
