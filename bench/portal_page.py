"""What a page of the portal costs in processor time, in one process with Django's test client and an API in memory.

A person leads a team that shares keys, opened 60 workflows, and sent 60 tasks. No socket, child process or thread takes
part, so that CPU time tells apart what wall time on a busy machine does not. Prints milliseconds for each page.
Claim, with `--against COMMIT`: each page here over the same page of that commit, asked in turns    at most 1.05
BENCH_ROUNDS is the number of turns, BENCH_REQUESTS how often each page is asked in one.
"""

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

from shared.measuring import size
from shared.versions import Round, run_versions

ROUNDS, REQUESTS, LIMIT = size("BENCH_ROUNDS", 30), size("BENCH_REQUESTS", 10), 1.05
WORKFLOWS, INDEXED, TASKS, SENT, FIRST = 60, 12, 50, 60, 42
FIELDS = [
    {"name": "input_text", "title": "Text", "type": "long_text", "required": True},
    {"name": "target_language", "title": "Language", "type": "select", "required": True, "options": ["French", "Thai"]},
]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
FIELD = re.compile(r'name="([^"]*(?:input_text|target_language)[^"]*)"')
OLD = "2026-01-05T10:00:00Z"
REFRESH = {"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "task-page"}
Page = Callable[[], Any]


class Api:
    """The API in memory: every workflow has the same fields and 50 tasks; a POST creates the next one."""

    def __init__(self) -> None:
        self.newest = 1000

    def answer(self, method: str, path: str, body: Any) -> Any:
        if path.endswith("/schema"):
            return {"fields": FIELDS, "has_only_file_upload_fields": False, "has_file_upload_fields": False}
        if method == "POST":
            count = bytes(body).count(b'{"fields":') if isinstance(body, (bytes, bytearray)) else 1
            first, self.newest = self.newest + 1, self.newest + count
            task_ids = list(range(first, self.newest + 1))
            return {"success_count": count, "error_count": 0, "errors": [], "task_ids": task_ids}
        if path.endswith("/tasks"):
            tasks = [task(number) for number in range(self.newest, self.newest - TASKS, -1)]
            return {"tasks": tasks, "next_cursor": "b2xk", "has_more": True}
        if path == "/openapi.json":
            return {"paths": {}}
        number = int(path.rpartition("/")[2])
        return task(number) if "/tasks/" in path else {"id": number, "name": f"Workflow {number}", "status": "ACTIVE"}


def task(number: int) -> dict[str, Any]:
    nodes = {"total": 5, "finished": 2, "in_progress": 1, "pending": 2}
    return {"id": number, "status": "in_progress", "node_summary": nodes, "created_at": OLD, "updated_at": OLD}


@contextmanager
def prepare(folder: Path) -> Iterator[Round]:
    pages = start(folder)
    for open_page in pages.values():
        open_page()
    yield lambda: {name: milliseconds(open_page) for name, open_page in pages.items()}


def milliseconds(open_page: Page) -> float:
    """Return the mean of requests at several depths of the stack.

    CPython 3.11 allocates frames in chunks: a loop whose calls cross the border of one costs up to twice as much. Where
    the border lies depends on the depth alone, so at a single depth a page could be slow by chance.
    """
    began = time.process_time()
    for number in range(REQUESTS):
        at_depth(number * 7, open_page)
    return (time.process_time() - began) / REQUESTS * 1000


def at_depth(depth: int, open_page: Page) -> None:
    if depth:
        at_depth(depth - 1, open_page)
    else:
        open_page()


def start(folder: Path) -> dict[str, Page]:
    """Set up the portal of the checkout in which this runs. Return its pages by name."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    database = os.environ.get("BENCH_DATABASE_URL", "")
    os.environ |= {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings.portal"}
    os.environ |= {"PIPELINES_API_URL": "http://api.example/api/v1"} | ({"DATABASE_URL": database} if database else {})
    import django

    django.setup()
    logging.disable(logging.WARNING)
    from django.core.management import call_command

    with redirect_stdout(sys.stderr):
        call_command("prepare")
    from pipelines_portal.api_client import Transport
    from pipelines_portal.api_client.transport import ApiResponse

    api = Api()

    def send(self: Any, method: str, path: str, *, body: Any = None, **more: Any) -> Any:
        self.state = "up"
        return ApiResponse(200, api.answer(method, path, body))

    Transport.send = send  # type: ignore[method-assign]
    return make_pages(*make_office())


def make_office() -> tuple[Any, Any]:
    """Make people, a team, keys, workflows and an index. Return the person and the key whose pages are measured."""
    from django.utils import timezone

    from pipelines_portal.accounts.models import Membership, Team, User
    from pipelines_portal.api_client import Task
    from pipelines_portal.keys.models import KeyShare, SavedKey, fingerprint
    from pipelines_portal.notifications.models import Notification
    from pipelines_portal.task_index.models import WorkflowIndex
    from pipelines_portal.task_index.recording import record_tasks
    from pipelines_portal.workflows.models import OpenedWorkflow

    people = [User.objects.create_user(f"person{number}@acme.example") for number in range(30)]
    team = Team.objects.create(name="Intake")
    for person in people:
        Membership.objects.create(team=team, user=person, is_lead=person == people[0])
    keys = []
    for number in range(12):
        text = f"pk_live_{number:040x}"
        key = SavedKey(owner=people[number % 3], name=f"Key {number:02}", fingerprint=fingerprint(text))
        key.encrypt(text)
        key.save()
        KeyShare.objects.create(key=key, shared_by=key.owner, team=team)
        keys.append(key)
    now = timezone.now()
    for number in range(FIRST, FIRST + WORKFLOWS):
        opened = OpenedWorkflow.objects.create(
            key=keys[0], workflow_id=number, name=f"Workflow {number}", status="ACTIVE"
        )
        if number < FIRST + INDEXED:
            index = WorkflowIndex.objects.start(opened)
            record_tasks(index, [Task.model_validate(task(one)) for one in range(900, 1000)], now)
            names = {field.name for field in index._meta.fields}
            read = dict.fromkeys({"open_as_of", "failed_as_of", "ends_as_of", "newest_as_of"} & names, now)
            type(index).objects.filter(pk=index.pk).update(**read)
    for number in range(20):
        Notification.objects.create(person=people[0], kind="key", subject=str(number), title="Key", address="/")
    return people[0], keys[0]


def make_pages(person: Any, key: Any) -> dict[str, Page]:
    from django.test import Client

    browser = Client(SERVER_NAME="localhost")
    browser.force_login(person)
    place = f"/keys/{key.pk}/workflows/{FIRST}"

    def get(path: str, **headers: str) -> str:
        answer = browser.get(path, headers=headers or None)
        assert answer.status_code in (200, 204), (path, answer.status_code, answer.content[:300])
        return answer.content.decode()

    def post(form: str) -> None:
        values = dict(HIDDEN.findall(form.partition('id="task-form"')[2]))
        post.count += 1  # type: ignore[attr-defined]
        for name in FIELD.findall(form):
            values[name] = f"Text {post.count}" if "input_text" in name else "French"  # type: ignore[attr-defined]
        answer = browser.post(f"{place}/tasks/new/", values | {"then": "list"})
        assert answer.status_code == 302, (answer.status_code, answer.content[:300])

    post.count = 0  # type: ignore[attr-defined]

    def create() -> None:
        post(get(f"{place}/tasks/new/"))

    def get_older() -> None:
        """A page of the list that nobody has read."""
        post.count += 1  # type: ignore[attr-defined]
        get(f"{place}/tasks/?cursor=c{post.count}")  # type: ignore[attr-defined]

    def get_other() -> None:
        """The list of another workflow than that of the page before."""
        get(f"/keys/{key.pk}/workflows/{FIRST + 1}/tasks/")
        get(f"{place}/tasks/")

    for _ in range(SENT):
        create()
    paths = {
        "home": "/", "list": f"{place}/tasks/", "one task": f"{place}/tasks/990/", "form": f"{place}/tasks/new/",
        "overview": f"{place}/overview/", "workflows": f"/keys/{key.pk}/workflows/", "submissions": "/submissions/",
        "keys": "/keys/", "one key": f"/keys/{key.pk}/", "notifications": "/notifications/", "teams": "/people/teams/",
        "search": "/search/?q=Text",
    }  # fmt: skip
    pages: dict[str, Page] = {name: partial(get, path) for name, path in paths.items()}
    return pages | {
        "list, refreshed": partial(get, paths["list"], **REFRESH), "form and create": create,
        "list, older": get_older, "lists of two workflows": get_other,
    }  # fmt: skip


def measure(folder: Path) -> Iterator[bool]:
    if "--against" in sys.argv:
        return
    with prepare(folder) as run_round:
        rounds = [run_round() for _ in range(ROUNDS)]
    for name in rounds[0]:
        print(f"{name}: {min(figures[name] for figures in rounds):.1f} ms")
    yield True


if __name__ == "__main__":
    run_versions(measure, prepare, ROUNDS, LIMIT)
