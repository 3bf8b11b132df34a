"""Template tags for times, available in all templates of both programs. They are the only way to show a time."""

from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pipelines_portal.core import times

register = template.Library()

NEVER = SafeString('<span class="faint">Never</span>')


@register.simple_tag
def time_ago(value: datetime | None) -> SafeString:
    """Render the age within the last hour, else the time. Without a template, for the speed of lists."""
    if value is None:
        return NEVER
    now = timezone.now()
    # static/js/every-page/times.js updates ages in the page.
    mark = format_html(' data-ago="{}"', times.short(value, now)) if times.is_recent(value, now) else ""
    return _time(value, times.ago(value, now), mark)


@register.simple_tag
def short_time(value: datetime | None) -> SafeString:
    """Render a time: "17:04" for today, "Tue 17:04" for this week, "18 Nov 17:25", or "18 Nov 2025"."""
    return SafeString() if value is None else _time(value, times.short(value, timezone.now()))


@register.simple_tag
def short_day(value: datetime) -> SafeString:
    """Render a day: "18 Nov", or "18 Nov 2025" for another year."""
    return _time(value, times.short_day(value, timezone.now()))


@register.simple_tag
def full_time(value: datetime) -> SafeString:
    """Render a time that people compare with another: "18 Nov 2025 17:25"."""
    return _time(value, times.full(value))


@register.simple_tag
def clock_time(value: datetime) -> SafeString:
    """Render only the time of day in the person's time zone: "14:05"."""
    return _time(value, times.clock(value))


@register.simple_tag
def clock_now() -> str:
    """Return the current time in the person's time zone and in UTC: "14:05 in Vienna, 13:05 UTC"."""
    now = timezone.now()
    here = times.current_place()
    universal = f"{now.astimezone(UTC):%H:%M} UTC"
    return universal if here == "UTC" else f"{times.clock(now)} in {here}, {universal}"


def _time(value: datetime, words: str, mark: str = "") -> SafeString:
    exact, iso = times.exact(value), times.machine(value)
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', iso, exact, mark, words)
