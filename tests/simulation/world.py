"""The world of one seed: chance, time, and the points at which a process can stop or give way to another one."""

import hashlib
import logging
import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self

from django.conf import settings
from django.db import OperationalError, connections
from django.db.backends.signals import connection_created
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.utils import timezone
from greenlet import getcurrent, greenlet

from pipelines_portal.spreadsheets import reading
from pipelines_portal.web import time_budget
from tests.databases import sqlite_error
from tests.in_process_reading import InProcessReading

START = datetime(2026, 3, 30, 8, tzinfo=UTC)
WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN")
ANSWER_TO_POST = "answer to POST"
# How often one of two processes lets the other one go on at a point.
GIVES_WAY = 0.2
# How often an answer is held back, and how often while another one is held back already.
LATE_ANSWERS, LATER_ANSWERS = 0.7, 0.3
# How often one of two processes writes only after all that the other one does, whatever it has read before.
LATE_WRITES = 0.15


class Killed(BaseException):
    """The process ends here. The product catches no BaseException."""


class Process:
    """A process that acts. It is killed at the point `dies_at`; writes at the points `fails_at` meet an error.

    From `stops_at` on, it stands still once for `stops_for` seconds where it holds no lock, as a machine that is
    suspended does, while others go on. With `counts_from_answer`, points count from the first answer to a POST on.
    """

    def __init__(
        self, *, dies_at: int = 0, fails_at: range = range(0), error_code: int = 0, stops_at: int = 0,
        stops_for: float = 0, counts_from_answer: bool = False,
    ) -> None:  # fmt: skip
        self.dies_at, self.fails_at, self.error_code = dies_at, fails_at, error_code
        self.stops_at, self.stops_for = stops_at, stops_for
        self.is_counting = not counts_from_answer
        self.points = 0
        self.is_dead = False
        self.has_met_failure = self.has_acted = False
        # The tasks that the API said it created.
        self.tasks_in_answers: set[int] = set()

    def reach(self, point: str) -> None:
        self.is_counting |= point == ANSWER_TO_POST
        self.points += self.is_counting
        if self.is_dead or 0 < self.points == self.dies_at:
            self.is_dead = True  # no `finally` of it can write after this
            raise Killed
        if self.points in self.fails_at and point.startswith(WRITES):
            self.has_met_failure = True
            world.note(f"    the database fails at point {self.points}: {point[:60]}")
            world.faults["database fails"] += 1
            raise sqlite_error(self.error_code)
        if self.stops_at and self.points >= self.stops_at and not _is_in_transaction():
            self.stops_at = 0
            world.stop_process(self.stops_for)


def _is_in_transaction() -> bool:
    """Return whether the present process holds a lock: before a commit, Django's own mark is gone already."""
    database = connections["default"].connection
    return database is not None and database.in_transaction


