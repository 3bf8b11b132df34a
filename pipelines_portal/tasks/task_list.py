"""Pages of lists of tasks, as templates print them.

A page of the API's own list is read once for everybody who looks at the same one with the same key. Others are read
from the index and from what was sent (found_tasks).
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from urllib.parse import quote

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient, Task, TaskPage
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.pooled_answers import Question, pooled
from pipelines_portal.submissions.origin import Brief, briefs_of_tasks, sent_from_here
from pipelines_portal.submissions.search_words import terms_in
from pipelines_portal.task_index.counts import Counts, open_counts
from pipelines_portal.task_index.models import STUCK_HOURS, TaskNote, TaskNotes, WorkflowIndex
from pipelines_portal.task_index.scanning import record_list
from pipelines_portal.tasks import texts
from pipelines_portal.tasks.attention import ATTENTION, merged_page
from pipelines_portal.tasks.conditions import ANYONE, PAGE_SIZES, Conditions
from pipelines_portal.tasks.filter_chips import (
    WORDS,
    Chip,
    Numbers,
    QueryBox,
    View,
    chips,
    counted_numbers,
    known_numbers,
    page_title,
    query_box,
    query_of,
    views,
)
from pipelines_portal.tasks.found_tasks import Asked, FoundPage, FoundTask, Scope, with_briefs
from pipelines_portal.tasks.list_rows import Columns, ListedTask, task_rows
from pipelines_portal.tasks.live_page import (
    WHILE_MOVING,
    WHILE_STILL,
    WHILE_UNFINISHED,
    LivePage,
    beside_shown,
    lately_created,
    seconds_between_looks,
    seen_of,
)
from pipelines_portal.tasks.pagination import Pagination
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import titles_of_workflows

# A list that nobody else looks at finds its own last page this old or older, and so reads the API at each refresh.
FRESH_FOR_A_REFRESH = WHILE_MOVING * 0.9
# For a person who opens the list, or comes back to it.
FRESH_FOR_A_LOOK = 2.0
# So many seconds, a list may show the same words for how long its tasks wait.
WAITS_ARE_WORDED_FOR = 300


# For people who look at the same lists.
@lru_cache(maxsize=32)
def _page_in(text: str) -> TaskPage:
    return TaskPage.model_validate_json(text)


@dataclass(frozen=True)
class TasksPage:
    """A page of the API's list, and when it was read. `lists` has the lists of a status that are a single page."""

    page: TaskPage
    read_at: datetime
    lists: dict[str, "TasksPage"] = field(default_factory=dict)

    def correct_counts(self, workflow: OpenedWorkflow, counts: Counts) -> bool:
        """Record the lists whose counts are older and differ. Return whether there are any."""
        wrong = {
            status: of_status
            for status, of_status in self.lists.items()
            if counts.read_at.get(status, of_status.read_at) < of_status.read_at
            and counts.listed[status] != len(of_status.page.tasks)
        }
        if wrong:
            index = WorkflowIndex.objects.get(workflow=workflow)
            for status, of_status in wrong.items():
                record_list(index, status, of_status.page, of_status.read_at)
        return bool(wrong)


