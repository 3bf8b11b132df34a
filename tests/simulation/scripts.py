"""A day that is written down, as a race needs it that was found: actions, what chance would choose, and faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from tests.simulation.invariants import Broken, check
from tests.simulation.office import Office
from tests.simulation.scenario import FEATURES, Day, Scenario
from tests.simulation.world import Meanwhile, Process, world


@dataclass(frozen=True)
class Act:
    """An action of people or of the worker by its name. See `act`."""

    name: str
    faults: Mapping[str, str] = field(default_factory=dict)
    dies_before: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    meanwhile: tuple["Act", ...] = ()
    at: str = ""
    is_early: bool = False

    def while_asking(self, at: str, *acts: "Act", is_early: bool = False) -> "Act":
        """Let the acts happen while this one waits for the answer to a request whose method and path contain `at`.

        With `is_early`, they happen before the API acts.
        """
        return Act(self.name, self.faults, self.dies_before, self.given, acts, at, is_early)


def act(name: str, *, faults: Mapping[str, str] | None = None, dies_before: str = "", **given: Any) -> Act:
    """`given` is what chance would choose, by the names of `world.choose` and `world.happens` with "_" for spaces.

    `faults` are those of requests whose method and path contain a text. The process dies at the first point that
    contains `dies_before`: part of a statement, "commit", or part of a request.
    """
    return Act(name, faults or {}, dies_before, {name.replace("_", " "): value for name, value in given.items()})


@dataclass(frozen=True)
class Script:
    """A day of acts. An act that is a number lets as many seconds pass. At the end, `tasks` tasks exist."""

    name: str
    tasks: int
    acts: tuple[Act | int, ...]
    features: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name

    def of(self, *features: str) -> Self:
        unknown = set(features) - set(FEATURES)
        if unknown:
            raise ValueError(f"There are no features {unknown}.")
        return type(self)(self.name, self.tasks, self.acts, frozenset(features))


def script(name: str, *acts: Act | int, tasks: int) -> Script:
    return Script(name, tasks, acts)


class Play(Scenario):
    """Plays a script: nothing happens by chance, and every invariant holds after each act."""

    def __init__(self, script: Script, office: Office) -> None:
        self.script = script
        super().__init__(Day(0, tuple(range(len(script.acts)))), office)
        self.faults.are_over = True

    def _choose_features(self) -> dict[str, bool]:
        return {name: name in self.script.features for name in FEATURES}

    def _take_steps(self) -> None:
        for number, each in enumerate(self.script.acts):
            world.begin_step(number)
            if isinstance(each, int):
                world.pass_time(each)
            else:
                self._take(each)
            check(self.office, self.expected)

    def _take(self, each: Act) -> None:
        if not each.meanwhile:
            self._do(each)
            return
        first, second = partial(self._do, each), partial(self._do_all, each.meanwhile)
        world.interleaving = both = Meanwhile(first, second, each.at, is_early=each.is_early)
        try:
            both.run()
        finally:
            world.interleaving = None
        if not both.was_met:
            raise ValueError(f"{self.script}: {each.name} sent no request with {each.at}.")

    def _do_all(self, acts: tuple[Act, ...]) -> None:
        for each in acts:
            self._do(each)

    def _do(self, each: Act) -> None:
        """The acts of a `while_asking` have their own choices and faults, and leave those of the first one."""
        before = world.given, self.faults.planned
        world.given, self.faults.planned = dict(each.given), dict(each.faults)
        try:
            self._act(getattr(self.people, each.name), Process(dies_before=each.dies_before))
        finally:
            world.given, self.faults.planned = before

    def _end(self) -> None:
        super()._end()
        if len(self.office.own_tasks()) != self.script.tasks:
            raise Broken(f"other tasks than in the script: {self.office.own_tasks()}")
