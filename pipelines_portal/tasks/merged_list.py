"""Tasks that need attention, of several statuses, as one list, newest first.

The API filters by one status, and its cursors lead from page to page only. So one list of each status is read side by
side. A place in all of them is their cursors and the last task that was shown. A page ends where one of the lists was
not read on, because what follows is not known. It may hold fewer tasks than were requested.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass

from pipelines_portal.api_client import InvalidRequest, Task, TaskPage
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION

ATTENTION = "attention"
ReadOne = Callable[[str, str], TaskPage]
# So many pages without a task are passed over where more is said to be behind them.
MOST_EMPTY = 5


@dataclass(frozen=True)
class ListPosition:
    """A place in the merged list.

    For each status it has a cursor: "" for the first page, None at its end. Tasks from the ID `before` on were shown.
    """

    cursors: tuple[str | None, ...] = ("",) * len(NEEDS_ATTENTION)
    before: int = LARGEST_ID + 1

    @classmethod
    def of(cls, cursor: str) -> "ListPosition":
        """Read a cursor. Raise InvalidRequest if no page can have had it."""
        if not cursor:
            return cls()
        try:
            *cursors, before = json.loads(base64.urlsafe_b64decode(cursor))
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise no_such_page() from None
        are_cursors = len(cursors) == len(NEEDS_ATTENTION) and all(
            each is None or isinstance(each, str) for each in cursors
        )
        if not are_cursors or type(before) is not int:
            raise no_such_page()
        return cls(tuple(cursors), before)

    @property
    def cursor(self) -> str | None:
        """The cursor of this place, or None at the end."""
        if self.cursors == (None,) * len(NEEDS_ATTENTION):
            return None
        return base64.urlsafe_b64encode(json.dumps([*self.cursors, self.before]).encode()).decode()


def merged_page(cursor: str, limit: int, read: ReadOne) -> TaskPage:
    """Return the page at `cursor`, merged from one page of each status."""
    place = ListPosition.of(cursor)
    found = [_with_tasks(name, at, read) for name, at in zip(NEEDS_ATTENTION, place.cursors, strict=True)]
    tasks = _newest([page for page, _ in found if page], place.before)[:limit]
    before = tasks[-1].id if tasks else place.before
    cursors = tuple(_cursor_after(page, at, before) for page, at in found)
    unreadable = [task_id for page, _ in found if page for task_id in page.unreadable_ids]
    next_cursor = ListPosition(cursors, before).cursor
    return TaskPage.model_construct(tasks=tasks, next_cursor=next_cursor, has_more=None, unreadable_ids=unreadable)


def _with_tasks(status: str, cursor: str | None, read: ReadOne) -> tuple[TaskPage | None, str | None]:
    """Return the page at `cursor`, or the first one behind it that holds a task, and its own cursor."""
    page = None if cursor is None else read(status, cursor)
    for _ in range(MOST_EMPTY):
        if page is None or page.tasks or not page.older_cursor:
            break
        cursor = page.older_cursor
        page = read(status, cursor)
    return page, cursor


def _newest(pages: list[TaskPage], before: int) -> list[Task]:
    """Return the tasks down to where the lists are complete. A task that changed its status in between appears once."""
    known_down_to = max((_lowest(page) for page in pages if page.older_cursor), default=0)
    found = {task.id: task for page in pages for task in page.tasks if known_down_to <= task.id < before}
    return [found[number] for number in sorted(found, reverse=True)]


def _lowest(page: TaskPage) -> int:
    """Return the lowest ID; of a page without tasks, a number above all IDs."""
    return min((task.id for task in page.tasks), default=LARGEST_ID + 1)


def _cursor_after(page: TaskPage | None, cursor: str | None, before: int) -> str | None:
    """Return where a status goes on: at the same page, as long as it holds tasks that were not shown."""
    if page is None:
        return None
    return cursor if any(task.id < before for task in page.tasks) else page.older_cursor


def no_such_page() -> InvalidRequest:
    return InvalidRequest(400, "invalid_request", "This page of the list does not exist.")
