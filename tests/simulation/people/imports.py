"""Imports: pasted rows and files, sent, paused, stopped, corrected and transferred."""

from contextlib import suppress
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Q

from pipelines_portal.entry.models import Row
from pipelines_portal.entry.rows.fixing import CannotChange, change_rows, edit_row, send_anyway, skip_row, undo_skip
from tests.simulation.people.actions import Actions
from tests.simulation.stored import stored, text_of_row
from tests.simulation.world import world

SKIPPED = Row.Status.SKIPPED.value
CHANGEABLE = ("to_fix", "rejected", "ready")
TYPED = Q(size_bytes=0)
HAS_READY = Q(pk__in=stored(Row).filter(status__in=("ready", "requested")).values("sheet"))
CAN_BE_SENT = HAS_READY & Q(status__in=("checked", "paused")) & ~TYPED
# By the end of a URL, which imports it mostly is posted to. Pages of the others are out of date.
SUITABLE = {
    "send": CAN_BE_SENT,
    "send-now": Q(status="sending", start_at__isnull=False),
    "pause": Q(status="sending"),
    "stop": Q(status__in=("sending", "paused", "unconfirmed")),
    "hand-over": CAN_BE_SENT,
}
# How often an import is suitable, and how often two actions at once have the same import.
USE_SUITABLE, SAME_IMPORT = 0.8, 0.7


