"""The rows of the list of tasks.

They are written here and not in a template, with which the list takes 1.4 times the CPU time, and its refresh, which
every reader requests every few seconds, 1.5 times (`bench/portal_page.py`). Statuses, bars and times are parts of
templates, each rendered once and cached.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from pipelines_portal.api_client import Task
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.core import times
from pipelines_portal.submissions.origin import Brief, title_of
from pipelines_portal.submissions.search.excerpts import MarkedPart, marked_text, matches
from pipelines_portal.submissions.search_words import Term
from pipelines_portal.submissions.shown_values import ShownValue, shown_values
from pipelines_portal.submissions.templatetags.submission_status import row_status
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.tasks.found_tasks import CREATED, FoundTask
from pipelines_portal.tasks.known import known_words
from pipelines_portal.tasks.live_page import moves
from pipelines_portal.web.initials import initials
from pipelines_portal.web.templatetags.portal import node_bar, status

# As much as the widest screen shows.
LONGEST_TEXT = 160


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task of the list with its URL, its note and, in a list of several workflows, the name of its workflow.

    `titles` are those of the fields, to say in which value a search found something.
    """

    found: FoundTask
    url: str
    title_field: str = ""
    note: TaskNote | None = None
    workflow_name: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)


class ValueColumn(NamedTuple):
    """A field that is a column of the list."""

    name: str
    title: str
    is_number: bool = False


@dataclass(frozen=True)
class Columns:
    """The columns that not every list has. `terms` are marked in the texts, `values` are the chosen fields."""

    choice: bool = False
    senders: bool = False
    numbers: bool = False
    workflows: bool = False
    terms: Sequence[Term] = ()
    values: Sequence[ValueColumn] = ()


def task_rows(tasks: Iterable[ListedTask], columns: Columns) -> SafeString:
    """Return the HTML of the rows."""
    now, zone = timezone.now(), timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    return SafeString("".join(_row(one, columns, now, zone, today) for one in tasks))


def _row(one: ListedTask, columns: Columns, now: datetime, zone: tzinfo, today: date) -> str:
    found, task, note = one.found, one.found.task, one.note
    title = title_of(found.brief.fields or {}, one.title_field) if found.brief else ""
    text = _text(title, columns.terms) or _known(task, columns, now)
    return (
        f'{_start(note)}<td class="id">{_id(one)}{_choice(task) if columns.choice else ""}</td>\n'
        f'<td class="text">{text}{_note(note)}{_matches(one, title, columns.terms) if columns.terms else ""}</td>\n'
        f"{_values(found.brief, columns.values, now) if columns.values else ''}"
        f'<td class="st">{_status(found)}</td>\n'
        f'<td class="pr">{_progress(task, now)}</td>\n'
        f'<td class="cr">{_created_at(found, zone, today)}</td>\n'
        f'<td class="at num">{_updated(found, zone, today)}</td>'
        f"{_number(found) if columns.numbers else ''}"
        f"{_workflow(one) if columns.workflows else ''}"
        f"{_sender(found.brief) if columns.senders else ''}</tr>\n"
    )


def _start(note: TaskNote | None) -> str:
    return '<tr class="mistake">' if note and note.is_mistake else "<tr>"


def _choice(task: Task | None) -> str:
    """Return the checkbox, and the status that a form to mute the task posts.

    It is behind the link, so that the first task is reached without it. Pages show it before the link.
    """
    if task is None:
        return ""
    box = f'<input type="checkbox" name="task" value="{task.id}" aria-label="Select task {task.id}">'
    known = f'<input type="hidden" name="status-{task.id}" value="{escape(task.status)}">'
    return box + (known if task.status in NEEDS_ATTENTION else "")


def _id(one: ListedTask) -> str:
    task = one.found.task
    if task is None:
        return f'<a class="rowlink" href="{one.url}"><span class="sr">Row that is no task</span>–</a>'
    return f'<a class="rowlink" id="t{task.id}" href="{one.url}" data-id>{task.id}</a>'


