"""Work on the page Sent: send drafts, retry, and decide about what is unconfirmed."""

import re
from uuid import UUID

from tests.simulation.people.actions import require_signed_in
from tests.simulation.people.form import FormActions
from tests.simulation.people.grid import GridActions
from tests.simulation.people.imports import ImportActions
from tests.simulation.world import world

# Longer than any claim of a submission lasts.
PATIENCE_SECONDS = 900
GIVEN_UP = {"status": "draft", "kind": "form", "is_decided_by_person": True}


class SentActions(FormActions, GridActions, ImportActions):
    def send_draft(self) -> None:
        if drafts := self.office.submissions(status="draft", kind="form"):
            self._send_draft(*world.chance.choice(drafts))

    def send_given_up(self) -> None:
        """Send a draft again of which somebody said that it was not created."""
        if drafts := self.office.submissions(**GIVEN_UP):
            self._send_draft(*drafts[-1])

    def _send_draft(self, pk: UUID, owner: int, texts: set[str]) -> None:
        self.expected.requested |= texts
        world.sometimes("a late answer meets a new try", is_met=world.is_held and pk in self._given_up())
        self._post(self.office.browser_of(owner), f"/submissions/{pk}/send/")

    def _given_up(self) -> set[UUID]:
        return {pk for pk, *_ in self.office.submissions(**GIVEN_UP)}

    def discard_draft(self) -> None:
        """Discard a draft of a form, first one of which somebody said that nothing was created."""
        drafts = self.office.submissions(**GIVEN_UP) or self.office.submissions(status="draft", kind="form")
        if drafts:
            pk, owner, texts = drafts[-1]
            self.expected.saved -= texts
            self._post(self.office.browser_of(owner), f"/submissions/{pk}/discard/")

    def retry_rejected(self) -> None:
        for pk, owner, _ in self.office.submissions(error_count__gt=0, kind="form")[:1]:
            self._post(self.office.browser_of(owner), f"/submissions/{pk}/retry/")

    def decide(self) -> None:
        """Look for the tasks of each unconfirmed submission in Pipelines, and choose those that were created."""
        for pk, owner, texts in self.office.submissions(status="unconfirmed"):
            newest = self.office.newest_before(pk)
            # The page lists newer ones only. In an earlier attempt, a person said that the older ones do not exist.
            tasks = [(task, text) for task, text in self._tasks_of(texts) if task > newest][-len(texts) :]
            if tasks:
                created = {text for _, text in tasks}
                rows = [number for number, text in self.office.rows_of(pk) if text in created]
                data = {"task": [task for task, _ in tasks], "rows": ",".join(map(str, rows))}
                self._post(self.office.browser_of(owner), f"/submissions/{pk}/created/", data)
            else:
                self._post(self.office.browser_of(owner), f"/submissions/{pk}/not-created/")

    def decide_restored(self) -> None:
        """Look for tasks in Pipelines, and choose which ready rows were sent between the backup and the restore."""
        for pk, owner, newest_before, rows in self.office.held_imports():
            # A rule that was written since then makes rows wrong that were sent, and the page asks for good ones only.
            self.expected.exempt |= self.office.texts_of_rows("to_fix", "to_look", "duplicate", import_id=pk)
            browser, url = self.office.browser_of(owner), f"/sheets/{pk}/after-restore/"
            page = require_signed_in(browser.get(url)).content.decode()
            newest = re.search(r'name="newest" value="(\d+)"', page)
            if newest is None:
                continue
            tasks = self._tasks_of({text for _, text in rows})
            created = {text: task for task, text in tasks if task > newest_before}  # a wrong decision may have made two
            found = [(str(created[text]), str(number)) for number, text in rows if text in created]
            data = {"newest": newest[1]}
            if found:
                data |= {"tasks": ",".join(task for task, _ in found), "rows": ",".join(number for _, number in found)}
            else:
                data |= {"nothing": ""}
            self._post(browser, url, data)

    def _tasks_of(self, texts: set[str]) -> list[tuple[int, str]]:
        """Return the tasks with one of the texts of which the ledger does not know, oldest first."""
        known = self.office.known_tasks()
        return [(task, text) for task, text in self.office.own_tasks().items() if text in texts and task not in known]

    def decide_wrongly(self) -> None:
        """Say that nothing was created, without looking for tasks. The rows may then be created twice."""
        for pk, owner, texts in self.office.submissions(status="unconfirmed"):
            if may_exist := self.expected.excuse(self.office, texts):
                self.expected.extra_tasks.update(may_exist)
                self.expected.extra_tasks.update(self.office.codes_of_submission(pk))
            self._post(self.office.browser_of(owner), f"/submissions/{pk}/not-created/")

    def stop_waiting(self) -> None:
        """Stop waiting for lost answers, so that a person decides."""
        for pk, owner, _ in self.office.submissions(status="sending", answer_lost_at__isnull=False):
            try:
                self._post(self.office.browser_of(owner), f"/submissions/{pk}/stop-waiting/")
            finally:
                self.expected.stopped_attempts |= self.office.attempts_of(pk=pk)

    def give_up(self) -> None:
        """Wait long, say that nothing was created, and send again or stop. An answer may arrive after that."""
        world.pass_time(PATIENCE_SECONDS)
        self.open_page()
        self.stop_waiting()
        is_form = bool(self.office.submissions(status="unconfirmed", kind="form"))
        self.decide_wrongly()
        of_form = ("send_given_up", "send_given_up", "change_given_up", "discard_draft")
        of_import = ("send_import", "create_typed", "stop_import")
        getattr(self, world.choose("then", of_form if is_form else of_import))()

    def change_given_up(self) -> None:
        """Go back to a form of which somebody said that nothing was created, and change its text."""
        texts = {text for *_, texts in self.office.submissions(**GIVEN_UP) for text in texts}
        if forms := [form for form in self.forms if form.text in texts]:
            self.change_form(world.chance.choice(forms))

    def open_page(self) -> None:
        """Open a page, which makes the portal record what is overdue."""
        waiting = self.office.submissions(status__in=("sending", "unconfirmed"))
        url = f"/submissions/{waiting[0][0]}/" if waiting else f"{self.office.url}tasks/"
        require_signed_in(self._browser().get(url))
        world.note(f"    GET {url}")
