"""Archives of files: chosen and checked, stored by the browser, confirmed by the portal, and processed by the API."""

import re
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tasks_db.models import DBTaskResult

from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.uploads.polling import enqueue_due
from tests.archives import files
from tests.simulation.invariants import Expectations
from tests.simulation.office import Office
from tests.simulation.people.actions import Actions, require_signed_in
from tests.simulation.stored import stored
from tests.simulation.world import world

UPLOAD = re.compile(r"\?upload=([0-9a-f-]{36})")
STORED_AT = re.compile(r"/storage/([0-9a-f-]{36})")
TABS = ("tab-a", "tab-b")
# How often an archive arrives in storage, and how often the page is still open then.
ARRIVES, STAYS, STOPS_HALFWAY = 0.85, 0.8, 0.1
# How many of the chosen archives are none.
UNFIT = 0.15
SECONDS_OF_PUT = (1, 30, 100)
CAN_BE_SENT = ("chosen", "uploading", "stored")


class UploadActions(Actions):
    def __init__(self, office: Office, expected: Expectations) -> None:
        super().__init__(office, expected)
        # The files that people chose, by the ID of the upload.
        self.archives: dict[UUID, bytes] = {}

    def choose_archive(self) -> None:
        """Choose an archive, of which each file becomes a task. It is checked, and nothing is sent."""
        self._choose(self._browser(), self._new_token())

    def choose_other_archive(self) -> None:
        """Choose another archive on the page of an earlier one, which it replaces unless that is being sent."""
        if not (found := self._choose_upload()):
            self.choose_archive()
            return
        pk, browser, texts = found
        archive, token = self.archives.pop(pk), self.office.token_of_upload(pk)
        self.expected.saved -= texts
        chosen = self._choose(browser, token)
        if chosen and chosen != pk:
            self.archives[pk] = archive
        elif chosen:
            self._withdraw(texts)

    def _choose(self, browser: Client, token: str) -> UUID | None:
        """Return the upload. An archive that cannot be used makes none."""
        texts = [self._new_text() for _ in range(world.choose("rows", (1, 3)))]
        data = b"no archive" if world.happens("is unfit", UNFIT) else files(*texts)
        form = {"token": token, "name": "scans.zip", "size": len(data), "tail": SimpleUploadedFile("t", data)}
        answer = self._post(browser, self.office.uploads_url, form)
        found = UPLOAD.search(answer.get("HX-Replace-Url", ""))
        if found is None:
            return None
        self.archives[UUID(found[1])] = data
        self.expected.saved.update(texts)
        return UUID(found[1])

    def send_archive(self) -> None:
        """Let the browser store an archive, and report that it is stored. The page may be closed at any time."""
        if not self._uploads(*CAN_BE_SENT):
            self.choose_archive()
        if not (found := self._choose_upload(*CAN_BE_SENT)):
            return
        pk, browser, texts = found
        data = self.archives[pk]  # another action may replace the archive; this page still sends the first one
        self.expected.requested |= texts
        self.last_sending_step = world.step
        tab = world.choose("tab", TABS)
        more = world.choose("more", ({}, {}, {"take_over": "1"}, {"renew": "1"}))
        answer = self._post(browser, f"{self.office.uploads_url}{pk}/start/", {"tab": tab} | more)
        link = STORED_AT.search(answer.json().get("url", "")) if answer.status_code == 200 else None
        if link is None:
            return
        self.last_sending_step = -1  # from now on, a cancel ends it
        world.sleep(world.choose("seconds of PUT", SECONDS_OF_PUT))
        if world.happens("arrives", ARRIVES):
            self.office.api.store(UUID(link[1]), data)
        if world.happens("stays", STAYS):
            self._post(browser, f"{self.office.uploads_url}{pk}/stored/", {"tab": tab})

    def touch_tab(self) -> None:
        """Let the page of an upload say that it is still open, or that it is closed."""
        if found := self._choose_upload(*CAN_BE_SENT):
            pk, browser, _ = found
            name = world.choose("touch", ("heartbeat", "heartbeat", "release"))
            self._post(browser, f"{self.office.uploads_url}{pk}/{name}/", {"tab": world.choose("tab", TABS)})

    def open_upload(self) -> None:
        """Open the page of an upload, or press its button that looks at once."""
        if found := self._choose_upload():
            pk, browser, _ = found
            url = f"{self.office.uploads_url}{pk}/"
            if world.happens("opens", 0.5):
                require_signed_in(browser.get(url, follow=True))
                world.note(f"    GET {url}")
            else:
                self._post(browser, f"{url}poll/")

    def ask_again(self) -> None:
        """Press the button of each upload that waits for a person, such as until its workflow is active again."""
        for pk, owner, _ in self._uploads("stored"):
            self._post(self.office.browser_of(owner), f"{self.office.uploads_url}{pk}/poll/")

    def cancel_upload(self) -> None:
        """Cancel an upload. If the portal says that it is, none of its tasks may be created."""
        if found := self._choose_upload(*CAN_BE_SENT):
            pk, browser, texts = found
            is_confirming = stored(ZipUpload).filter(pk=pk, confirming_until__gt=world.now).exists()
            world.sometimes("a cancel meets a confirm", is_met=is_confirming)
            answer = self._post(browser, f"{self.office.uploads_url}{pk}/cancel/")
            if answer.status_code == 200:
                self._withdraw(texts)

    def process_uploads(self) -> None:
        """Let the API create the tasks of what was confirmed. It may stop halfway."""
        for upload_id, upload in list(self.office.api.uploads.items()):
            if upload.status == "processing":
                is_idempotent = self.office.api.is_idempotent
                world.sometimes("an archive is confirmed by an API that honours keys", is_met=is_idempotent)
                self.office.api.process(upload_id, 1 if world.happens("stops halfway", STOPS_HALFWAY) else None)
                world.note(f"    {len(self.office.api.tasks)} tasks after the upload {upload_id}")

    def poll_uploads(self) -> None:
        """Run the worker's jobs that poll the API for uploads."""
        enqueue_due()
        for job in list(DBTaskResult.objects.ready()):
            job.claim("worker")
            job.task.call(*job.task_result.args)

    def _uploads(self, *stages: str) -> list[tuple[UUID, int, UUID]]:
        uploads = stored(ZipUpload).order_by("created_at", "pk")
        uploads = uploads.filter(stage__in=stages) if stages else uploads
        found = uploads.values_list("pk", "submission__owner_id", "submission")
        return [upload for upload in found if upload[0] in self.archives]

    def _choose_upload(self, *stages: str) -> tuple[UUID, Client, set[str]] | None:
        """Return an upload, mostly one of the newest, with its owner's browser and its texts."""
        if not (found := self._uploads(*stages)):
            return None
        pk, owner, submission = world.choose("upload", [found[-1], *found[-3:]])
        return pk, self.office.browser_of(owner), self.office.texts_of_submission(submission)
