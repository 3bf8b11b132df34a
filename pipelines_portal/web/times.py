"""Times in words. Plain strings: localized numbers make templates collapse under threads."""

from datetime import datetime, timedelta

MINUTE, HOUR, DAY = 60, 3600, 86400


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`, as people say it: "12 s ago", "3 h ago", "Nov 3"."""
    seconds = int((now - moment).total_seconds())
    if seconds < 5:
        return "just now"
    if seconds < MINUTE:
        return f"{seconds} s ago"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min ago"
    if seconds < DAY:
        return f"{seconds // HOUR} h ago"
    return _days_ago(moment, now)


def _days_ago(moment: datetime, now: datetime) -> str:
    if now - moment < timedelta(days=14):
        return f"{(now - moment).days} d ago"
    return f"{moment:%b} {moment.day}" if moment.year == now.year else f"{moment:%b} {moment.day}, {moment.year}"


def exact(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def machine(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