def _text(title: str, terms: Sequence[Term]) -> str:
    if not title:
        return ""
    shown = _shortened(title)
    return f'<span title="{escape(title)}">{_marked(marked_text(shown, terms)) if terms else escape(shown)}</span>'


def _known(task: Task | None, columns: Columns, now: datetime) -> str:
    """Return how far a task without a text is."""
    if task is None or task.status == CREATED:
        return ""
    return f'<span class="known">{escape(known_words(task, now))}</span>'


def _matches(one: ListedTask, title: str, terms: Sequence[Term]) -> str:
    """Return the values in which a search found the task, unless its title shows why it was found."""
    brief = one.found.brief
    if brief is None or not brief.fields:
        return ""
    found = matches(brief.fields, terms, _shortened(title))
    return "".join(
        f'\n<span class="match">{escape(one.titles.get(match.name) or match.name)}: {_marked(match.parts)}</span>'
        for match in found
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _marked(parts: Iterable[MarkedPart]) -> str:
    return "".join(f"<mark>{escape(part.text)}</mark>" if part.is_match else escape(part.text) for part in parts)


def _values(brief: Brief | None, columns: Sequence[ValueColumn], now: datetime) -> str:
    """Return a cell for each column of a value, empty where nobody knows it or the reader may not see it."""
    fields = (brief.fields if brief else None) or {}
    chosen = {column.name: fields[column.name] for column in columns if column.name in fields}
    shown = {one.name: one for one in shown_values(chosen, {})}
    return "".join(
        f'<td class="val{" num" if column.is_number else ""}" data-label="{escape(column.title)}"'
        f"{_brief(shown[column.name], now)}</td>\n"
        if column.name in shown
        else '<td class="val"></td>\n'
        for column in columns
    )


def _brief(value: ShownValue, now: datetime) -> str:
    text = times.short(value.time, now) if value.time else value.brief
    return f' title="{escape(value.brief)}">{escape(text)}'


def _note(note: TaskNote | None) -> str:
    return f'\n<span class="aside">{escape(note.words)}</span>' if note else ""


def _status(found: FoundTask) -> str:
    if found.task is None:
        return row_status(found.row) if found.row else ""
    return _created() if found.task.status == CREATED else status(found.task.status)


@lru_cache(maxsize=1)
def _created() -> SafeString:
    """Return the status of a task that was created, and of which no more is known yet."""
    context = {"status": CREATED, "shape": "finished", "word": "Created", "is_calm": True}
    return render_to_string("_partials/status.html", context)


def _progress(task: Task | None, now: datetime) -> str:
    if task is None or task.status == CREATED:
        return ""
    return node_bar(task.node_summary, task.status, moves=moves(task, now))


def _number(found: FoundTask) -> str:
    return f'<td class="rw num faint">{f"{found.number:,}" if found.number else ""}</td>'


def _workflow(one: ListedTask) -> str:
    return f'<td class="wf">{escape(one.workflow_name)}</td>'


def _sender(brief: Brief | None) -> str:
    if brief is None:
        return '<td class="by"></td>'
    by = escape(brief.by)
    shown = escape(initials(brief.by))
    return f'<td class="by"><span class="avatar" title="{by}"><span class="sr">Sent by {by}</span>{shown}</span></td>'


def _updated(found: FoundTask, zone: tzinfo, today: date) -> str:
    if found.task:
        return _time(found.task.updated_at, zone, today)
    if found.row is None:
        return ""
    sent_at = found.row.submission.sent_at or found.row.submission.created_at
    return _time(sent_at, zone, today)


def _created_at(found: FoundTask, zone: tzinfo, today: date) -> str:
    created = found.task.created_at if found.task else None
    return _time(created, zone, today) if created else ""


# A list that is refreshed shows mostly the same times.
@lru_cache(maxsize=20_000)
def _time(at: datetime, zone: tzinfo, today: date) -> SafeString:
    """Return the time in words, which depend on the time zone and the day alone."""
    words = times.short(at, timezone.now())
    # Not as <time>: its attribute would say the title again, and the list is measured in bytes.
    return format_html('<span title="{}">{}</span>', times.exact(at), words)
