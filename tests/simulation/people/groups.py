"""Groups of tasks that need attention: opened, muted and done."""

from datetime import timedelta

from pipelines_portal.attention.models import ProblemGroup
from tests.simulation.office import FOREIGN, WORKFLOW
from tests.simulation.people.actions import require_signed_in
from tests.simulation.people.worker import WorkerActions
from tests.simulation.stored import stored
from tests.simulation.world import world

MOST_FAILING = 5


class GroupActions(WorkerActions):
    def fail_tasks(self) -> None:
        """Let the newest tasks fail in Pipelines, as other people's work does."""
        if not self.office.api.tasks:
            self.office.api.create(2, WORKFLOW, input_text=FOREIGN)
        failing = list(self.office.api.tasks)[-MOST_FAILING:]
        self.office.api.set_status(failing, "failed")
        world.note(f"    tasks {failing} failed")

    def open_groups(self) -> None:
        """Open the list. From then on, the worker counts the workflow's tasks."""
        require_signed_in(self._browser().get("/attention/"))
        world.note("    GET /attention/")

    def mute_group(self) -> None:
        """Mute the open groups. If there are none, let tasks fail and the worker group them first."""
        if not self._open_groups():
            self.fail_tasks()
            self.count_tasks()
        for pk in self._open_groups():
            until = (world.now + timedelta(hours=world.chance.choice((1, 20)))).replace(second=0, microsecond=0)
            self._post(self._browser(), f"/attention/{pk}/mute/", {"until": "at", "at": until.isoformat()})
            # Of two at once, one is too late, and its time does not count.
            if stored(ProblemGroup).filter(pk=pk, state="muted", mute_until=until).exists():
                self.expected.muted_until[pk] = until

    def _open_groups(self) -> list[int]:
        found = stored(ProblemGroup).filter(state="open", task_count__gt=0).order_by("pk")
        return list(found.values_list("pk", flat=True))

    def finish_group(self) -> None:
        for pk, state in list(stored(ProblemGroup).order_by("pk").values_list("pk", "state")):
            name = "done" if state != "done" else "reopen"
            self.expected.muted_until.pop(pk, None)
            self._post(self._browser(), f"/attention/{pk}/{name}/")
