"""What failing tasks share and others do not."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Fact:
    kind: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Seen:
    task_id: int
    place: Place
    at: datetime
    failed_at: datetime
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Shared:
    fact: Fact
    here: int
    of: int
    elsewhere: int
    of_others: int


@dataclass(frozen=True)
class Found:
    place: Place
    facts: tuple[Fact, ...]
    task_ids: tuple[int, ...]
    shared: tuple[Shared, ...]
    is_single: bool


def find_groups(
    failing: Sequence[Seen], others: Sequence[Seen], known: Collection[tuple[Place, tuple[Fact, ...]]] = ()
) -> list[Found]:
    by_place: dict[Place, list[int]] = defaultdict(list)
    for task in failing:
        by_place[task.place].append(task.task_id)
    return [Found(place, (), tuple(ids), (), False) for place, ids in by_place.items()]