class Interleaving:
    """Two processes, of which one at a time runs. They change places at points, as the seed decides.

    They are greenlets of one thread, each with a database connection of its own. With `waits_for_post`, the second one
    begins when the first one has sent a POST to the API, stands still, or has ended.
    """

    def __init__(self, *actions: Callable[[], None], waits_for_post: bool = False) -> None:
        self.running = [greenlet(self._with_own_connection(action)) for action in actions]
        self.errors: list[Exception] = []
        # The one that stands still until the other has ended, or that has not begun.
        self.held: greenlet | None = self.running[-1] if waits_for_post else None

    def _with_own_connection(self, action: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            connections["default"] = connections.create_connection("default")
            try:
                action()
            except Exception as error:
                self.errors.append(error)
            finally:
                connections["default"].close()
                self.running.remove(getcurrent())

        return run

    def run(self) -> None:
        while self.running:
            self._switch_to(self.running[0])
        if self.errors:
            raise self.errors[0]

    def give_way(self) -> bool:
        """Let the other process run until it gives way or ends. Return False if there is none."""
        others = [each for each in self.running if each is not getcurrent() and each is not self.held]
        if not others or getcurrent() not in self.running:
            return False
        self._switch_to(others[0])
        return True

    @property
    def can_hold(self) -> bool:
        """Whether another process can go on, and this one does not go on in place of one that stands still."""
        return len(self.running) > 1 and not self.held  # a greenlet that has not begun is false

    @property
    def have_both_begun(self) -> bool:
        return self.held is None or bool(self.held)

    def begin_second(self) -> None:
        if not self.have_both_begun:
            self.held = None

    def hold(self) -> None:
        """Let this process stand still while the other one runs to its end."""
        self.held = getcurrent()
        self.give_way()
        self.held = None

    def _switch_to(self, other: greenlet) -> None:
        mine = connections["default"]
        other.switch()
        connections["default"] = mine


class World:
    """What a seed decides, and what has happened."""

    def __init__(self) -> None:
        self.start(0)

    def start(self, seed: int) -> None:
        self.seed = seed
        self.begin_step(0)
        self.entropy = random.Random(f"entropy {seed}")
        random.seed(seed)
        self.now = START
        # Seconds of the monotonic clock, which nobody sets back.
        self.elapsed = 0.0
        self.digest = hashlib.sha256()
        self.trace: list[str] = []
        # How often each action was done, or found nothing to do, and how often each fault struck.
        self.actions: Counter[str] = Counter()
        self.idle: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.processes: dict[greenlet, Process] = {}
        self.interleaving: Interleaving | None = None
        # The bodies of requests that have left and not arrived.
        self.on_the_wire: list[str] = []

    def begin_step(self, number: int) -> None:
        """Begin with the same chance, however much of it the steps before have used: seeds then outlive changes."""
        self.step, self.chance = number, random.Random(f"{self.seed} step {number}")

    @property
    def process(self) -> Process | None:
        return self.processes.get(getcurrent())

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.elapsed += seconds

    def sleep(self, seconds: float) -> None:
        self.pass_time(seconds)
        self.give_way()

    def give_way(self) -> bool:
        return self.interleaving is not None and self.interleaving.give_way()

    def reach(self, point: str) -> None:
        """Call before each statement, and before and after each commit and each request to the API."""
        self.digest.update(point.encode())
        if process := self.process:
            process.reach(point)
        if not self.interleaving:
            return
        if point.startswith("BEGIN") and self.interleaving.can_hold and self.chance.random() < LATE_WRITES:
            self.interleaving.hold()
        elif self.chance.random() < GIVES_WAY:
            self.give_way()

    def begin_second(self) -> None:
        """Let the second of two processes begin, if it waits for a request of the first."""
        if self.interleaving:
            self.interleaving.begin_second()

    def hold_answer(self) -> None:
        """Let an answer arrive after all that somebody else does at the same time, if chance wants it.

        Who waits for that already goes on then.
        """
        if self.interleaving and self.interleaving.have_both_begun:
            chance = LATER_ANSWERS if self.interleaving.held else LATE_ANSWERS
            if self.chance.random() < chance:
                self.interleaving.hold()

    def stop_process(self, seconds: float) -> None:
        """Let this process stand still. Locks are not held meanwhile, or the other one would wait for them."""
        if self.interleaving and self.interleaving.can_hold:
            self.note(f"    stands still for {seconds:.0f} s")
            self.faults["stands still"] += 1
            self.pass_time(seconds)
            self.interleaving.hold()

    def note(self, line: str) -> None:
        if self.process:
            self.process.has_acted = True
        self.digest.update(line.encode())
        self.trace.append(f"{self.step:>3} {self.now:%H:%M:%S} {line}")


world = World()


class Clock(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return world.now.astimezone(tz) if tz else world.now.replace(tzinfo=None)


def use_world() -> None:
    """Put the world's time, chance and points under the product, for as long as this process lives."""
    logging.disable(logging.CRITICAL)
    settings.PASSWORD_HASHERS = ["tests.passwords.FastHasher"]
    # Nobody waits for a lock: the other process goes on instead.
    settings.DATABASES["default"]["OPTIONS"]["timeout"] = 0
    replacements: tuple[tuple[object, str, object], ...] = (
        # `default=timezone.now` refers to the function, so the function stays, and what it calls is replaced.
        (timezone, "datetime", Clock),
        (time, "time", lambda: world.now.timestamp()),
        (time, "monotonic", lambda: world.elapsed),
        (time_budget, "monotonic", lambda: world.elapsed),
        (time, "sleep", world.sleep),
        (os, "urandom", lambda count: world.entropy.randbytes(count)),
        (random, "_urandom", lambda count: world.entropy.randbytes(count)),
        (uuid, "_generate_time_safe", None),
        (reading, "FileReading", InProcessReading),
    )
    for owner, name, replacement in replacements:
        getattr(owner, name)  # it must be there to be replaced
        setattr(owner, name, replacement)
    connection_created.connect(_wrap_statements, weak=False)
    _add_points_to_commits(DatabaseWrapper)


def _add_points_to_commits(wrapper: Any) -> None:
    commit = wrapper._commit

    def commit_between_points(self: Any) -> None:
        world.reach("before commit")
        commit(self)
        world.reach("after commit")

    wrapper._commit = commit_between_points


def _wrap_statements(connection: Any, **more: object) -> None:
    connection.connection.execute("PRAGMA synchronous = OFF")  # processes are killed here, and no machine
    if _execute not in connection.execute_wrappers:  # a connection that was closed and opened again has it
        connection.execute_wrappers.append(_execute)


def _execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    values = [bytes(value) if isinstance(value, memoryview) else value for value in params or ()]
    world.digest.update(repr(values).encode())
    # Names of savepoints hold the address of the thread.
    world.reach("savepoint" if "SAVEPOINT" in sql else sql)
    while True:
        try:
            return run(sql, params, many, context)
        except OperationalError as error:
            if "locked" not in str(error) or not world.give_way():
                raise
