"""The list of a workflow's tasks: a page of it, read once for everybody who looks at the same one with the same key."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from urllib.parse import quote

from django.utils import timezone
from django.utils.safestring import SafeString

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient, Task, TaskPage
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.pooled_answers import Question, pooled
from pipelines_portal.submissions.origin import Brief, briefs_of_tasks, sent_from_here
from pipelines_portal.task_index.counts import Counts, open_counts
from pipelines_portal.task_index.models import TaskNote, TaskNotes
from pipelines_portal.tasks.attention import ATTENTION, merged_page
from pipelines_portal.tasks.filter_chips import WORDS, Chip, Numbers, chips, known_numbers, page_title
from pipelines_portal.tasks.forms import DEFAULT_SIZE, PAGE_SIZES, Filters
from pipelines_portal.tasks.list_rows import task_rows
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

# A list that nobody else looks at finds its own last page this old or older, and so reads the API at each refresh.
FRESH_FOR_A_REFRESH = WHILE_MOVING * 0.9
# For a person who opens the list, or comes back to it.
FRESH_FOR_A_LOOK = 2.0


# For people who look at the same lists.
@lru_cache(maxsize=32)
def _page_in(text: str) -> TaskPage:
    return TaskPage.model_validate_json(text)


@dataclass(frozen=True)
class TasksPage:
    """A page of the list, and when it was read: from the API or, with `is_known`, from the index."""

    page: TaskPage
    read_at: datetime
    is_known: bool = False


def tasks_page(
    key: SavedKey,
    client: PipelinesClient,
    workflow_id: int,
    cursor: str,
    filters: Filters,
    *,
    is_refresh: bool = False,
    fresh_for: float = FRESH_FOR_A_LOOK,
) -> TasksPage:
    """Return the page, from the pooled answers or the API. The caller has checked access to the key."""
    read_at: list[datetime] = []
    younger_than = FRESH_FOR_A_REFRESH if is_refresh else fresh_for

    def read(status: str, at: str) -> TaskPage:
        asked_for: Filters = {**filters, "status": status}
        question = Question(key, workflow_id, f"tasks {at} {sorted(asked_for.items())}")
        fetched: list[TaskPage] = []

        def fetch() -> str:
            fetched.append(client.list_tasks(workflow_id, cursor=at, **asked_for))
            return fetched[0].model_dump_json()

        answer = pooled(question, fetch, younger_than=younger_than, is_refresh=is_refresh)
        read_at.append(answer.at)
        return fetched[0] if fetched else _page_in(answer.text)

    def read_unnoted(status: str, at: str) -> TaskPage:
        page = read(status, at)
        of_workflow = TaskNote.objects.filter(workflow__key=key, workflow__workflow_id=workflow_id)
        notes = notes_of(page.tasks, of_workflow)
        return page.model_copy(update={"tasks": [task for task in page.tasks if task.id not in notes]})

    if filters["status"] == ATTENTION:
        page = merged_page(cursor, filters["limit"], read_unnoted)
    else:
        page = read(filters["status"], cursor)
    return TasksPage(page, min(read_at, default=timezone.now()))


def notes_of(tasks: list[Task], of_workflow: TaskNotes) -> dict[int, TaskNote]:
    """Return the notes that hold for these tasks, by the ids of the tasks."""
    notes = of_workflow.of_tasks([task.id for task in tasks])
    return {task.id: notes[task.id] for task in tasks if task.id in notes and notes[task.id].holds(task.status)}


@dataclass(frozen=True)
class TaskList:
    """A page of a workflow's tasks as the template prints it.

    A page that refreshes itself (`is_refresh`) says in `shown` which tasks it shows.
    """

    workflow: OpenedWorkflow
    reader: User
    read: TasksPage
    filters: Filters
    pagination: Pagination
    is_refresh: bool = False
    shown: str = ""

    @property
    def status(self) -> str:
        return self.filters["status"]

    @property
    def is_first(self) -> bool:
        return not self.pagination.cursor

    @cached_property
    def live(self) -> LivePage:
        shown = self.shown if self.is_first and self.is_refresh else ""
        return beside_shown(self.read.page.tasks, shown, has_older=bool(self.read.page.older_cursor))

    @cached_property
    def counts(self) -> Counts | None:
        return open_counts(self.workflow)

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
    def numbers(self) -> Numbers:
        return known_numbers(self.read.page, self.filters, self.notes, is_first=self.is_first, counts=self.counts)

    @property
    def chips(self) -> tuple[Chip, ...]:
        return chips(self.filters, self.numbers)

    @property
    def title(self) -> str:
        return page_title(self.filters, self.pagination, self.numbers)

    @property
    def sizes(self) -> list[tuple[str, bool]]:
        return [(str(size), size == self.filters["limit"]) for size in PAGE_SIZES]

    @cached_property
    def briefs(self) -> dict[int, Brief]:
        """Who sent the tasks, and what."""
        ids = [task.id for task in self.live.tasks]
        return briefs_of_tasks(self.reader, self.workflow.key, self.workflow.workflow_id, ids)

    @property
    def rows(self) -> SafeString:
        # Links carry the query of the list, unless it is the list that a workflow opens with.
        is_plain = self.is_first and self.filters == {"status": "", "limit": DEFAULT_SIZE}
        tail = "" if is_plain else f"?from={quote(self.here[1:], safe='')}"
        return task_rows(
            self.live.tasks, self.briefs, self.notes, self.workflow.telling_field, tail,
            has_choice=self.reader.may_send, has_senders=self.has_senders,
        )  # fmt: skip

    @cached_property
    def has_senders(self) -> bool:
        """True if others than the reader sent some of the tasks."""
        return any(brief.by != str(self.reader) for brief in self.briefs.values())

    @property
    def status_word(self) -> str:
        return WORDS[self.status] if self.status else "All tasks"

    @property
    def attention_chip(self) -> Chip:
        return next(chip for chip in self.chips if chip.status == ATTENTION)

    @property
    def all_tasks(self) -> str:
        """The query of the list without a status."""
        return self.chips[0].query

    # Addresses

    @cached_property
    def here(self) -> str:
        return self.pagination.query(**self.filters)

    @property
    def older(self) -> str:
        cursor = self.read.page.older_cursor
        return self.pagination.to_older(cursor).query(**self.filters) if cursor else ""

    @property
    def newer(self) -> str:
        return "" if self.is_first else self.pagination.to_newer().query(**self.filters)

    @property
    def poll(self) -> str:
        if self.read.is_known:
            return self.pagination.query(**self.filters, known=1)
        shown = self.live.shown if self.is_first else ""
        return self.pagination.query(**self.filters, seen=self.seen, shown=shown)

    # Refreshing

    @cached_property
    def seconds_until_refresh(self) -> int:
        return seconds_between_looks(self.read.page.tasks, timezone.now())

    @property
    def every(self) -> str:
        """The interval of the refresh, or "" for a page that does not refresh itself. The first page always does."""
        if self.read.is_known:
            return f"{WHILE_UNFINISHED}s" if self.reader.reads_live else ""
        is_live = self.is_first or self.seconds_until_refresh < WHILE_STILL
        return f"{self.seconds_until_refresh}s" if self.reader.reads_live and is_live else ""

    @cached_property
    def seen(self) -> str:
        """A digest of everything that the page shows."""
        has_older = bool(self.read.page.older_cursor)
        notes = sorted((task_id, note.words) for task_id, note in self.notes.items())
        return seen_of(self.live, self.seconds_until_refresh, has_older, self.numbers, notes, self._named_lately())

    def _named_lately(self) -> list[int]:
        """Return the new tasks whose sender is known. The refresh of a list without new tasks needs no query."""
        new = lately_created(self.live.tasks, timezone.now())
        if not self.is_refresh:
            return sorted(task_id for task_id in new if task_id in self.briefs)
        return sent_from_here(self.workflow.key, self.workflow.workflow_id, new) if new else []
