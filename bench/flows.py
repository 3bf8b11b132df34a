"""Count our files, calls and statements of five flows: the form, the list, a cell, rows of the grid, an import.

The portal runs in this process, with an API in memory. A file counts if one of its functions was called. The statements
of the session and savepoints do not count, and a bulk write counts once. Claims:

  create a task from the form, POST to redirect    at most 12 statements
  show the list, read from the API                 at most 10 statements
  show the list, pooled                            at most 6 statements
  save one cell of the grid                        at most 20 statements
  create 21 rows from the grid                     at most 28 statements
  send one request of an import of 5,000 rows      at most 44 statements
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from portal_page import FIELD, FIRST, HIDDEN, start
from shared.measuring import claim
from shared.programs import PROJECT, run_bench

PACKAGE = f"{PROJECT}/pipelines_portal/"
ROWS = 5_000
# More rows of the grid than are sent before the page answers.
TYPED = 21
UNCOUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
SESSION = "session_data"


class Trace:
    """The files, calls and statements of one flow."""

    def __init__(self, call: Callable[[], Any]) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self.files: dict[str, int] = {}
        with CaptureQueriesContext(connection) as captured:
            sys.setprofile(self._note)
            try:
                call()
            finally:
                sys.setprofile(None)
        statements = [query["sql"] for query in captured.captured_queries]
        self.statements = [sql for sql in statements if not sql.startswith(UNCOUNTED) and SESSION not in sql]

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(PACKAGE) and frame.f_code.co_name != "<module>":
            name = path.removeprefix(PACKAGE)
            self.files[name] = self.files.get(name, 0) + 1

    def print(self, name: str) -> None:
        print(
            f"\n{name}: {len(self.files)} files, {sum(self.files.values()):,} calls, {len(self.statements)} statements"
        )
        by_app: dict[str, list[str]] = {}
        for path in self.files:
            app, _, rest = path.partition("/")
            by_app.setdefault(app, []).append(rest)
        for app, names in by_app.items():
            print(f"  {app}: {' '.join(names)}")
        if "--statements" in sys.argv:
            print(*(f"  {sql[:200]}" for sql in self.statements), sep="\n")


def flows(folder: Path) -> Iterator[tuple[str, Callable[[], Any], int]]:
    """Yield name, call and most statements of each flow. Each is prepared when the one before is done."""
    start(folder)
    from django.test import Client
    from django.utils import timezone

    from pipelines_portal.accounts.models import User
    from pipelines_portal.entry.models import Sheet
    from pipelines_portal.worker.schedule import LOOPS

    browser = Client(SERVER_NAME="localhost")
    browser.force_login(User.objects.order_by("pk")[0])
    place = f"/keys/1/workflows/{FIRST}"

    def get(path: str) -> str:
        return expect(browser.get(path), 200)

    def expect(answer: Any, status: int) -> str:
        assert answer.status_code == status, (answer.status_code, answer.content[:500])
        return str(answer.content.decode())

    form = get(f"{place}/tasks/new/").partition('id="task-form"')[2]
    values = dict(HIDDEN.findall(form)) | {"then": "list"}
    values |= {name: "Text" if "input_text" in name else "French" for name in FIELD.findall(form)}
    yield "Create a task from the form", lambda: expect(browser.post(f"{place}/tasks/new/", values), 302), 12
    yield "Show the list, read from the API", lambda: get(f"{place}/tasks/?cursor=b2xk"), 10
    yield "Show the list, pooled", lambda: get(f"{place}/tasks/?cursor=b2xk"), 6

    json_type = "application/json"
    languages = [{"input_text": ["", f"Typed {number}"], "target_language": ["", "French"]} for number in range(TYPED)]
    new = [{"number": number, "new": True, "cells": cells} for number, cells in enumerate(languages, 1)]
    expect(browser.post(f"{place}/sheets/new/cells/", json.dumps({"rows": new}), json_type), 200)
    typed = Sheet.objects.get(size_bytes=0).pk
    grid = f"/sheets/{typed}/grid"
    changed = json.dumps(
        {"import": str(typed), "rows": [{"number": 2, "cells": {"input_text": ["Typed 1", "Another text"]}}]}
    )
    yield "Save one cell of the grid", lambda: expect(browser.post(f"{grid}/cells/", changed, json_type), 200), 20

    shown = re.findall(r'data-number="(\d+)"\s+data-ready="(\w+)"', get(f"{grid}/"))
    ready = ",".join(f"{number}:{digest}" for number, digest in shown)
    assert len(shown) == TYPED
    yield (
        f"Create {TYPED} rows from the grid",
        lambda: expect(browser.post(f"{grid}/create/", {"rows": ready, "import": typed}), 200),
        28,
    )

    work = next(loop.work_on_next for loop in LOOPS if loop.name == "imports")
    page = get(f"{place}/import/")
    rows = "\n".join(f"Row {number}\tFrench" for number in range(ROWS))
    pasted = {"text": f"input_text\ttarget_language\n{rows}"}
    answer = browser.post(f"{place}/import/", dict(HIDDEN.findall(page)) | pasted)
    expect(answer, 302)
    while work():
        pass
    job = answer["location"].split("/sheets/")[1].split("/")[0]
    expect(browser.post(f"/sheets/{job}/send/"), 302)
    # The sending starts after ten seconds in which it can be undone.
    Sheet.objects.filter(pk=job).update(start_at=None, due_at=timezone.now())

    def send() -> None:
        assert work(), "No import was due"

    # With what the last request of an import takes: it ends, and its owner is told.
    yield f"Send one request of an import of {ROWS:,} rows", send, 44


def measure(folder: Path) -> Iterator[bool]:
    for name, call, most in flows(folder):
        trace = Trace(call)
        trace.print(name)
        yield claim(f"{name}: statements", len(trace.statements), most)


if __name__ == "__main__":
    run_bench(measure)
