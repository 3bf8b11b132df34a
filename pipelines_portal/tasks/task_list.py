"""A page of a list of tasks, as templates print it.

A list comes from one of two sources: `api_list` shows a page of the API's own list, and `found_list` what the index and
the submissions have for conditions that the API does not know.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import quote

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from pipelines_portal.accounts.models import User
from pipelines_portal.attention.models import GroupTask
from pipelines_portal.attention.words import title_of
from pipelines_portal.submissions.origin import Brief, briefs_of_tasks, sent_from_here
from pipelines_portal.submissions.search_words import terms_in
from pipelines_portal.task_index.counts import open_counts
from pipelines_portal.task_index.models import STUCK_HOURS, TaskNote
from pipelines_portal.tasks.api_pages import TasksPage, notes_of
from pipelines_portal.tasks.arrangement import (
    NOTHING,
    Arrangement,
    NamedView,
    read_arrangement,
    stored_query,
)
from pipelines_portal.tasks.conditions import ANYONE, PAGE_SIZES, Conditions
from pipelines_portal.tasks.filter_chips import (
    WORDS,
    Chip,
    Numbers,
    QueryBox,
    View,
    all_tasks_of,
    chips,
    counted_numbers,
    known_numbers,
    page_title,
    query_box,
    query_of,
    views,
)
from pipelines_portal.tasks.found_tasks import FoundPage, FoundTask, ResolvedConditions, Scope, with_briefs
from pipelines_portal.tasks.list_rows import Columns, ListedTask, ValueColumn, task_rows
from pipelines_portal.tasks.live_page import (
    WHILE_STILL,
    WHILE_UNFINISHED,
    LivePage,
    beside_shown,
    lately_created,
    seconds_between_polls,
    seen_of,
)
from pipelines_portal.tasks.merged_list import ATTENTION
from pipelines_portal.tasks.pagination import Pagination
from pipelines_portal.web.api_connection import is_silent
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import known_schema, titles_of_workflows

# So many seconds, a list may show the same words for how long its tasks wait.
WAITS_ARE_WORDED_FOR = 300
# So many tasks that cannot be read are named.
MOST_NAMED = 10


@dataclass(frozen=True)
class Poll:
    """What a page shows that refreshes itself: a digest of everything, and the ids of its tasks as ranges."""

    seen: str
    shown: str


@dataclass(frozen=True)
class TaskList:
    """A page of a list. Everything was read when it was built: its properties only choose words and URLs.

    `every` is the interval of its refreshes, or "" if it does not refresh itself. `is_silent`: Pipelines does not
    respond, so the list may be old. `read_back_to` is the time from which on all tasks are known, if some are not.
    `away` says why the list is not the API's own although its conditions are, and `cause` tells administrators more.
    `unreadable_ids` has the tasks of the page that cannot be read. `is_cut`: see FoundPage.
    """

    conditions: Conditions
    pagination: Pagination
    older_cursor: str
    live: LivePage
    rows: list[ListedTask]
    columns: Columns
    numbers: Numbers
    read_at: datetime | None
    stuck_hours: int = STUCK_HOURS
    counted_at: datetime | None = None
    read_back_to: datetime | None = None
    poll: str = ""
    every: str = ""
    is_silent: bool = False
    import_name: str = ""
    group_name: str = ""
    away: str = ""
    cause: str = ""
    is_of_portal: bool = False
    unreadable_ids: tuple[int | None, ...] = ()
    is_cut: bool = False
    arrangement: Arrangement = NOTHING

    @property
    def status(self) -> str:
        return self.conditions.status

    @property
    def is_first(self) -> bool:
        return not self.pagination.cursor

    @property
    def is_live(self) -> bool:
        """Whether it shows what Pipelines has now."""
        return bool(self.every) and not self.is_silent

    @property
    def is_whole(self) -> bool:
        """Whether the page has all there is."""
        return self.is_first and not self.older_cursor

    @property
    def is_import_unknown(self) -> bool:
        return bool(self.conditions.import_) and not self.import_name

    @property
    def with_values(self) -> int:
        """How many of the tasks show what was sent."""
        return sum(bool(row.found.brief and row.found.brief.fields) for row in self.rows)

    @property
    def rows_html(self) -> SafeString:
        return task_rows(self.rows, self.columns)

    # Words

    @cached_property
    def chips(self) -> tuple[Chip, ...]:
        statuses = chips(self.conditions, self.numbers, has_first_view=self.has_first_view)
        return tuple(chip._replace(is_current=False) for chip in statuses) if self.view else statuses

    @property
    def attention_chip(self) -> Chip:
        return next(chip for chip in self.chips if chip.status == ATTENTION)

    @cached_property
    def views(self) -> tuple[View, ...]:
        return views(self.conditions, self.stuck_hours)

    @property
    def has_first_view(self) -> bool:
        return self.arrangement.opens_first is not None

    @cached_property
    def view(self) -> NamedView | None:
        """The saved view that was opened."""
        return self.arrangement.view(self.conditions)

    @property
    def saved_views(self) -> tuple[tuple[NamedView, bool], ...]:
        """The saved views, and whether each was opened."""
        return tuple((view, view == self.view) for view in self.arrangement.views)

    @property
    def may_save_view(self) -> bool:
        return self.view is not None and self.view.is_changeable and not self.conditions.errors

    @property
    def to_save(self) -> str:
        """The query that a view of this list has, or "" for all tasks."""
        return stored_query(self.conditions)

    @cached_property
    def box(self) -> QueryBox:
        return query_box(self.conditions, self.import_name, self.group_name)

    @property
    def status_word(self) -> str:
        if self.view:
            return self.view.label
        current = next((view.word for view in self.views if view.is_current), "")
        if self.status or current:
            return current or WORDS[self.status]
        return "All tasks" if self.conditions.is_plain else "Filtered"

    @property
    def unreadable(self) -> str:
        """The sentence about the tasks that cannot be read, or ""."""
        ids = [str(task_id) for task_id in self.unreadable_ids if task_id]
        named, more = ", ".join(ids[:MOST_NAMED]), ", …" if len(ids) > MOST_NAMED else ""
        if not self.unreadable_ids:
            return ""
        if len(self.unreadable_ids) > 1:
            sentence = f"{len(self.unreadable_ids)} tasks couldn’t be read and aren’t shown"
            return f"{sentence}: {named}{more}." if ids else f"{sentence}."
        return f"Task {named} couldn’t be read and isn’t shown." if ids else "1 task couldn’t be read and isn’t shown."

    @property
    def counted(self) -> str:
        """What the rows are, one and several: with words, some may have become no task."""
        return "result,results" if self.conditions.words else "task,tasks"

    @property
    def title(self) -> str:
        return page_title(self.conditions, self.pagination, self.numbers)

    # URLs

    @cached_property
    def here(self) -> str:
        return self.pagination.query(**self.conditions.as_query())

    @cached_property
    def older(self) -> str:
        pagination = self.pagination.to_older(self.older_cursor)
        return pagination.query(**self.conditions.as_query()) if self.older_cursor else ""

    @cached_property
    def newer(self) -> str:
        return "" if self.is_first else self.pagination.to_newer().query(**self.conditions.as_query())

    @property
    def all_tasks(self) -> str:
        """The query of the list without conditions."""
        return all_tasks_of(self.conditions, has_first_view=self.has_first_view)

    @property
    def only_with_values(self) -> str:
        return query_of(self.conditions.but(sent=ANYONE))

    @property
    def sizes(self) -> list[tuple[str, str, bool]]:
        return [
            (str(size), query_of(self.conditions.but(limit=size)), size == self.conditions.limit) for size in PAGE_SIZES
        ]

    @property
    def exported(self) -> list[tuple[str, str | int]]:
        """What the form of the export posts."""
        return self.conditions.as_pairs()


def _poll_query(conditions: Conditions, pagination: Pagination, **more: str | int) -> str:
    """Return the query of a refresh. Conditions with errors stay in the query box."""
    to_correct = {"q": query_box(conditions).words} if conditions.errors else {}
    return pagination.query(**(conditions.as_query() | more | to_correct))


def _tail(conditions: Conditions, pagination: Pagination) -> str:
    """Return the query of a task's page. It has that of the list, unless it is the list that a workflow opens with."""
    if not pagination.cursor and conditions.is_without_conditions and not conditions.view:
        return ""
    return f"?from={quote(pagination.query(**conditions.as_query())[1:], safe='')}"