class ImportActions(Actions):
    # The step in which an import was chosen last, and its ID.
    last_import: tuple[int, UUID | None] = (-1, None)

    def paste_import(self) -> None:
        rows = [self._new_row() for _ in range(world.choose("rows", (2, 5)))]
        texts = [row.text for row in rows]
        lines = ["Text to translate\tTarget language\tNotes", *map("\t".join, rows)]
        if not self.has_codes and world.happens("has an error", 0.3):
            lines[1] = f"{texts[0]}\tKlingon\t"
        answer = self._post(self._browser(), "import/", {"token": self._new_token(), "text": "\n".join(lines)})
        if answer.status_code == 302:
            self.expected.saved.update(texts)

    def upload_file(self) -> None:
        """Import a CSV file with commas or semicolons, as programs of different countries write it."""
        rows = [self._new_row() for _ in range(world.chance.choice((2, 5, 30)))]
        texts = [row.text for row in rows]
        delimiter = world.chance.choice(",;")
        lines = [("Text to translate", "Target language", "Notes"), *rows]
        data = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines).encode()
        file = SimpleUploadedFile("rows.csv", data, "text/csv")
        answer = self._post(self._browser(), "import/", {"token": self._new_token(), "file": file})
        if answer.status_code == 302:
            self.expected.saved.update(texts)

    def transfer_import(self) -> None:
        """Give an import, or a draft of typed rows, to the other person."""
        if found := self._choose_import("hand-over"):
            pk, owner = found
            other = next(person for person in self.office.people if person.pk != owner)
            self._post(self.office.browser_of(owner), f"/sheets/{pk}/hand-over/", {"owner": other.email})

    def send_import(self) -> None:
        """Send the good rows of an import. If there are none, import some first."""
        if not self.office.imports(CAN_BE_SENT):
            self.paste_import()
        more = world.choose("more", ({}, {"one_row_first": "on"}))
        self._post_to_import("send", ~TYPED, **more)

    def pause_import(self) -> None:
        self._post_to_import("pause")

    def stop_import(self) -> None:
        self._post_to_import("stop")

    def undo_edit(self) -> None:
        self.expected.skipped = set()
        self._post_to_import("grid/undo")

    def _post_to_import(self, name: str, *conditions: Q, **data: str) -> None:
        if found := self._choose_import(name, *conditions):
            pk, owner = found
            if name == "send":
                skipped = self.office.texts_of_rows(SKIPPED, import_id=pk) | self.expected.skipped
                self.expected.requested |= self.office.texts_of_rows(import_id=pk) - skipped
                self.expected.started.add((pk, owner))
                self.last_sending_step = world.step
            try:
                self._post(self.office.browser_of(owner), f"/sheets/{pk}/{name}/", {"owner": str(owner)} | data)
            finally:
                if name == "stop":  # the portal does not send again what waits for its answer
                    self.expected.stopped_attempts |= self.office.attempts_of(group=pk)
            if name in ("stop", "pause") and self.office.status_of_import(pk) in ("checked", "paused"):
                self._withdraw(self.office.texts_of_rows("ready", import_id=pk))

    def _choose_import(self, name: str, *conditions: Q) -> tuple[UUID, int] | None:
        """Return the ID and the owner of an import, mostly of one that is suitable for the URL.

        Two actions at once mostly have the same import.
        """
        conditions = (*conditions, ~Q(status="deleted"))
        step_of_last, last = self.last_import
        if step_of_last == world.step and world.chance.random() < SAME_IMPORT:
            imports = self.office.imports(*conditions, pk=last)
        else:
            imports = self.office.imports(*conditions, SUITABLE.get(name, Q()))
        if not imports or not world.happens("is suitable", USE_SUITABLE):
            imports = self.office.imports(*conditions)
        chosen = world.chance.choice(imports) if imports else None
        self.last_import = (world.step, chosen[0] if chosen else None)
        return chosen

    def delete_import(self) -> None:
        """Delete an import: after a restore, perhaps one about which nobody has decided."""
        self._post_to_import("delete")
        for pk, _ in self.office.imports(status="deleted", restored_from__isnull=False):
            self.expected.exempt |= self.office.texts_of_rows(import_id=pk)

    def restore_import(self) -> None:
        """Restore a deleted import. If there is none, delete one first."""
        if not self.office.imports(status="deleted"):
            self.delete_import()
        for pk, owner in self.office.imports(status="deleted")[:1]:
            self._post(self.office.browser_of(owner), f"/sheets/{pk}/restore/")

    def skip_row(self) -> None:
        """Skip a row, or undo that."""
        status, decide = world.chance.choice((("ready", skip_row), ("ready", skip_row), (SKIPPED, undo_skip)))
        rows = Row.objects.filter(status=status).exclude(sheet__status="deleted")
        if row := rows.select_related("sheet__owner").order_by("pk").first():
            numbers, sheet, text = [row.number], row.sheet, text_of_row(row)
            world.note(f"    row {row.number} was {status}")
            self.expected.skipped.discard(text)
            if status == SKIPPED and not sheet.is_typed:  # it may be sent at once
                self.expected.requested.add(text)
            if sheet.restored_from:  # it may have been sent after the backup
                self.expected.exempt.add(text)
            with suppress(CannotChange):
                change_rows(sheet, sheet.owner, "Skip rows", numbers, decide)
                if status == "ready":
                    self._withdraw({text})
                    self.expected.skipped |= {text} - self.expected.duplicates

    def include_duplicate(self) -> None:
        """Ask for a second task of a row that duplicates another one."""
        rows = Row.objects.filter(status="duplicate").exclude(sheet__status="deleted")
        if row := rows.select_related("sheet__owner").order_by("pk").first():
            text, number, sheet = text_of_row(row), row.number, row.sheet
            world.note(f"    row {number} is wanted again: {text}")
            self.expected.requested.add(text)
            self.expected.extra_tasks[text] += 1
            world.sometimes("a duplicate is wanted")
            with suppress(CannotChange):
                change_rows(sheet, sheet.owner, "Include duplicates", [number], send_anyway)

    def edit_row(self) -> None:
        """Put another text into a row that is rejected, has an error, or is ready."""
        rows = Row.objects.filter(status__in=CHANGEABLE).exclude(sheet__status="deleted")
        row = rows.select_related("sheet__owner").order_by("pk").first()
        if row is None:
            return
        text, sheet = self._new_text(), row.sheet
        values = {"input_text": text, "target_language": "French"}
        if not sheet.is_typed:
            self.expected.requested.add(text)
        old = text_of_row(row)
        self.expected.saved.discard(old)
        if sheet.restored_from:  # its task, if it was sent after the backup, has values that are in no row now
            self.expected.exempt.add(old)
        number = row.number
        world.note(f"    row {number} becomes {text}")
        try:
            change_rows(sheet, sheet.owner, "Edit rows", [number], lambda each: edit_row(each, values))
        except CannotChange:
            return

    def undo_typed(self) -> None:
        self._post_to_import("stop", TYPED, to="grid")

    def send_typed_now(self) -> None:
        self.expected.undoable_until = {}
        self._post_to_import("send-now", TYPED)
