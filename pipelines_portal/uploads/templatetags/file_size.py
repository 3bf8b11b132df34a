"""Sizes as static/js/zip-upload/words.js writes them, so that a page does not say one thing twice."""

from django import template

register = template.Library()

UNITS = ("B", "kB", "MB", "GB", "TB")


@register.filter
def file_size(size: float) -> str:
    """1960000000 → "1.96 GB"."""
    unit = 0
    while size >= 999.5 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    digits = 0 if unit == 0 or size >= 99.95 else 1 if size >= 9.995 else 2
    return f"{size:.{digits}f} {UNITS[unit]}"
