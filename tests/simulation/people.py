"""What people and the worker do. Each action notes what people ask for, and what the portal says is saved."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import OperationalError
from django.test import Client

from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.rows.fixing import CannotChange, change_rows, edit_row
from pipelines_portal.entry.rows.typed import ready_rows
from pipelines_portal.submissions.sending import repeat_next
from pipelines_portal.submissions.used_values import record_earlier
from pipelines_portal.worker.schedule import EVERY_MINUTE
from tests.simulation.invariants import Broken, Expectations
from tests.simulation.office import Office
from tests.simulation.world import world

Action = Callable[[], None]
# More pieces of work than one look of the worker can find.
MOST_WORK = 40
CHANGEABLE = ("to_fix", "rejected", "ready")


@dataclass
class Form:
    """A form that is open in a browser."""

    browser: Client
    token: str
    text: str
    code: str = ""
    is_shown_again: bool = False


def require_signed_in(answer: Any) -> Any:
    if answer.status_code == 401 or answer.get("Location", "").startswith("/sign-in/"):
        raise Broken("signed out, although nobody did so")
    return answer


class People:
    def __init__(self, office: Office, expected: Expectations) -> None:
        self.office, self.expected = office, expected
        self.forms: list[Form] = []
        self.texts = 0
        # Whether rows have codes, of which each may be used once.
        self.has_codes, self.code = False, "code"
        self.weights: dict[Action, int] = {
            self.send_form: 4, self.send_form_again: 3, self.send_changed_form: 2,
            self.type_rows: 4, self.create_typed: 5, self.undo_typed: 1, self.send_typed_now: 1, self.clear_created: 1,
            self.paste_import: 2, self.send_import: 3, self.pause_import: 1, self.stop_import: 1, self.edit_row: 2,
            self.undo_edit: 1, self.send_draft: 2, self.retry_rejected: 1,
            self.decide: 2, self.decide_restored: 1, self.decide_wrongly: 1, self.open_page: 2,
            self.work: 8, self.run_jobs: 1,
        }  # fmt: skip

    def choose(self) -> Action:
        return world.chance.choices(list(self.weights), list(self.weights.values()))[0]

    def forget_open_pages(self) -> None:
        """After a restore: what a page that is still open would send may have been sent since."""
        self.forms = []

    def _browser(self) -> Client:
        return world.chance.choice(self.office.browsers)

    def _new_text(self) -> str:
        self.texts += 1
        return f"text {self.texts}"

    def _new_code(self) -> str:
        """Return a code that was often used before, or that somebody uses at the same time."""
        if self.has_codes and world.chance.random() < 0.5:
            self.code = f"code {world.chance.randrange(self.texts + 3)}"
        return self.code if self.has_codes else ""

    def _new_token(self) -> str:
        return str(UUID(int=world.chance.getrandbits(128), version=4))

    def _post(self, browser: Client, url: str, data: Any = None, **options: Any) -> Any:
        """Post to a URL of the workflow, or to one that begins with a slash."""
        answer = browser.post(url if url.startswith("/") else self.office.url + url, data or {}, **options)
        world.note(f"    POST {url.rpartition(self.office.url)[2]} {answer.status_code} {answer.get('Location', '')}")
        return require_signed_in(answer)

    # The form

    def send_form(self) -> None:
        self.forms.append(Form(self._browser(), self._new_token(), self._new_text(), self._new_code()))
        self._send(self.forms[-1])

    def send_form_again(self) -> None:
        """Press the button twice, or go back and press it, or try again after a failure."""
        if self.forms:
            self._send(world.chance.choice([self.forms[-1], *self.forms[-4:]]))

    def send_changed_form(self) -> None:
        """Change the text in a form that the portal showed again."""
        if shown := [form for form in self.forms if form.is_shown_again]:
            form = world.chance.choice(shown)
            self.expected.saved.discard(form.text)
            form.text, form.code = self._new_text(), self._new_code()
            self._send(form)

    def _send(self, form: Form) -> None:
        text = form.text
        self.expected.requested.add(text)
        fields = {"field-input_text": text, "field-target_language": "French", "token": form.token, "then": "list"}
        fields |= {"field-notes": form.code} if form.code else {}
        world.note(f"    {text} {form.code}".rstrip())
        answer = self._post(form.browser, "tasks/new/", fields)
        if answer.status_code == 302:
            form.is_shown_again = False
            if text not in self.office.stored_texts():
                raise Broken(f"lost from a form: {text!r} is not saved, and the page went on")
            if text in self.office.submitted_texts():  # a draft gives way to what the person types next
                self.expected.saved.add(text)
        elif token := re.search(r'name="token" value="([^"]+)"', answer.content.decode()):
            if text not in answer.content.decode():
                raise Broken(f"lost from a form: {text!r} is not on the page that is shown again")
            form.token, form.is_shown_again = token[1], True

    # The grid

    def type_rows(self) -> None:
        browser = self._browser()
        last = self.office.ask(
            "SELECT MAX(number) FROM entry_importrow JOIN entry_importjob j ON j.id = import_job_id "
            "WHERE j.kind = 'typed' AND j.owner_id = ? AND j.status != 'deleted'", self.office.owner_of(browser).pk,
        )[0][0] or 0  # fmt: skip
        # Another window may have used the number.
        first = last + 1 if world.chance.random() < 0.9 else max(last, 1)
        texts = [self._new_text() for _ in range(world.chance.choice((1, 2, 3, 22)))]
        rows = [
            {"number": number, "new": True, "cells": {"input_text": ["", text], "target_language": ["", "French"]}}
            for number, text in enumerate(texts, first)
        ]
        for row in rows if self.has_codes else ():
            row["cells"]["notes"] = ["", self._new_code()]
        body = json.dumps({"rows": rows})
        answer = self._post(browser, "tasks/new/grid/cells/", body, content_type="application/json")
        if answer.status_code == 200:
            if lost := set(texts) - self.office.stored_texts():
                raise Broken(f"lost from the grid: {sorted(lost)} were typed into new rows, and are not saved")
            self.expected.saved.update(texts)

    def create_typed(self) -> None:
        browser = self._browser()
        typed = ImportJob.objects.filter(owner=self.office.owner_of(browser), kind="typed").exclude(status="deleted")
        import_job = typed.order_by("created_at").last()
        seen = ready_rows(import_job) if import_job else {}
        self.expected.requested |= self.office.texts_of_rows("ready")
        rows = ",".join(f"{number}:{digest}" for number, digest in seen.items())
        self._post(browser, "tasks/new/grid/create/", {"rows": rows})

    def clear_created(self) -> None:
        self._post(self._browser(), "tasks/new/grid/clear/")

    def undo_typed(self) -> None:
        self._step_of_import("stop", "kind = 'typed'", to="grid")

    def send_typed_now(self) -> None:
        self._step_of_import("send-now", "kind = 'typed'")

    # Imports

    def paste_import(self) -> None:
        texts = [self._new_text() for _ in range(world.chance.choice((2, 5)))]
        lines = ["Text to translate\tTarget language", *(f"{text}\tFrench" for text in texts)]
        if self.has_codes:
            lines = [f"{line}\t{self._new_code() if place else 'Notes'}" for place, line in enumerate(lines)]
        elif world.chance.random() < 0.3:
            lines[1] = f"{texts[0]}\tKlingon"
        answer = self._post(self._browser(), "import/", {"token": self._new_token(), "text": "\n".join(lines)})
        if answer.status_code == 302:
            self.expected.saved.update(texts)

    def send_import(self) -> None:
        more = world.chance.choice(({}, {"one_row_first": "on"}))
        self._step_of_import("send", "kind != 'typed'", **more)

    def pause_import(self) -> None:
        self._step_of_import("pause")

    def stop_import(self) -> None:
        self._step_of_import("stop")

    def undo_edit(self) -> None:
        self._step_of_import("check/undo")

    def _step_of_import(self, name: str, condition: str = "1", **data: str) -> None:
        imports = self.office.ask(
            f"SELECT id, owner_id FROM entry_importjob WHERE status != 'deleted' AND {condition} ORDER BY id"
        )
        if imports:
            pk, owner = world.chance.choice(imports)
            if name == "send":
                self.expected.requested |= self.office.texts_of_rows(import_id=pk)
            self._post(self.office.browser_of(owner), f"import/{UUID(pk)}/{name}/", {"owner": str(owner)} | data)

    def edit_row(self) -> None:
        """Put another text into a row that is rejected, has an error, or is ready."""
        rows = ImportRow.objects.filter(status__in=CHANGEABLE).exclude(import_job__status="deleted")
        row = rows.select_related("import_job__owner").order_by("pk").first()
        if row is None:
            return
        text, import_job = self._new_text(), row.import_job
        values = {"input_text": text, "target_language": "French"}
        if not import_job.is_typed:
            self.expected.requested.add(text)
        old = (row.edits or {}).get("input_text") or (row.cells or [""])[0]
        self.expected.saved.discard(old)
        if import_job.restored_from:  # its task, if it was sent after the backup, has values that are in no row now
            self.expected.forgotten.add(old)
        number = row.number
        world.note(f"    row {number} becomes {text}")
        try:
            change_rows(
                import_job, import_job.owner, "Edit rows", lambda: [number], lambda each: edit_row(each, values)
            )
        except CannotChange:
            return

    # What was sent

    def send_draft(self) -> None:
        for pk, owner, texts in self.office.submissions("status = 'draft' AND kind = 'form'")[:1]:
            self.expected.requested |= texts
            self._post(self.office.browser_of(owner), f"/submissions/{pk}/send/")

    def retry_rejected(self) -> None:
        for pk, owner, _ in self.office.submissions("error_count > 0 AND kind = 'form'")[:1]:
            self._post(self.office.browser_of(owner), f"/submissions/{pk}/retry/")

    def decide(self) -> None:
        """Look into Pipelines, and say what was created of each unconfirmed submission."""
        for pk, owner, texts in self.office.submissions("status = 'unconfirmed'"):
            newest = self.office.newest_before(pk)
            # The page lists newer ones only. Older ones are of another try, which a person took for one without tasks.
            tasks = [(task, text) for task, text in self._tasks_of(texts) if task > newest][-len(texts) :]
            if tasks:
                created = {text for _, text in tasks}
                rows = [number for number, text in self.office.rows_of(pk) if text in created]
                data = {"task": [task for task, _ in tasks], "rows": ",".join(map(str, rows))}
                self._post(self.office.browser_of(owner), f"/submissions/{pk}/created/", data)
            else:
                self._post(self.office.browser_of(owner), f"/submissions/{pk}/not-created/")

    def decide_restored(self) -> None:
        """Look into Pipelines, and say which ready rows were sent between the backup and the restore."""
        for pk, owner, rows in self.office.held_imports():
            browser, url = self.office.browser_of(owner), f"import/{UUID(pk)}/after-restore/"
            page = require_signed_in(browser.get(self.office.url + url)).content.decode()
            newest = re.search(r'name="newest" value="(\d+)"', page)
            if newest is None:
                continue
            tasks = self._tasks_of({text for _, text in rows})
            created = {text for _, text in tasks}
            numbers = [number for number, text in rows if text in created]
            data = {"newest": newest[1]}
            if tasks:
                data |= {"tasks": ",".join(str(task) for task, _ in tasks), "rows": ",".join(map(str, numbers))}
            else:
                data |= {"nothing": ""}
            self._post(browser, url, data)

    def _tasks_of(self, texts: set[str]) -> list[tuple[int, str]]:
        """Return the tasks with one of the texts of which the ledger does not know, oldest first."""
        known = self.office.known_tasks()
        return [(task, text) for task, text in self.office.own_tasks().items() if text in texts and task not in known]

    def decide_wrongly(self) -> None:
        """Say that nothing was created, without a look. Then the rows may be created twice."""
        for pk, owner, texts in self.office.submissions("status = 'unconfirmed'"):
            self.expected.permitted.update(texts)
            self.expected.permitted.update(self.office.codes_of_submission(pk))
            self._post(self.office.browser_of(owner), f"/submissions/{pk}/not-created/")

    def open_page(self) -> None:
        """Open a page that settles what is overdue."""
        waiting = self.office.submissions("status IN ('sending', 'unconfirmed')")
        url = f"/submissions/{waiting[0][0]}/" if waiting else f"{self.office.url}tasks/"
        require_signed_in(self._browser().get(url))

    # The worker

    def work(self) -> None:
        """Work on imports and on lost answers until none is due."""
        for _ in range(MOST_WORK):
            if not (repeat_next() or work_on_next() or record_earlier()):
                return
        raise Broken("the worker is busy for ever")

    def run_jobs(self) -> None:
        for job in EVERY_MINUTE:
            try:
                job()
            except OperationalError:
                if not (process := world.process) or not process.has_met_failure:
                    raise
