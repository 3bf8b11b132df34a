"""Groups of tasks that need attention: looked at, muted and done."""

from datetime import timedelta

from tests.simulation.people.person import Person, require_signed_in
from tests.simulation.world import world

MOST_FAILING = 5


class AtGroups(Person):
    def fail_tasks(self) -> None:
        """Let the newest tasks fail in Pipelines, as other people's work does."""
        self.office.api.set_status(list(self.office.api.tasks)[-MOST_FAILING:], "failed")

    def open_groups(self) -> None:
        """Open the list, from which on the worker counts the workflow's tasks."""
        require_signed_in(self._browser().get("/attention/"))

    def mute_group(self) -> None:
        for (pk,) in self.office.ask("SELECT id FROM attention_problemgroup WHERE state = 'open' AND task_count > 0"):
            until = world.now + timedelta(hours=world.chance.choice((1, 20)))
            self._post(self._browser(), f"/attention/{pk}/mute/", {"until": "at", "at": until.isoformat()})
            if self.office.state_of_group(pk) == "muted":
                self.expected.muted[pk] = until

    def finish_group(self) -> None:
        for pk, state in self.office.ask("SELECT id, state FROM attention_problemgroup"):
            name = "done" if state != "done" else "reopen"
            self.expected.muted.pop(pk, None)
            self._post(self._browser(), f"/attention/{pk}/{name}/")