def _has_several_senders(briefs: list[Brief | None], reader: User) -> bool:
    """Return False if all of the tasks are one person's, or if all senders that are known are the reader."""
    senders = {brief.by for brief in briefs if brief}
    return len(senders) > 1 or (bool(senders) and None in briefs and senders != {str(reader)})


def value_columns(workflow: OpenedWorkflow, names: tuple[str, ...]) -> tuple[ValueColumn, ...]:
    """Return the fields that are columns, and that the workflow still has."""
    schema = known_schema(workflow) if names else None
    known = {each.name: each for each in schema.fields} if schema else {}
    return tuple(
        ValueColumn(name, known[name].label, type_of(known[name]).is_number) for name in names if name in known
    )


# --- the API's list ---------------------------------------------------------------------------------------------------


def api_list(
    reader: User,
    workflow: OpenedWorkflow,
    read: TasksPage,
    conditions: Conditions,
    pagination: Pagination,
    poll: Poll | None,
    arrangement: Arrangement | None = None,
) -> TaskList | None:
    """Return a page of the API's list, or None if the page that polls shows it already."""
    page, is_first, now = read.page, not pagination.cursor, timezone.now()
    older_cursor = page.older_cursor or ""
    live = beside_shown(page.tasks, poll.shown if poll and is_first else "", has_older=bool(older_cursor))
    counts = open_counts(workflow)
    if counts and read.correct_counts(workflow, counts):
        counts = open_counts(workflow)
    # Tasks with a note do not appear among those that need attention.
    has_notes = conditions.status != ATTENTION and (counts is None or counts.has_notes)
    notes = notes_of(page.tasks, TaskNote.objects.filter(workflow=workflow)) if has_notes else {}
    numbers = known_numbers(page, conditions, notes, is_first=is_first, counts=counts)
    seconds = seconds_between_polls(page.tasks, now)
    place, created_at = (workflow.key, workflow.workflow_id), {task.id: task.created_at for task in live.tasks}
    briefs = None if poll else briefs_of_tasks(reader, *place, created_at)
    # The new tasks whose sender is known. The refresh of a list without new tasks needs no query.
    new = lately_created(live.tasks, now)
    named = sent_from_here(*place, new) if new and briefs is None else sorted(set(new).intersection(briefs or ()))
    # The waits of open tasks without values grow.
    waits = int(time.time() // WAITS_ARE_WORDED_FOR) if any(task.is_open for task in live.tasks) else 0
    words = sorted((task_id, note.words) for task_id, note in notes.items())
    seen = seen_of(live, seconds, bool(older_cursor), numbers, words, named, waits, page.unreadable_ids)
    if poll and poll.seen == seen:
        return None
    briefs = briefs_of_tasks(reader, *place, created_at) if briefs is None else briefs
    arrangement = arrangement or read_arrangement(reader, workflow)
    tail = _tail(conditions, pagination)
    rows = [
        ListedTask(
            FoundTask(workflow.key_id, workflow.workflow_id, task, brief=briefs.get(task.id)), f"{task.id}/{tail}",
            workflow.title_field, notes.get(task.id),
        )
        for task in live.tasks
    ]  # fmt: skip
    return TaskList(
        conditions, pagination, older_cursor, live, rows,
        Columns(
            choice=reader.may_send,
            senders=_has_several_senders([row.found.brief for row in rows], reader),
            values=value_columns(workflow, arrangement.columns),
        ),
        numbers, read.read_at,
        stuck_hours=counts.stuck_hours if counts else STUCK_HOURS,
        counted_at=counts.updated() if counts else None,
        poll=_poll_query(conditions, pagination, seen=seen, shown=live.shown if is_first else ""),
        # The first page always refreshes itself.
        every=f"{seconds}s" if reader.reads_live and (is_first or seconds < WHILE_STILL) else "",
        unreadable_ids=tuple(page.unreadable_ids),
        arrangement=arrangement,
    )  # fmt: skip


# --- a list from the index and from what was sent ---------------------------------------------------------------------


def found_list(
    scope: Scope,
    resolved: ResolvedConditions,
    page: FoundPage,
    pagination: Pagination,
    poll: Poll | None = None,
    *,
    away: str = "",
    cause: str = "",
    with_id: FoundTask | None = None,
    arrangement: Arrangement | None = None,
) -> TaskList | None:
    """Return a page of what the portal knows, or None if the page that polls shows it already.

    `with_id` is the task whose ID is the number that was searched for.
    """
    reader, index, conditions = scope.reader, scope.index, resolved.conditions
    is_first, older_cursor = not pagination.cursor, page.next_cursor
    # New tasks wait above the page until the person shows them, except in a search.
    shown = poll.shown if poll and is_first and not conditions.words else ""
    live = beside_shown([one.task for one in page.tasks if one.task], shown, has_older=bool(older_cursor))
    ids = {task.id for task in live.tasks}
    tasks = [one for one in page.tasks if one.task is None or one.task.id in ids]
    if with_id and with_id.task:
        tasks = [with_id, *(one for one in tasks if one.place != with_id.place)]
    tasks = with_briefs(scope, tasks)
    counts = open_counts(scope.workflow) if scope.workflow else None
    numbers = counted_numbers(counts) if counts else {}
    workflows = {(one.key_id, one.workflow_id): one for one in scope.indexes.values()}
    if scope.workflow:
        workflows[scope.workflow.key_id, scope.workflow.workflow_id] = scope.workflow
    notes = {} if counts and not counts.has_notes else _notes(tasks, workflows)
    words = sorted((place[2], note.words) for place, note in notes.items())
    seen = seen_of(live, bool(older_cursor), numbers, words)
    if poll and poll.seen == seen:
        return None
    if arrangement is None:
        arrangement = read_arrangement(reader, scope.workflow) if scope.workflow else NOTHING
    columns = Columns(
        choice=reader.may_send and scope.workflow is not None,
        senders=_has_several_senders([one.brief for one in tasks], reader),
        numbers=bool(resolved.group),
        workflows=scope.workflow is None,
        terms=terms_in(conditions.words),
        values=value_columns(scope.workflow, arrangement.columns) if scope.workflow else (),
    )
    is_live = reader.reads_live and scope.workflow and not conditions.words and (is_first or away)
    query = {"known": 1} if away else {"seen": seen, "shown": live.shown}
    # Only sent tasks, and those of a status, are all known.
    is_all_known = index is None or index.is_backfilled or conditions.is_of_sent or bool(conditions.status)
    return TaskList(
        conditions, pagination, older_cursor, live,
        _listed_tasks(scope, tasks, workflows, notes, _tail(conditions, pagination), has_terms=bool(columns.terms)),
        columns, numbers,
        # When the index last read tasks.
        max(filter(None, (index.open_as_of, index.newest_as_of)), default=None) if index else None,
        stuck_hours=index.stuck_hours if index else STUCK_HOURS,
        read_back_to=None if is_all_known or index is None else index.backfilled_to,
        poll=_poll_query(conditions, pagination, **query),
        every=f"{WHILE_UNFINISHED}s" if is_live else "",
        is_silent=bool(away) or is_silent(),
        import_name=resolved.import_name,
        group_name=_group_name(scope, resolved),
        away=away,
        cause=cause,
        is_of_portal=True,
        is_cut=page.is_cut,
        arrangement=arrangement,
    )  # fmt: skip


def _group_name(scope: Scope, resolved: ResolvedConditions) -> str:
    if resolved.problem is None:
        return ""
    shown = GroupTask.objects.with_title_for(scope.reader).filter(group=resolved.problem)
    return title_of(resolved.problem, may_see=shown.exists())


def _notes(
    tasks: list[FoundTask], workflows: dict[tuple[int, int], OpenedWorkflow]
) -> dict[tuple[int, int, int], TaskNote]:
    """Return the notes that hold for the tasks, by their places."""
    noted = {one.place: one.task for one in tasks if one.task and one.place[:2] in workflows}
    if not noted:
        return {}
    places = {workflows[place[:2]].pk: place[:2] for place in noted}
    task_ids = {task_id for _, _, task_id in noted}
    found = TaskNote.objects.filter(workflow__in=list(places), task_id__in=task_ids)
    notes = {(*places[note.workflow_id], note.task_id): note for note in found}
    return {
        place: note
        for place, note in notes.items()
        if place in noted and note.holds(noted[place].status, noted[place].created_at)
    }


def _listed_tasks(
    scope: Scope,
    tasks: list[FoundTask],
    workflows: dict[tuple[int, int], OpenedWorkflow],
    notes: dict[tuple[int, int, int], TaskNote],
    tail: str,
    *,
    has_terms: bool,
) -> list[ListedTask]:
    """Return the tasks with their URLs, titles and notes. The titles of fields are for the matches of a search."""
    shown = {workflows[one.place[:2]].pk for one in tasks if one.place[:2] in workflows}
    titles = titles_of_workflows(shown) if has_terms else {}
    listed = []
    for one in tasks:
        workflow = workflows.get((one.key_id or 0, one.workflow_id))
        if scope.workflow and one.task:
            url = f"{one.task.id}/{tail}"
        elif one.task and one.key_id:
            url = reverse("tasks:detail", args=[one.key_id, one.workflow_id, one.task.id])
        else:
            url = reverse("submissions:detail", args=[one.row.submission_id]) if one.row else ""
        name = workflow.name if workflow else one.row.submission.workflow_name if one.row else ""
        title_field, of_fields = (workflow.title_field, titles.get(workflow.pk, {})) if workflow else ("", {})
        listed.append(ListedTask(one, url, title_field, notes.get(one.place), name, of_fields))
    return listed
