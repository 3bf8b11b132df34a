"""The world of one seed: chance, time, and the points at which a process can stop or give way to another one."""

import hashlib
import logging
import os
import random
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.signals import connection_created
from django.utils import timezone
from greenlet import getcurrent, greenlet

from pipelines_portal.core.database_errors import is_locked
from pipelines_portal.spreadsheets import reading
from pipelines_portal.web import time_budget
from tests.in_process_reading import InProcessReading
from tests.simulation.database import database_error
from tests.simulation.rare import RARE

T = TypeVar("T")
START = datetime(2026, 3, 30, 8, tzinfo=UTC)
WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN")
ANSWER_TO_POST = "answer to POST"
# How often one of two processes lets the other one continue at a point.
GIVES_WAY = 0.2
# How often an answer is held back, and how often while another one is held back already.
LATE_ANSWERS, LATER_ANSWERS = 0.7, 0.3
# How often one of two processes writes only after all that the other one does, whatever it has read before.
LATE_WRITES = 0.15
# How often two processes give way to each other for the same locks before both are said to wait for ever.
MOST_TURNS = 200


class Killed(BaseException):
    """Ends a process. It is a BaseException because the product catches none."""


class Process:
    """The process of one action, and its fault if it has one. See `World.reach` for its points.

    It is killed at the point `dies_at`. Its writes at the points `fails_at` fail. At the first point from `suspends_at`
    where it holds no lock, it is suspended for `suspended_for` seconds, as a machine can be, while another one runs.
    With `counts_from_answer`, the points before the first answer to a POST do not count. In a script, it is killed at
    the first point that contains `dies_before`.
    """

    def __init__(
        self, *, dies_at: int = 0, fails_at: range = range(0), error: str = "", suspends_at: int = 0,
        suspended_for: float = 0, counts_from_answer: bool = False, dies_before: str = "",
    ) -> None:  # fmt: skip
        self.dies_at, self.fails_at, self.error = dies_at, fails_at, error
        self.suspends_at, self.suspended_for = suspends_at, suspended_for
        self.is_counting, self.dies_before = not counts_from_answer, dies_before
        self.points = 0
        self.is_dead = False
        self.has_met_failure = False
        # Whether the action did something: see `World.note`.
        self.has_acted = False
        # The tasks in the API's answers.
        self.tasks_in_answers: set[int] = set()

    def reach(self, point: str) -> None:
        self.is_counting |= point == ANSWER_TO_POST
        self.points += self.is_counting
        is_end = 0 < self.points == self.dies_at or (self.dies_before and self.dies_before in point)
        if self.is_dead or is_end:
            self.is_dead = True  # no `finally` of it can write after this
            raise Killed
        if self.points in self.fails_at and point.startswith(WRITES):
            self.has_met_failure = True
            world.note(f"    the database fails at point {self.points}: {point[:60]}")
            world.faults["database fails"] += 1
            raise database_error(self.error)
        if self.suspends_at and self.points >= self.suspends_at and not _is_in_transaction():
            self.suspends_at = 0
            world.suspend_process(self.suspended_for)


def _is_in_transaction() -> bool:
    """Return whether the present process holds a lock. Just before a commit, Django already says that it does not."""
    database = connections[DEFAULT_DB_ALIAS].connection
    if database is None or isinstance(database, sqlite3.Connection):
        return database is not None and database.in_transaction
    return bool(database.info.transaction_status)


