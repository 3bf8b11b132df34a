"""The way back from mutes and marks: what they changed last is stored in the session."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.urls import reverse

from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.workflows.models import OpenedWorkflow

IN_SESSION = "undo_notes"
FIELDS = ("task_id", "state", "text", "status", "replaced_by", "person_id")


@dataclass(frozen=True)
class NoteUndo:
    """The notes of some tasks before they change."""

    workflow: OpenedWorkflow
    task_ids: list[int]
    earlier: dict[int, TaskNote]

    @classmethod
    def before(cls, workflow: OpenedWorkflow, task_ids: list[int]) -> "NoteUndo":
        return cls(workflow, task_ids, TaskNote.objects.filter(workflow=workflow).of_tasks(task_ids))

    def offer(self, request: SignedInRequest, sentence: str) -> None:
        """Say what was done, with a button that takes back exactly what has changed."""
        now = TaskNote.objects.filter(workflow=self.workflow).of_tasks(self.task_ids)
        times = {task_id: note.at for task_id, note in self.earlier.items()}
        put = {task_id: note for task_id, note in now.items() if note.at != times.get(task_id)}
        mine = {task_id: note.at.isoformat() for task_id, note in put.items() if note.person_id == request.user.pk}
        if not mine:
            messages.success(request, sentence)
            return
        replaced = [_stored(note) for task_id, note in self.earlier.items() if task_id in mine]
        request.session[IN_SESSION] = {"workflow": self.workflow.pk, "put": list(mine.items()), "earlier": replaced}
        place = [self.workflow.key_id, self.workflow.workflow_id]
        messages.success(request, sentence, extra_tags=reverse("tasks:undo_note", args=place))


def undo_last(request: SignedInRequest, workflow: OpenedWorkflow) -> tuple[list[int], bool]:
    """Take back what was changed last. Return the tasks, and whether others were changed by somebody since."""
    stored = request.session.get(IN_SESSION)
    if not stored or stored["workflow"] != workflow.pk:
        return [], False
    del request.session[IN_SESSION]
    put = {task_id: datetime.fromisoformat(at) for task_id, at in stored["put"]}
    earlier = [_note(workflow, values) for values in stored["earlier"]]
    undone = TaskNote.objects.undo(workflow, put, earlier, request.user)
    return undone, len(undone) < len(put)


def _stored(note: TaskNote) -> dict[str, Any]:
    return {name: getattr(note, name) for name in FIELDS} | {"at": note.at.isoformat()}


def _note(workflow: OpenedWorkflow, values: dict[str, Any]) -> TaskNote:
    return TaskNote(workflow=workflow, **(values | {"at": datetime.fromisoformat(values["at"])}))