def tasks_page(
    key: SavedKey,
    client: PipelinesClient,
    workflow_id: int,
    cursor: str,
    conditions: Conditions,
    *,
    is_refresh: bool = False,
    fresh_for: float = FRESH_FOR_A_LOOK,
) -> TasksPage:
    """Return the page, from the pooled answers or the API. The caller has checked access to the key."""
    read_at: list[datetime] = []
    lists: dict[str, TasksPage] = {}
    younger_than = FRESH_FOR_A_REFRESH if is_refresh else fresh_for

    def read(status: str, at: str) -> TaskPage:
        asked_for = {"status": status, "limit": conditions.limit}
        question = Question(key, workflow_id, f"tasks {at} {sorted(asked_for.items())}")
        fetched: list[TaskPage] = []

        def fetch() -> str:
            fetched.append(client.list_tasks(workflow_id, cursor=at, status=status, limit=conditions.limit))
            return fetched[0].model_dump_json()

        answer = pooled(question, fetch, younger_than=younger_than, is_refresh=is_refresh)
        read_at.append(answer.at)
        page = fetched[0] if fetched else _page_in(answer.text)
        if not at and not page.older_cursor:
            lists[status] = TasksPage(page, answer.at)
        return page

    def read_unnoted(status: str, at: str) -> TaskPage:
        page = read(status, at)
        of_workflow = TaskNote.objects.filter(workflow__key=key, workflow__workflow_id=workflow_id)
        notes = notes_of(page.tasks, of_workflow)
        return page.model_copy(update={"tasks": [task for task in page.tasks if task.id not in notes]})

    if conditions.status == ATTENTION:
        page = merged_page(cursor, conditions.limit, read_unnoted)
    else:
        page = read(conditions.status, cursor)
    return TasksPage(page, min(read_at, default=timezone.now()), lists)


def notes_of(tasks: list[Task], of_workflow: TaskNotes) -> dict[int, TaskNote]:
    """Return the notes that hold for these tasks, by the ids of the tasks."""
    notes = of_workflow.of_tasks([task.id for task in tasks])
    return {task.id: notes[task.id] for task in tasks if task.id in notes and notes[task.id].holds(task.status)}


class ListPage:
    """What all lists have in common: their place, and the words and addresses that follow from the conditions."""

    conditions: Conditions
    pagination: Pagination
    older_cursor: str
    numbers: Numbers
    shown: str
    # The name of the file of the import in question.
    import_name = ""
    # Why the list is not the API's own, although its conditions are: "" if it is, or if they are not.
    away = ""
    is_of_portal = False
    # After so many hours without a change, a task counts as stuck.
    stuck_hours = STUCK_HOURS

    @property
    def status(self) -> str:
        return self.conditions.status

    @property
    def is_first(self) -> bool:
        return not self.pagination.cursor

    @property
    def chips(self) -> tuple[Chip, ...]:
        return chips(self.conditions, self.numbers)

    @property
    def attention_chip(self) -> Chip:
        return next(chip for chip in self.chips if chip.status == ATTENTION)

    @property
    def views(self) -> list[View]:
        return views(self.conditions, self.stuck_hours)

    @property
    def box(self) -> QueryBox:
        return query_box(self.conditions, self.import_name)

    @property
    def status_word(self) -> str:
        current = next((view.word for view in self.views if view.is_current), "")
        if self.status or current:
            return current or WORDS[self.status]
        return texts.ALL_TASKS if self.conditions.is_plain else texts.FILTERED

    @property
    def title(self) -> str:
        return page_title(self.conditions, self.pagination, self.numbers)

    @property
    def sizes(self) -> list[tuple[str, str, bool]]:
        return [
            (str(size), query_of(self.conditions.but(limit=size)), size == self.conditions.limit) for size in PAGE_SIZES
        ]

    # Addresses

    def _address(self, pagination: Pagination, **more: str | int) -> str:
        return pagination.query(**(self.conditions.as_query() | more))

    @cached_property
    def here(self) -> str:
        return self._address(self.pagination)

    @property
    def to_correct(self) -> dict[str, str]:
        """What a refresh adds to the address, so that conditions with errors stay in the query box."""
        return {"q": self.box.words} if self.conditions.errors else {}

    @property
    def exported(self) -> list[tuple[str, str | int]]:
        """What the form of the export posts."""
        return list(self.conditions.as_query().items())

    @property
    def all_tasks(self) -> str:
        """The query of the list without conditions."""
        return query_of(Conditions(limit=self.conditions.limit))

    @property
    def older(self) -> str:
        return self._address(self.pagination.to_older(self.older_cursor)) if self.older_cursor else ""

    @property
    def newer(self) -> str:
        return "" if self.is_first else self._address(self.pagination.to_newer())

    @property
    def tail(self) -> str:
        """The query of a task's page. It has that of the list, unless it is the list that a workflow opens with."""
        return "" if self.is_first and self.conditions == Conditions() else f"?from={quote(self.here[1:], safe='')}"


