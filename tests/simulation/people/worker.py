"""The portal's worker: each job is an action."""

from django.db import OperationalError

from pipelines_portal.attention.grouping import group_next
from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.submissions.sending import repeat_next
from pipelines_portal.submissions.used_values import record_earlier
from pipelines_portal.task_index.jobs import scan_next
from pipelines_portal.worker.schedule import EVERY_MINUTE
from tests.simulation.invariants import Broken
from tests.simulation.people.actions import Actions
from tests.simulation.world import world

# More jobs than can be due at the same time.
MOST_WORK = 40


class WorkerActions(Actions):
    def work(self) -> None:
        """Run the jobs for lost answers, imports and used values until none is due."""
        for _ in range(MOST_WORK):
            if not (repeat_next() or work_on_next() or record_earlier()):
                break
        else:
            raise Broken("the worker is busy for ever")

    def run_jobs(self) -> None:
        for job in EVERY_MINUTE:
            try:
                job()
            except OperationalError:
                if not (process := world.process) or not process.has_met_failure:
                    raise

    def count_tasks(self) -> None:
        """Count the workflow's tasks, and group those that need attention."""
        world.pass_time(60)
        for _ in range(MOST_WORK):
            if not (scan_next() or group_next()):
                return
            world.pass_time(1)
