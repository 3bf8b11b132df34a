"""The day of one seed: steps with actions of people and of the worker, then an end without faults."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from sys import exc_info
from typing import Any

from django.core.signals import got_request_exception
from django.db import OperationalError, connection
from greenlet import getcurrent

from pipelines_portal.core.database_errors import NotRecorded
from tests.simulation.faults import Faults
from tests.simulation.invariants import Expectations, check, check_end, note_post, unsettled, waits_for_archive
from tests.simulation.office import FOREIGN, WORKFLOW, Office, forget_process_memory
from tests.simulation.people import Action, People
from tests.simulation.shown import check_shown
from tests.simulation.world import Interleaving, Killed, Process, world

# The shares of steps with a disturbance, with two actions at once, in which the second one waits for a request of the
# first, and that undo a change of fields.
DISTURBED, AT_ONCE, SECOND_WAITS, FIELDS_CHANGE_BACK = 0.1, 0.5, 0.6, 0.4
ROUNDS_AT_END, SECONDS_OF_ROUND, DAYS_OF_LINKS = 6, 1800, 3
# The share of days that have each feature.
FEATURES = {
    "idempotency": 0.5, "codes": 0.3, "a rule of codes from the start": 0.5, "a rule of notes": 0.3, "groups": 0.25,
    "duplicate rows": 0.3, "archives": 0.35, "counts of failed archives": 0.5,
}  # fmt: skip
# How many actions are tried in a step until one finds something to do.
MOST_CHOICES = 4


@dataclass(frozen=True)
class Day:
    """A seed with the numbers of the steps that are taken. A calm step has no faults."""

    seed: int
    steps: tuple[int, ...]
    calm: frozenset[int] = frozenset()


class Scenario:
    def __init__(self, day: Day, office: Office) -> None:
        self.day, seed = day, day.seed
        world.start(seed)
        office.begin_day()
        self.office, self.expected, self.faults = office, Expectations(), Faults()
        self.people = People(office, self.expected)
        self._use_features(self._choose_features())
        self.office.api.send = self.faults.answer_for(office.api, partial(note_post, office, self.expected))
        self.saved_at_backup: set[str] | None = None
        self.was_killed = False
        self.are_fields_changed = False
        # Errors of pages in processes whose database did not fail.
        self.errors: dict[Process, BaseException] = {}

    def _choose_features(self) -> dict[str, bool]:
        return {name: world.chance.random() < share for name, share in FEATURES.items()}

    def _use_features(self, has: dict[str, bool]) -> None:
        """Let the API honour keys or not, and give the day its rules, groups, duplicates and archives."""
        self.office.api.is_idempotent = has["idempotency"]
        self.office.api.reports_counts_of_failed = has["counts of failed archives"]
        if has["codes"]:
            self.people.use_codes()
            if has["a rule of codes from the start"]:  # else a person writes it
                self.office.add_code_rule()
        if has["a rule of notes"]:
            self.people.follow_note_rule()
            self.office.add_note_rule()
        if has["groups"]:
            self.people.watch_groups()
        if has["duplicate rows"]:
            self.people.repeat_rows()
        if has["archives"]:
            self.people.use_archives()
        self.people.choose_weights()

    def run(self) -> None:
        """Raise Broken, or the error of the product."""
        got_request_exception.connect(self._note_error)
        self._take_steps()
        world.begin_step(world.step + 1)
        self._end()
        got_request_exception.disconnect(self._note_error)

    def _take_steps(self) -> None:
        for number in self.day.steps:
            world.begin_step(number)
            self.faults.are_over = number in self.day.calm
            world.pass_time(world.chance.choice((1, 2, 5, 20, 60, 120)))
            if self.are_fields_changed and world.chance.random() < FIELDS_CHANGE_BACK:
                self.change_fields()
            self._take_step()
            check(self.office, self.expected)

    def _take_step(self) -> None:
        if world.chance.random() < DISTURBED:
            self._disturb()
            return
        for _ in range(MOST_CHOICES):
            done = world.actions.total()
            first = self.people.choose()
            if world.chance.random() < AT_ONCE:
                self._act_at_once(first, self.people.choose_second(first))
            else:
                self._act(first)
            if world.actions.total() > done:
                break
        if self.was_killed:
            forget_process_memory()
            self.was_killed = False

    def _act_at_once(self, first: Action, second: Action) -> None:
        world.note(f"{first.__name__} and {second.__name__} at once")
        acts = (partial(self._act, first), partial(self._act, second))
        waits = first in self.people.senders and world.chance.random() < SECOND_WAITS
        world.interleaving = Interleaving(*acts, waits_for_post=waits)
        try:
            world.interleaving.run()
        finally:
            world.interleaving = None

    def _act(self, action: Action, process: Process | None = None) -> None:
        """Run an action in a process that may have a fault. Count whether it did something."""
        world.note(action.__name__)
        process = world.processes[getcurrent()] = process or self.faults.choose_process()
        try:
            action()
            if process in self.errors:
                raise self.errors.pop(process)
            if not process.has_met_failure:
                self.expected.tasks_in_answers |= process.tasks_in_answers
        except Killed:
            world.note(f"    killed at point {process.points}")
            world.faults["killed"] += 1
            self.was_killed = True
        except (OperationalError, NotRecorded):
            if not process.has_met_failure:
                raise
        finally:
            del world.processes[getcurrent()]
            (world.actions if process.has_acted else world.idle)[action.__name__] += 1
            if process.is_dead:
                connection.close()

    def _note_error(self, **more: Any) -> None:
        """Keep the error of a page for its process. The test client could raise it in the other one."""
        process, error = world.process, exc_info()[1]
        if process and error and not process.has_met_failure:
            self.errors[process] = error

    def _disturb(self) -> None:
        """Let something happen that neither people nor the worker do."""
        choices: tuple[Callable[[], None], ...] = (
            self.wait, self.wait, self.faults.move_clock, self.faults.stop_api, self.run_other_program,
            self.change_fields, self.back_up, self.back_up, self.restore, self.restore,
        )  # fmt: skip
        disturbance = world.chance.choice(choices)
        world.note(disturbance.__name__)
        world.faults[disturbance.__name__] += 1
        disturbance()

    def wait(self) -> None:
        world.pass_time(SECONDS_OF_ROUND)

    def run_other_program(self) -> None:
        self.office.api.create(2, WORKFLOW, input_text=FOREIGN)

    def change_fields(self) -> None:
        self.are_fields_changed = not self.are_fields_changed
        self.faults.change_fields(self.office.api.workflows[WORKFLOW])

    def back_up(self) -> None:
        self.office.back_up()
        self.saved_at_backup = set(self.expected.saved)

    def restore(self) -> None:
        """Restore the backup: what was typed since is lost, and what it has as unsent may have been sent."""
        if self.saved_at_backup is None:
            self.back_up()
            return
        self.people.process_uploads()  # they finish while the restore runs
        self.office.restore()
        is_on_its_way = bool(self.office.submissions(status__in=("sending", "unconfirmed")))
        world.sometimes("a restore finds a request on its way", is_met=is_on_its_way)
        self.people.forget_open_pages()
        # People decide about ready rows only. A page warns that others may have been sent since the backup.
        warned = self.office.texts_of_rows() - self.office.texts_of_rows("ready", "requested", "unconfirmed")
        warned |= self.office.texts_of_files()
        known = self.office.stored_texts()
        self.expected.exempt |= {text for text in self.office.task_counts() if text in warned or text not in known}
        self.expected.exempt |= set(self.office.codes_of_tasks())
        self.expected.excuse(self.office, self.office.texts_of_forms())
        # A person who says that an archive was not sent sends it, although it was cancelled after the backup.
        for *_, texts in self.office.submissions(kind="zip", status="unconfirmed"):
            self.expected.requested |= texts
        self.expected.saved = set(self.saved_at_backup)
        self.expected.forget_restored()

    def _end(self) -> None:
        """Let the worker work and people decide, without faults, until nothing waits for them."""
        self.faults.are_over = True
        world.note("the end")
        people = self.people
        of_uploads = (people.poll_uploads, people.process_uploads, people.poll_uploads)
        for _ in range(ROUNDS_AT_END):
            world.pass_time(SECONDS_OF_ROUND)
            for action in (people.share_key, people.work, people.run_jobs, *of_uploads):
                self._act(action)
            if not unsettled():
                break
            for action in (people.open_page, people.decide, people.decide_restored):
                self._act(action)
        for _ in range(DAYS_OF_LINKS if waits_for_archive() else 0):
            world.pass_time(timedelta(days=1).total_seconds())
            for action in (people.ask_again, *of_uploads):
                self._act(action)
        self._act(people.work)
        check_end(self.office, self.expected)
        check_shown(self.office)
