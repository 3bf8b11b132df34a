"""Template tags for statuses, node bars, times, file names and numbers."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pipelines_portal import __version__
from pipelines_portal.api_client import NodeSummary
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION, icon_of, label_of
from pipelines_portal.web.file_names import full_name, short_name
from pipelines_portal.web.rendering import fragment

register = template.Library()
register.simple_tag(fragment)

CELLS_UP_TO = 12
UNITS = ("B", "kB", "MB", "GB", "TB")
WORKFLOW_STATUS_WORDS = {
    "DRAFT": "Draft",
    "PENDING_ACTIVATION": "Pending activation",
    "ACTIVE": "Active",
    "PAUSED": "Paused",
    "COMPLETED": "Completed",
    "ARCHIVED": "Archived",
}
# Workflow statuses borrow the shapes of the task statuses they resemble.
WORKFLOW_SHAPES = {"ACTIVE": "finished", "PAUSED": "paused"}


@register.simple_tag
def version() -> str:
    """Return the version of the portal."""
    return __version__


@register.simple_tag
def status(value: str) -> SafeString:
    """Render a task status with its icon, word and color. The words of those that need no attention are gray."""
    return _status(value)


@lru_cache(maxsize=64)
def _status(value: str) -> SafeString:
    context = {"status": icon_of(value), "word": label_of(value), "shape": icon_of(value)}
    return render_to_string("_partials/status.html", context | {"is_calm": value not in NEEDS_ATTENTION})


@register.simple_tag
def status_icon(value: str) -> SafeString:
    """Render only the icon of a task status, for use beside its word."""
    return render_to_string("_partials/icon.html", {"name": icon_of(value)})


@register.simple_tag
def workflow_status(value: str) -> SafeString:
    """Render a workflow status in quiet gray."""
    return _workflow_status(value)


@lru_cache(maxsize=64)
def _workflow_status(value: str) -> SafeString:
    context = {
        "status": value,
        "word": WORKFLOW_STATUS_WORDS.get(value, value.replace("_", " ").capitalize()),
        "shape": WORKFLOW_SHAPES.get(value, "pending"),
        "is_calm": True,
    }
    return render_to_string("_partials/status.html", context)


@register.simple_tag
def node_bar(
    summary: NodeSummary, status: str = "in_progress", *, moves: bool = False, large: bool = False
) -> SafeString:
    """Render the progress of steps: cells for up to twelve, else a proportional bar, always with words.

    The part in progress has the color of `status`, and its name if the task needs attention. It is animated only if
    the task `moves`.
    """
    counts = (summary.total, summary.finished, summary.in_progress, summary.pending)
    return _node_bar(*counts, icon_of(status), moves, large)


# A page of 200 tasks holds only a handful of different bars: each is rendered once.
@lru_cache(maxsize=4096)
def _node_bar(
    total: int, finished: int, in_progress: int, pending: int, status: str, moves: bool, large: bool
) -> SafeString:
    # The API's counts may not add up: the bar is as long as its total.
    kinds = (("f", finished), ("p", in_progress), ("", pending))
    cells = [kind for kind, number in kinds for _ in range(min(number, total))] if 0 < total <= CELLS_UP_TO else []
    unfinished = label_of(status).lower() if in_progress and status in NEEDS_ATTENTION else "in progress"
    context = {
        "total": str(total),
        "finished": str(finished),
        "in_progress": str(in_progress),
        "words": f"{finished} of {total} steps finished, {in_progress} {unfinished}, {pending} pending",
        "cells": cells[:total],
        "is_empty": total == 0,
        "status": status,
        "moves": moves,
        "large": large,
    }
    return render_to_string("_partials/node_bar.html", context)


@register.simple_tag
def file_name(name: str) -> SafeString:
    """Render a file name safely. A long one is shortened, and whole on hover and for screen readers."""
    short, full = short_name(name), full_name(name)
    if short == full:
        return format_html("<bdi>{}</bdi>", full)
    seen, heard = '<span aria-hidden="true">{}</span>', '<span class="sr">{}</span>'
    return format_html(f'<bdi title="{{}}">{seen}{heard}</bdi>', full, short, full)


# So many letters at the end of a name are shown even if its middle is cut: its number and its extension.
END_OF_NAME = 12


@register.simple_tag
def cut_name(name: str) -> SafeString:
    """Render a name as a title that is cut in its middle where the head of the page is too narrow for it."""
    whole = full_name(name)
    if len(whole) <= 2 * END_OF_NAME:
        return format_html('<bdi class="cut" title="{0}"><span>{0}</span></bdi>', whole)
    seen, heard = '<span aria-hidden="true">{}</span>', '<span class="sr">{}</span>'
    html = f'<bdi class="cut" title="{{}}">{seen}{seen}{heard}</bdi>'
    return format_html(html, whole, whole[:-END_OF_NAME], whole[-END_OF_NAME:], whole)


@register.filter
def thousands(value: int | None) -> str:
    """12478 → "12,478"."""
    return "" if value is None else f"{value:,}"


@register.filter
def count(value: int, nouns: str) -> str:
    """`3|count:"task,tasks"` → "3 tasks", with thousands separators."""
    one, many = nouns.split(",")
    return f"{value:,} {one if value == 1 else many}"


@register.filter
def file_size(size: float) -> str:
    """1960000000 → "1.96 GB", in the same way as static/js/zip-upload/words.js."""
    unit = 0
    while size >= 999.5 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    digits = 0 if unit == 0 or size >= 99.95 else 1 if size >= 9.995 else 2
    return f"{size:.{digits}f} {UNITS[unit]}"
