"""Format days and times, which a spreadsheet stores as numbers of days."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from pipelines_portal.spreadsheets.cells import Cell, valued

UNREAD = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!\[?[hms]+\])[^\]]*\]|General', re.IGNORECASE | re.DOTALL)
PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|[_*].|\[(?P<elapsed>h+|m+|s+)\]|\[[^\]]*\]'
    r"|(?P<half>AM/PM|A/P)|\.(?P<fraction>0+)|(?P<letters>y+|m+|d+|h+|s+)|(?P<sign>.)",
    re.IGNORECASE | re.DOTALL,
)
# Formats that depend on a country or on settings, or name months in another language.
LOCALIZED = re.compile(r"\[\$-(?!0*409\])[^\]]*\]|[geaEGA]{2,}|b{2,}")
MONTHS = [datetime(2000, number, 1).strftime("%B") for number in range(1, 13)]
DAYS = [datetime(2000, 5, number).strftime("%A") for number in range(1, 8)]
SECONDS = 86_400
LAST_DAY = 2_958_466


def is_date_code(code: str) -> bool:
    return bool(re.search("[dmhysDMHYS]", UNREAD.sub("", code.split(";")[0])))


def date_shower(code: str, since_1904: bool) -> Callable[[str], Cell]:
    """Return a function that makes the cell of a number of days. Its value is in ISO 8601; a duration has none."""
    pieces = list(PIECE.finditer(code.split(";")[0]))
    if any(found["elapsed"] for found in pieces):
        return lambda written: _duration(pieces, float(written))
    is_known = not _is_localized(code, pieces)

    def show(written: str) -> Cell:
        timestamp = timestamp_of(float(written), since_1904)
        return shown_timestamp(timestamp, pieces, is_known, float(written) < 1)

    return show


def timestamp_of(days: float, since_1904: bool) -> datetime:
    """Return the moment of a number of days. Spreadsheets count 29 February 1900, which never existed."""
    if not 0 <= days < LAST_DAY:
        raise ValueError("no day")
    start = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 31) if days < 60 else datetime(1899, 12, 30)
    timestamp = start + timedelta(milliseconds=round(days * SECONDS * 1000))
    # A fraction of a second is a rounding error.
    return timestamp + timedelta(seconds=0.5) if timestamp.microsecond in (999_000, 1_000) else timestamp


def shown_timestamp(timestamp: datetime, pieces: list[re.Match[str]], is_known: bool, is_time: bool = False) -> Cell:
    kinds = {found["letters"][0].lower() for found in pieces if found["letters"]}
    has_date, has_time = bool(kinds & set("yd")), bool(kinds & set("hs"))
    value = _iso(timestamp, has_date or not is_time, has_time)
    shown = _shown(timestamp, pieces) if is_known else value.replace("T", " ")
    return valued(shown, value)


def _iso(timestamp: datetime, has_date: bool, has_time: bool) -> str:
    timestamp = timestamp.replace(microsecond=0)
    if not has_date:
        return timestamp.time().isoformat()
    is_day = not has_time and timestamp.time() == datetime.min.time()
    return timestamp.date().isoformat() if is_day else timestamp.isoformat()


def _is_localized(code: str, pieces: list[re.Match[str]]) -> bool:
    """Return whether the format depends on a country: for names of months and days, or by settings."""
    is_named = any(len(found["letters"] or "") > 2 and found["letters"][0] in "mMdD" for found in pieces)
    follows = re.search(r"\[\$-(?:[^\]]*F[48]00|x-)", code, re.IGNORECASE)
    return bool(follows or (is_named and LOCALIZED.search(code)))


def _shown(timestamp: datetime, pieces: list[re.Match[str]]) -> str:
    has_half = any(found["half"] for found in pieces)
    shown = []
    for place, found in enumerate(pieces):
        if letters := found["letters"]:
            shown.append(_part(timestamp, letters.lower(), _is_minute(pieces, place), has_half))
        elif found["half"]:
            half = "AM" if timestamp.hour < 12 else "PM"
            shown.append(half if len(found["half"]) > 3 else half[0])
        elif found["fraction"]:
            shown.append(f".{timestamp.microsecond:06d}"[: 1 + len(found["fraction"])])
        else:
            shown.append(_text(found))
    return "".join(shown).strip()


def _text(found: re.Match[str]) -> str:
    sign = found["sign"] or ""
    return found["quoted"] or found["escaped"] or ("" if sign == "@" else sign)


def _is_minute(pieces: list[re.Match[str]], place: int) -> bool:
    """Return whether an m means minutes: after hours or before seconds."""
    before = next((piece for piece in reversed(pieces[:place]) if piece["letters"]), None)
    after = next((piece for piece in pieces[place + 1 :] if piece["letters"]), None)
    return bool((before and before["letters"][0] in "hH") or (after and after["letters"][0] in "sS"))


def _part(timestamp: datetime, letters: str, is_minute: bool, has_half: bool) -> str:
    kind, length = letters[0], len(letters)
    if kind == "y":
        return f"{timestamp.year:04d}" if length > 2 else f"{timestamp.year % 100:02d}"
    if kind == "m" and not is_minute:
        return _named(MONTHS[timestamp.month - 1], timestamp.month, length)
    if kind == "d":
        return _named(DAYS[timestamp.weekday()], timestamp.day, length)
    hour = (timestamp.hour % 12 or 12) if has_half else timestamp.hour
    number = {"h": hour, "m": timestamp.minute, "s": timestamp.second}[kind]
    return f"{number:0{min(length, 2)}d}"


def _named(name: str, number: int, length: int) -> str:
    if length < 3:
        return f"{number:0{length}d}"
    return name[:3] if length == 3 else name[:1] if length == 5 else name


def _duration(pieces: list[re.Match[str]], days: float) -> Cell:
    """Format a duration, whose hours may exceed a day."""
    left = round(abs(days) * SECONDS)
    shown = ["-" if days < 0 else ""]
    for found in pieces:
        letters = (found["elapsed"] or found["letters"] or "").lower()
        if not letters:
            shown.append("" if found["fraction"] else _text(found))
            continue
        unit = {"h": 3600, "m": 60, "s": 1}.get(letters[0], SECONDS)
        number, left = divmod(left, unit)
        shown.append(f"{number:0{min(len(letters), 2)}d}")
    return "".join(shown)
