"""Whatever a person presses and the API answers, in any order: a row is sent once, and only if it was asked for."""

from random import Random

import pytest

from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.models import SavedKey
from tests.fake_api import FakeApi, Plan

from .conftest import TypedGrid, end_wait, work

FAULTS = ("unavailable", "rate_limited", "closed", "too_large", "refused")


class Day:
    """Random actions. `asked` has the texts for which the button was pressed and which were not taken back."""

    def __init__(self, grid: TypedGrid, api: FakeApi, seed: int) -> None:
        self.grid, self.api, self.random = grid, api, Random(seed)
        self.typed = 0
        self.asked: set[str] = set()

    def run(self, steps: int) -> None:
        actions = (
            self.type_few,
            self.type_many,
            self.press,
            self.press,
            self.undo,
            self.send_now,
            self.wait,
            self.fail,
        )
        self.type_few()
        for _ in range(steps):
            self.random.choice(actions)()
            self.check()

    def type_few(self) -> None:
        self._type(self.random.randint(1, 3))

    def type_many(self) -> None:
        self._type(21)

    def _type(self, count: int) -> None:
        self.grid.fill(count, first=self.typed + 1)
        self.typed += count

    def press(self) -> None:
        ready = {text for text, status in self.by_text().items() if status == "ready"}
        if self.grid.create(len(ready)).status_code == 200:
            self.asked |= ready

    def undo(self) -> None:
        self.grid.browser.post(self.grid.step("stop"), {"to": "grid"})

    def send_now(self) -> None:
        self.grid.browser.post(self.grid.step("send_now"))
        self._work()

    def wait(self) -> None:
        end_wait()
        SavedKey.objects.update(paused_until=None)
        self._work()

    def fail(self) -> None:
        """The next request fails, and a row is typed while it is on its way."""
        self.api.plans = [Plan(self.random.choice(FAULTS), before=self.type_few, on="POST")]

    def _work(self) -> None:
        for _ in range(self.random.randint(1, 3)):
            work_on_next()

    def by_text(self) -> dict[str, str]:
        return {row.edits["input_text"]: row.status for row in self.grid.job.rows}

    def check(self) -> None:
        sent = [task.fields["input_text"] for task in self.api.tasks.values()]
        assert len(sent) == len(set(sent)), "A row was sent twice."
        assert set(sent) <= self.asked, "A row was sent that nobody asked for."
        rows = self.by_text()
        assert len(rows) == self.typed, "A row is missing."
        assert {text for text, status in rows.items() if status == "created"} == set(sent)
        waiting = {text for text, status in rows.items() if status == "requested"}
        assert waiting <= self.asked and (not waiting or self.grid.job.status == ImportJob.Status.SENDING)
        self.asked = waiting | set(sent)

    def end(self) -> None:
        """Let everything go through that was asked for."""
        self.api.plans = []
        end_wait()
        SavedKey.objects.update(paused_until=None)
        work()
        self.check()
        assert set(self.by_text().values()) <= {"created", "ready"}
        assert self.grid.job.status in (ImportJob.Status.CHECKED, ImportJob.Status.PAUSED)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100))
def test_a_row_is_sent_once_and_only_if_it_was_sent_for(grid: TypedGrid, api: FakeApi, seed: int) -> None:
    day = Day(grid, api, seed)
    day.run(25)
    day.end()