class Interleaving:
    """Two processes, one of which runs at a time. At points, the seed decides which one continues.

    They are greenlets of one thread, each with a database connection of its own. With `waits_for_post`, the second one
    begins when the first one has sent a POST to the API, is held, or has ended.
    """

    def __init__(self, *actions: Callable[[], None], waits_for_post: bool = False) -> None:
        self.running = [greenlet(self._with_own_connection(action)) for action in actions]
        self.errors: list[Exception] = []
        # The process that waits until the other one has ended, or that has not begun.
        self.held: greenlet | None = self.running[-1] if waits_for_post else None

    def _with_own_connection(self, action: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            connections[DEFAULT_DB_ALIAS] = connections.create_connection(DEFAULT_DB_ALIAS)
            try:
                action()
            except Exception as error:
                self.errors.append(error)
            finally:
                connections[DEFAULT_DB_ALIAS].close()
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
        """Whether this process can be held: the other one has not ended, and is not held itself."""
        return len(self.running) > 1 and not self.held  # a greenlet that has not begun is false

    @property
    def have_both_begun(self) -> bool:
        return self.held is None or bool(self.held)

    def begin_second(self, request: str) -> None:
        if not self.have_both_begun:
            self.held = None

    def reach(self, point: str) -> None:
        if point.startswith("BEGIN") and self.can_hold and world.chance.random() < LATE_WRITES:
            self.hold()
        elif world.chance.random() < GIVES_WAY:
            self.give_way()

    def hold_answer(self, request: str) -> None:
        """By chance, let an answer arrive after everything that the other process does.

        If the other one is held, it continues to its end first.
        """
        if self.have_both_begun and world.chance.random() < (LATER_ANSWERS if self.held else LATE_ANSWERS):
            self.hold()

    def hold(self) -> None:
        """Let this process wait until the other one has ended."""
        self.held = getcurrent()
        self.give_way()
        self.held = None

    def _switch_to(self, other: greenlet) -> None:
        mine = connections[DEFAULT_DB_ALIAS]
        other.switch()
        connections[DEFAULT_DB_ALIAS] = mine


class Meanwhile(Interleaving):
    """Of a script: the second process runs whole while the first waits for the answer to a request with `at` in it.

    With `is_early`, the API acts only after that.
    """

    def __init__(self, first: Callable[[], None], second: Callable[[], None], at: str, *, is_early: bool) -> None:
        super().__init__(first, second, waits_for_post=True)
        self.at, self.is_early, self.was_met = at, is_early, False

    def begin_second(self, request: str) -> None:
        self._run_second(request, is_now=self.is_early)

    def reach(self, point: str) -> None:
        """Let nothing happen by chance."""

    def hold_answer(self, request: str) -> None:
        self._run_second(request, is_now=not self.is_early)

    def _run_second(self, request: str, *, is_now: bool) -> None:
        if is_now and self.at in request and not self.have_both_begun:
            self.was_met = True
            self.hold()


class World:
    """What a seed decides, and what has happened: chance, clocks, processes, the trace and the counts."""

    def __init__(self) -> None:
        self.start(0)

    def start(self, seed: int) -> None:
        self.seed = seed
        self.begin_step(0)
        self.entropy = random.Random(f"entropy {seed}")
        random.seed(seed)
        self.now = START
        # Seconds of the monotonic clock, which `move_clock` does not change.
        self.elapsed = 0.0
        self.digest = hashlib.sha256()
        self.trace: list[str] = []
        # How often each action was done, or found nothing to do, and how often each fault struck.
        self.actions: Counter[str] = Counter()
        self.idle: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        # How often each rare state was met.
        self.rare: Counter[str] = Counter()
        self.processes: dict[greenlet, Process] = {}
        self.interleaving: Interleaving | None = None
        # The bodies of requests on their way to the API.
        self.on_the_wire: list[str] = []
        # What a script says of the present action, in place of chance.
        self.given: dict[str, Any] = {}

    def begin_step(self, number: int) -> None:
        """Seed chance for this step alone: a change of one step then leaves the choices of later ones as they were."""
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
        """Pass a point: call before each statement, and before and after each commit and each request to the API."""
        self.digest.update(point.encode())
        if process := self.process:
            process.reach(point)
        if self.interleaving:
            self.interleaving.reach(point)

    def choose(self, name: str, options: Sequence[T]) -> T:
        """Return one of the options by chance, or what the script gives by this name."""
        return self.given[name] if name in self.given else self.chance.choice(options)

    def happens(self, name: str, share: float) -> bool:
        return self.given[name] if name in self.given else self.chance.random() < share

    def sometimes(self, name: str, *, is_met: bool = True) -> None:
        """Count a rare state, which a long run has to meet: see RARE."""
        if name not in RARE:
            raise ValueError(f"{name} is not among the rare states.")
        self.rare[name] += is_met

    @property
    def is_held(self) -> bool:
        """Whether a process waits, such as for an answer, until the present one has ended."""
        return self.interleaving is not None and bool(self.interleaving.held)

    def begin_second(self, request: str) -> None:
        """Let the second of two processes begin, if it waits for a request of the first."""
        if self.interleaving:
            self.interleaving.begin_second(request)

    def hold_answer(self, request: str) -> None:
        if self.interleaving:
            self.interleaving.hold_answer(request)

    def suspend_process(self, seconds: float) -> None:
        """Suspend this process, which holds no lock: the other one would wait for it."""
        if self.interleaving and self.interleaving.can_hold:
            self.note(f"    suspended for {seconds:.0f} s")
            self.faults["suspended"] += 1
            self.pass_time(seconds)
            self.interleaving.hold()

    def note(self, line: str) -> None:
        """Add a line to the trace. An action that notes nothing, itself or in a request, counts as idle."""
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
    """Replace the product's clocks, random numbers and statements by the world's, until this process ends."""
    logging.disable(logging.CRITICAL)
    settings.PASSWORD_HASHERS = ["tests.passwords.FastHasher"]
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
        getattr(owner, name)  # fail if the product no longer has it
        setattr(owner, name, replacement)
    connection_created.connect(_wrap_statements, weak=False)
    _add_points_to_transactions(type(connections[DEFAULT_DB_ALIAS]))


def _add_points_to_transactions(wrapper: Any) -> None:
    commit, set_autocommit = wrapper._commit, wrapper._set_autocommit

    def commit_between_points(self: Any) -> None:
        if self.alias != DEFAULT_DB_ALIAS:
            return commit(self)
        world.reach("before commit")
        commit(self)
        return world.reach("after commit")

    def begin_at_point(self: Any, autocommit: bool) -> None:
        if self.alias == DEFAULT_DB_ALIAS and not autocommit:
            world.reach("BEGIN")
        elif self.alias == DEFAULT_DB_ALIAS and world.process and world.process.is_dead:
            self.connection.rollback()  # it was killed before the commit
        set_autocommit(self, autocommit)

    wrapper._commit = commit_between_points
    if wrapper.vendor == "postgresql":  # SQLite begins by a statement, which is a point
        wrapper._set_autocommit = begin_at_point


def _wrap_statements(connection: Any, **more: object) -> None:
    # Only processes are killed, not the machine. No process waits for a lock: `_execute` lets the other one continue.
    on_sqlite = ("PRAGMA synchronous = OFF", "PRAGMA busy_timeout = 0")
    on_postgresql = ("SET synchronous_commit = off", "SET lock_timeout = 20")
    for statement in on_sqlite if connection.vendor == "sqlite" else on_postgresql:
        connection.connection.execute(statement)
    # A connection that is opened again still has it. The simulation's own has none.
    if connection.alias == DEFAULT_DB_ALIAS and _execute not in connection.execute_wrappers:
        connection.execute_wrappers.append(_execute)


def _execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    values = [bytes(value) if isinstance(value, memoryview) else value for value in params or ()]
    world.digest.update(repr(values).encode())
    # A savepoint's name contains the ID of the thread, which is not the same in each run.
    world.reach("savepoint" if "SAVEPOINT" in sql else sql)
    for _ in range(MOST_TURNS):
        try:
            return _run_again_if_locked(run, sql, params, many, context)
        except OperationalError as error:
            if not is_locked(error) or not world.give_way():
                raise
    raise OperationalError("Two processes wait for each other.")


def _run_again_if_locked(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """On PostgreSQL, let the transaction survive a statement that waits for a lock."""
    own = connections[DEFAULT_DB_ALIAS]
    has_savepoint = world.interleaving and own.vendor == "postgresql" and own.in_atomic_block
    if not has_savepoint or "SAVEPOINT" in sql:
        return run(sql, params, many, context)
    plain = own.connection
    plain.execute("SAVEPOINT simulation")
    try:
        return run(sql, params, many, context)
    except OperationalError as error:
        if is_locked(error):
            plain.execute("ROLLBACK TO SAVEPOINT simulation")
        raise