def has_several_senders(briefs: list[Brief | None], reader: User) -> bool:
    """Return False if all of the tasks are one person's, or if all senders that are known are the reader."""
    senders = {brief.by for brief in briefs if brief}
    return len(senders) > 1 or (bool(senders) and None in briefs and senders != {str(reader)})


@dataclass(frozen=True)
class TaskList(ListPage):
    """A page of the API's list of a workflow's tasks.

    A page that refreshes itself (`is_refresh`) says in `shown` which tasks it shows.
    """

    workflow: OpenedWorkflow
    reader: User
    read: TasksPage
    conditions: Conditions
    pagination: Pagination
    is_refresh: bool = False
    shown: str = ""

    @property
    def read_at(self) -> datetime:
        return self.read.read_at

    @property
    def older_cursor(self) -> str:  # type: ignore[override]
        return self.read.page.older_cursor or ""

    @cached_property
    def live(self) -> LivePage:
        shown = self.shown if self.is_first and self.is_refresh else ""
        return beside_shown(self.read.page.tasks, shown, has_older=bool(self.older_cursor))

    @property
    def is_empty(self) -> bool:
        return not self.live.tasks

    @cached_property
    def counts(self) -> Counts | None:
        return open_counts(self.workflow)

    @property
    def stuck_hours(self) -> int:  # type: ignore[override]
        return self.counts.stuck_hours if self.counts else STUCK_HOURS

    @property
    def counted_at(self) -> datetime | None:
        return self.counts.updated() if self.counts else None

    @cached_property
    def notes(self) -> dict[int, TaskNote]:
        """Return the notes of the page's tasks. Tasks with a note do not appear among those that need attention."""
        if self.status == ATTENTION or (self.counts and not self.counts.has_notes):
            return {}
        return notes_of(self.read.page.tasks, TaskNote.objects.filter(workflow=self.workflow))

    @cached_property
    def numbers(self) -> Numbers:  # type: ignore[override]
        return known_numbers(self.read.page, self.conditions, self.notes, is_first=self.is_first, counts=self.counts)

    @cached_property
    def briefs(self) -> dict[int, Brief]:
        """Who sent the tasks, and what."""
        created: dict[int, datetime | None] = {task.id: task.created_at for task in self.live.tasks}
        return briefs_of_tasks(self.reader, self.workflow.key, self.workflow.workflow_id, created)

    @cached_property
    def columns(self) -> Columns:
        briefs = [self.briefs.get(task.id) for task in self.live.tasks]
        medians = self.counts.step_medians if self.counts else []
        senders = has_several_senders(briefs, self.reader)
        return Columns(choice=self.reader.may_send, senders=senders, medians=medians)

    @property
    def with_values(self) -> int:
        """How many of the tasks show what was sent."""
        briefs = (self.briefs.get(task.id) for task in self.live.tasks)
        return sum(bool(brief and brief.fields) for brief in briefs)

    @property
    def only_with_values(self) -> str:
        return query_of(self.conditions.but(sent=ANYONE))

    @property
    def rows(self) -> SafeString:
        place, telling_field = (self.workflow.key_id, self.workflow.workflow_id), self.workflow.telling_field
        tail, briefs, notes = self.tail, self.briefs, self.notes
        listed = (
            ListedTask(
                FoundTask(*place, task, brief=briefs.get(task.id)), f"{task.id}/{tail}", telling_field,
                notes.get(task.id),
            )
            for task in self.live.tasks
        )  # fmt: skip
        return task_rows(listed, self.columns)

    # Refreshing

    @property
    def poll(self) -> str:
        shown = self.live.shown if self.is_first else ""
        return self._address(self.pagination, seen=self.seen, shown=shown, **self.to_correct)

    @cached_property
    def seconds_until_refresh(self) -> int:
        return seconds_between_looks(self.read.page.tasks, timezone.now())

    @property
    def every(self) -> str:
        """The interval of the refresh, or "" for a page that does not refresh itself. The first page always does."""
        is_live = self.is_first or self.seconds_until_refresh < WHILE_STILL
        return f"{self.seconds_until_refresh}s" if self.reader.reads_live and is_live else ""

    @cached_property
    def seen(self) -> str:
        """A digest of everything that the page shows."""
        has_older = bool(self.older_cursor)
        notes = sorted((task_id, note.words) for task_id, note in self.notes.items())
        # The waits of open tasks without values grow.
        waits = int(time.time() // WAITS_ARE_WORDED_FOR) if any(task.is_open for task in self.live.tasks) else 0
        named = self._named_lately()
        return seen_of(self.live, self.seconds_until_refresh, has_older, self.numbers, notes, named, waits)

    def _named_lately(self) -> list[int]:
        """Return the new tasks whose sender is known. The refresh of a list without new tasks needs no query."""
        new = lately_created(self.live.tasks, timezone.now())
        if not self.is_refresh:
            return sorted(task_id for task_id in new if task_id in self.briefs)
        return sent_from_here(self.workflow.key, self.workflow.workflow_id, new) if new else []


@dataclass(frozen=True)
class FoundList(ListPage):
    """A page of a list from the index and from what was sent.

    `away` says that Pipelines does not answer. `with_id` is the task whose ID is the number that was asked for.
    """

    scope: Scope
    asked: Asked
    page: FoundPage
    pagination: Pagination
    away: str = ""
    with_id: FoundTask | None = None
    is_refresh: bool = False
    shown: str = ""
    is_of_portal = True

    @property
    def stuck_hours(self) -> int:  # type: ignore[override]
        return self.scope.index.stuck_hours if self.scope.index else STUCK_HOURS

    @property
    def conditions(self) -> Conditions:  # type: ignore[override]
        return self.asked.conditions

    @property
    def import_name(self) -> str:  # type: ignore[override]
        return self.asked.import_name

    @property
    def older_cursor(self) -> str:  # type: ignore[override]
        return self.page.next_cursor

    @cached_property
    def live(self) -> LivePage:
        """The tasks of the page. New ones wait above it until the person asks for them, except in a search."""
        is_refresh = self.is_refresh and self.is_first and not self.conditions.words
        tasks = [one.task for one in self.page.tasks if one.task]
        return beside_shown(tasks, self.shown if is_refresh else "", has_older=bool(self.older_cursor))

    @cached_property
    def listed(self) -> list[FoundTask]:
        """The task with the ID, then the others."""
        shown = {task.id for task in self.live.tasks}
        tasks = [one for one in self.page.tasks if one.task is None or one.task.id in shown]
        if self.with_id and self.with_id.task:
            tasks = [self.with_id, *(one for one in tasks if one.place != self.with_id.place)]
        return with_briefs(self.scope, tasks)

    @property
    def is_empty(self) -> bool:
        return not self.listed

    @property
    def counted(self) -> str:
        """What the rows are, one and several: with words, some may have become no task."""
        return "result,results" if self.conditions.words else "task,tasks"

    @property
    def is_whole(self) -> bool:
        """Whether the page has all there is."""
        return self.is_first and not self.older_cursor

    @cached_property
    def counts(self) -> Counts | None:
        return open_counts(self.scope.workflow) if self.scope.workflow else None

    @cached_property
    def numbers(self) -> Numbers:  # type: ignore[override]
        return counted_numbers(self.counts) if self.counts else {}

    # The line above the list says how new it is.
    counted_at = None

    @property
    def read_at(self) -> datetime | None:
        """When the index last read tasks."""
        index = self.scope.index
        return max(filter(None, (index.open_as_of, index.newest_as_of)), default=None) if index else None

    @property
    def read_back_to(self) -> datetime | None:
        """The time from which on all tasks are known; None if all of them are, or if only sent ones are meant."""
        index = self.scope.index
        is_all = index is None or index.is_backfilled or self.conditions.is_of_sent or bool(self.status)
        return None if is_all or index is None else index.backfilled_to

    @cached_property
    def notes(self) -> dict[int, TaskNote]:
        workflow = self.scope.workflow
        if workflow is None or (self.counts and not self.counts.has_notes):
            return {}
        return notes_of([one.task for one in self.listed if one.task], TaskNote.objects.filter(workflow=workflow))

    @cached_property
    def columns(self) -> Columns:
        is_everywhere = self.scope.workflow is None
        return Columns(
            choice=self.scope.reader.may_send and not is_everywhere,
            senders=has_several_senders([one.brief for one in self.listed], self.scope.reader),
            numbers=bool(self.asked.group),
            workflows=is_everywhere,
            terms=terms_in(self.conditions.words),
        )

    @property
    def rows(self) -> SafeString:
        names = {(one.key_id, one.workflow_id): one for one in self.scope.indexes.values()}
        if workflow := self.scope.workflow:
            names[workflow.key_id, workflow.workflow_id] = workflow
        shown = {names[one.place[:2]].pk for one in self.listed if one.place[:2] in names}
        titles = titles_of_workflows(shown) if self.columns.terms else {}
        return task_rows((self._listed_task(one, names, titles) for one in self.listed), self.columns)

    def _listed_task(
        self, one: FoundTask, names: dict[tuple[int, int], OpenedWorkflow], titles: dict[int, dict[str, str]]
    ) -> ListedTask:
        workflow = names.get((one.key_id or 0, one.workflow_id))
        if self.scope.workflow and one.task:
            address = f"{one.task.id}/{self.tail}"
        elif one.task and one.key_id:
            address = reverse("tasks:detail", args=[one.key_id, one.workflow_id, one.task.id])
        else:
            address = reverse("submissions:detail", args=[one.row.submission_id]) if one.row else ""
        name = workflow.name if workflow else one.row.submission.workflow_name if one.row else ""
        note = self._note_of(one, workflow)
        of_fields = titles.get(workflow.pk, {}) if workflow else {}
        return ListedTask(one, address, workflow.telling_field if workflow else "", note, name, of_fields)

    def _note_of(self, one: FoundTask, workflow: OpenedWorkflow | None) -> TaskNote | None:
        if one.task is None:
            return None
        if self.scope.workflow:
            return self.notes.get(one.task.id)
        note = self._notes_everywhere.get((workflow.pk, one.task.id)) if workflow else None
        return note if note and note.holds(one.task.status) else None

    @cached_property
    def _notes_everywhere(self) -> dict[tuple[int, int], TaskNote]:
        """The notes of a list of several workflows, by the ids of the workflow and the task."""
        task_ids = [one.task.id for one in self.listed if one.task]
        places = {(one.key_id, one.workflow_id) for one in self.listed}
        workflows = [one.pk for one in self.scope.indexes.values() if (one.key_id, one.workflow_id) in places]
        notes = TaskNote.objects.filter(workflow__in=workflows, task_id__in=task_ids) if task_ids else ()
        return {(note.workflow_id, note.task_id): note for note in notes}

    # Refreshing

    @property
    def every(self) -> str:
        is_live = self.scope.workflow and not self.conditions.words and (self.is_first or self.away)
        return f"{WHILE_UNFINISHED}s" if is_live and self.scope.reader.reads_live else ""

    @property
    def poll(self) -> str:
        if self.away:
            return self._address(self.pagination, known=1, **self.to_correct)
        return self._address(self.pagination, seen=self.seen, shown=self.live.shown, **self.to_correct)

    @cached_property
    def seen(self) -> str:
        notes = sorted((task_id, note.words) for task_id, note in self.notes.items())
        return seen_of(self.live, bool(self.older_cursor), self.numbers, notes)
