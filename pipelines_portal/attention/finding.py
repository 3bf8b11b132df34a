"""Groups of failing tasks by what they share and other tasks of the same days don't.

The API gives no reasons for failures. At each place where tasks of a workflow fail, the fact that separates them best
takes its tasks, then the next fact takes its tasks of the rest, until chance explains every fact that is left.

Sets of tasks are integers with one bit for each task, the failing ones first, because Python intersects two sets of
50,000 tasks in microseconds.
"""

import functools
import math
import operator
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, product
from typing import NamedTuple, TypeVar

Place = tuple[str, int, int]
# The order of facts in a title.
KINDS = ("import", "sender", "hour", "field")
MIN_TASKS = 3
# The probability of a title at a place where nothing is shared.
MAX_FALSE = 0.001
# By how much the fact of a title multiplies the odds of failing, at least.
MIN_ODDS_RATIO = 3
# The same when the tasks of all other titles are left out: nine of ten tasks would not have failed without the fact.
MIN_FINAL_ODDS_RATIO = 10
# A fact that more than one of so many other tasks have is no title, unless it is an import or a burst.
MIN_OTHERS_PER_ONE_WITH = 3
# By how much a new title must be better than the known one, and an hour better than other facts.
CLEARLY = 1.25
# So many of the best facts are combined with each other.
MAX_COMBINED = 24
# One or two tasks without the fact join a group of at least this many times as many, rather than be single tasks.
MIN_PER_STRAGGLER = 5
MAX_SHARED = 8
HALF_HOUR = 1_800


@dataclass(frozen=True, slots=True)
class Fact:
    """What may be known of a task. The value of an hour is the time at which it begins, as ISO text."""

    kind: str
    name: str
    value: str


Facts = tuple[Fact, ...]
Key = TypeVar("Key", int, Place)


@dataclass(frozen=True, slots=True)
class Seen:
    """One task of the workflow. `place` is its status, how many steps are finished, and how many it has.

    `at` is when it was sent or created, in the time zone in which days begin. Hours are made of it: `facts` need none.
    """

    task_id: int
    place: Place
    at: datetime
    failed_at: datetime
    facts: Facts | frozenset[Fact]


@dataclass(frozen=True)
class Shared:
    """A fact that holds for `here` `of` the tasks of a group, at least half, and for `elsewhere` `of_others`.

    The others didn't fail and were sent on the same days. A field is counted among tasks whose values are known, and
    a sender among tasks whose sender is known.
    """

    fact: Fact
    here: int
    of: int
    elsewhere: int
    of_others: int


@dataclass(frozen=True)
class Found:
    """One line: a group, or all single tasks of the workflow. Their place is that of the last one that failed.

    `facts` are those of the title, none if the tasks have nothing in common but their place. With an hour, they
    were sent from then on, in one run of hours.
    """

    place: Place
    facts: Facts
    task_ids: tuple[int, ...]
    shared: tuple[Shared, ...]
    is_single: bool


def find_groups(
    failing: Sequence[Seen], others: Sequence[Seen], known: Collection[tuple[Place, Facts]] = ()
) -> list[Found]:
    """Return the groups of a workflow's failing tasks, the largest first, and a line with the single tasks at the end.

    `others` didn't fail. `known` has the titles of the last run, which stay while they are nearly as good as the best.
    """
    index = _Index(failing, others)
    found: list[Found] = []
    singles = 0
    for place, members in index.places.items():
        titles = {facts for known_place, facts in known if known_place == place and facts}
        search = _Search(index, members, titles)
        groups, rest = _divide(search)
        singles |= rest
        for facts, tasks in groups:
            found.append(Found(place, facts, index.task_ids(tasks), search.describe_shared(tasks), is_single=False))
    found.sort(key=lambda group: (-len(group.task_ids), group.place, _order(group.facts)))
    return [*found, *index.describe_singles(singles)]


def _divide(search: "_Search") -> tuple[list[tuple[Facts, int]], int]:
    """Return facts and tasks of each group of a place, and its single tasks."""
    taken = []
    while best := search.find_best():
        for title in best:
            taken.append((title, title.tasks & search.failing))
            search.remove(title.tasks)
    groups, rest = [], search.failing
    for title, tasks in taken:
        if search.stands_out_finally(title):
            groups.append((title.facts, tasks))
        else:
            rest |= tasks
    if rest.bit_count() >= MIN_TASKS:
        return [*groups, ((), rest)], 0
    if len(groups) == 1 and rest.bit_count() * MIN_PER_STRAGGLER <= groups[0][1].bit_count():
        return [(groups[0][0], groups[0][1] | rest)], 0
    return groups, rest


class _Counts(NamedTuple):
    """How many failing tasks have a fact, of how many, and how many others, of how many."""

    here: int
    of: int
    elsewhere: int
    of_others: int

    def raises_odds(self, ratio: float) -> bool:
        with_fact = self.here * (self.of_others - self.elsewhere)
        without = self.elsewhere * (self.of - self.here)
        return with_fact > 0 and with_fact >= ratio * without

    @property
    def surprise(self) -> float:
        """Return −ln of an upper bound of the chance that so many failing tasks have the fact: Fisher's exact test."""
        here, of, elsewhere, of_others = self
        without = of_others - elsewhere
        if here * without <= elsewhere * (of - here):
            return 0.0
        chance = _ln_choose(here + elsewhere, here) + _ln_choose(of - here + without, of - here)
        chance -= _ln_choose(of + of_others, of)
        # Each larger number is less likely than the one before by at least this factor: a geometric series.
        factor = elsewhere * (of - here) / ((here + 1) * (without + 1))
        return max(0.0, math.log1p(-factor) - chance)

    @property
    def difference(self) -> float:
        return self.here / self.of - (self.elsewhere / self.of_others if self.of_others else 0.0)


def _ln_choose(total: int, chosen: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)


class _Candidate(NamedTuple):
    """Facts that may become a title. `tasks` has failing and other tasks."""

    facts: Facts
    tasks: int
    counts: _Counts
    score: float


class _Index:
    """The tasks of each fact, day and place."""

    def __init__(self, failing: Sequence[Seen], others: Sequence[Seen]) -> None:
        self.seen = failing
        self.size = len(failing) + len(others)
        self.failing = (1 << len(failing)) - 1
        self.others = (1 << self.size) - 1 ^ self.failing
        self.places = self._sets_by(task.place for task in failing)
        everything = (*failing, *others)
        self.days = self._sets_by(task.at.toordinal() for task in everything)
        self.half_hours = self._sets_by(int(task.at.timestamp()) // HALF_HOUR for task in everything)
        self._read_facts(others)
        self._add_hours()

    def _sets_by(self, keys: Iterable[Key]) -> dict[Key, int]:
        numbers: dict[Key, list[int]] = defaultdict(list)
        for number, key in enumerate(keys):
            numbers[key].append(number)
        return {key: self._set_of(numbers[key]) for key in sorted(numbers)}

    def _read_facts(self, others: Sequence[Seen]) -> None:
        """Read only what several failing tasks share, so that an order's number or a name costs nothing."""
        failing_tasks = Counter(fact for task in self.seen for fact in task.facts)
        numbers: dict[Fact, list[int]] = {
            fact: [] for fact, count in failing_tasks.items() if count >= MIN_TASKS and fact.kind != "hour"
        }
        kinds: dict[str, list[int]] = {kind: [] for kind in KINDS}
        for number, task in enumerate((*self.seen, *others)):
            for fact in task.facts:
                if (tasks := numbers.get(fact)) is not None:
                    tasks.append(number)
            for kind in {fact.kind for fact in task.facts}:
                kinds[kind].append(number)
        self.tasks = {fact: self._set_of(tasks) for fact, tasks in numbers.items()}
        everything = self.failing | self.others
        # Where a task has no import, this is known. Where it has no values, they are not known.
        self.comparable = {kind: self._set_of(kinds[kind]) for kind in ("sender", "field")}
        self.comparable |= {"import": everything, "hour": everything}

    def _add_hours(self) -> None:
        """Add hours that begin on the hour or half past, so that one of them has all tasks of any 30 minutes."""
        self.first_half_hours: dict[Fact, int] = {}
        failing = {half for half, tasks in self.half_hours.items() if tasks & self.failing}
        for half in sorted(failing | {half - 1 for half in failing}):
            fact = self.hour(half)
            self.first_half_hours[fact] = half
            self.tasks[fact] = self.half_hours.get(half, 0) | self.half_hours.get(half + 1, 0)

    def hour(self, half: int) -> Fact:
        return Fact("hour", "", datetime.fromtimestamp(half * HALF_HOUR, self.seen[0].at.tzinfo).isoformat())

    def _set_of(self, numbers: Iterable[int]) -> int:
        octets = bytearray(self.size // 8 + 1)
        for number in numbers:
            octets[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(octets, "little")

    def comparable_in(self, kinds: Iterable[str]) -> int:
        return functools.reduce(operator.and_, (self.comparable[kind] for kind in kinds))

    def having(self, facts: Iterable[Fact]) -> int:
        return functools.reduce(operator.and_, (self.tasks.get(fact, 0) for fact in facts), self.failing | self.others)

    def count_facts(self, tasks: int) -> Counter[Fact]:
        """Return in how many of the failing `tasks` each fact holds."""
        facts = Counter(
            fact for number in _numbers_in(tasks) for fact in self.seen[number].facts if fact.kind != "hour"
        )
        facts |= {fact: (self.tasks[fact] & tasks).bit_count() for fact in self.first_half_hours}
        return facts

    def same_days(self, tasks: int) -> int:
        """Return all tasks that were sent on the days of failing `tasks`."""
        failing = tasks & self.failing
        result = 0
        for day in self.days.values():
            if day & failing:
                result |= day
        return result

    def describe_singles(self, tasks: int) -> list[Found]:
        if not tasks:
            return []
        last = max(_numbers_in(tasks), key=lambda number: (self.seen[number].failed_at, self.seen[number].task_id))
        return [Found(self.seen[last].place, (), self.task_ids(tasks), (), is_single=True)]

    def task_ids(self, tasks: int) -> tuple[int, ...]:
        return tuple(self.seen[number].task_id for number in _numbers_in(tasks))


class _Search:
    """The search for groups of one place. `failing` and `others` are the tasks that no group has taken."""

    def __init__(self, index: _Index, members: int, known: set[Facts]) -> None:
        self.index = index
        self.known = known
        self.failing = members
        self.others = index.same_days(members) & index.others
        self.totals: dict[tuple[str, ...], tuple[int, int]] = {}
        numbers = index.count_facts(members)
        shared = [fact for fact, number in numbers.items() if number >= MIN_TASKS and fact in index.tasks]
        self.singles: dict[Facts, int] = {(fact,): index.tasks[fact] for fact in _in_order(shared)}
        bursts = dict(self._count_bursts())
        pairs = {facts for facts, number in bursts.items() if number >= MIN_TASKS}
        pairs |= {facts for facts in known if len(facts) == 2}
        self.pairs = {facts: index.having(facts) for facts in pairs}
        # The more facts are tried, the more of them look good by chance.
        self.min_score = math.log(max(len(numbers) + len(bursts), 1) / MAX_FALSE)
        self.min_known_score = -math.log(MAX_FALSE)

    def _count_bursts(self) -> Iterator[tuple[Facts, int]]:
        """Return each sender and hour of failing tasks, and the number of these."""
        senders, hours = (
            [(facts, tasks & self.failing) for facts, tasks in self.singles.items() if facts[0].kind == kind]
            for kind in ("sender", "hour")
        )
        for (sender, by_sender), (hour, in_hour) in product(senders, hours):
            if number := (by_sender & in_hour).bit_count():
                yield sender + hour, number

    def find_best(self) -> list[_Candidate]:
        """Return the best facts, and the next best as long as no failing task has two of them.

        The list is empty if chance explains all facts.
        """
        weighed = {facts: self._weigh(facts, tasks) for facts, tasks in (self.singles | self.pairs).items()}
        titles = [candidate for candidate in weighed.values() if self._is_title(candidate)]
        titles = [self._whole_run(title) if title.facts[-1].kind == "hour" else title for title in titles]
        titles += [pair for pair in self._combine(weighed) if pair.facts not in weighed and self._is_title(pair)]
        titles = [title for title in titles if len(title.facts) == 1 or self._needs_both(title, weighed)]
        titles.sort(key=lambda title: (-self._rank(title), _order(title.facts)))
        best: list[_Candidate] = []
        taken = 0
        for title in filter(self._holds_on_its_days, titles):
            if title.tasks & taken:
                break
            best.append(title)
            taken |= title.tasks & self.failing
        return best

    def describe_shared(self, tasks: int) -> tuple[Shared, ...]:
        """Return one fact of each kind and field, the most different first."""
        others = self.index.same_days(tasks) & self.index.others
        best: dict[tuple[str, str], tuple[float, Shared]] = {}
        totals = {
            kind: ((having & tasks).bit_count(), (having & others).bit_count())
            for kind, having in self.index.comparable.items()
        }
        numbers = self.index.count_facts(tasks)
        for fact in _in_order(fact for fact, here in numbers.items() if here * 2 >= totals[fact.kind][0]):
            if fact in self.index.tasks:
                of, of_others = totals[fact.kind]
                counts = _Counts(numbers[fact], of, (self.index.tasks[fact] & others).bit_count(), of_others)
                line = (-counts.difference, Shared(fact, *counts))
                best[fact.kind, fact.name] = min(best.get((fact.kind, fact.name), line), line, key=lambda line: line[0])
        lines = sorted(best.values(), key=lambda line: line[0])
        return tuple(shared for _, shared in lines[:MAX_SHARED])

    def remove(self, tasks: int) -> None:
        self.failing &= ~tasks
        self.others &= ~tasks
        self.totals = {}

    def _weigh(self, facts: Facts, tasks: int) -> _Candidate:
        of, of_others = self._totals(facts)
        here, elsewhere = (tasks & self.failing).bit_count(), (tasks & self.others).bit_count()
        counts = _Counts(here, of, elsewhere, of_others)
        return _Candidate(facts, tasks, counts, counts.surprise if here >= MIN_TASKS else 0.0)

    def _totals(self, facts: Facts) -> tuple[int, int]:
        """Return how many failing tasks and how many others are compared: those of which such facts are known."""
        kinds = tuple(fact.kind for fact in facts)
        if kinds not in self.totals:
            comparable = self.index.comparable_in(kinds)
            self.totals[kinds] = (comparable & self.failing).bit_count(), (comparable & self.others).bit_count()
        return self.totals[kinds]

    def _is_title(self, candidate: _Candidate) -> bool:
        counts = candidate.counts
        min_score = self.min_known_score if candidate.facts in self.known else self.min_score
        is_rare = counts.elsewhere * MIN_OTHERS_PER_ONE_WITH <= counts.of_others
        is_possible = counts.here >= MIN_TASKS and (is_rare or _is_origin(candidate.facts))
        return is_possible and candidate.score >= min_score and counts.raises_odds(MIN_ODDS_RATIO)

    def _rank(self, title: _Candidate) -> float:
        score = title.score * (CLEARLY if title.facts in self.known else 1)
        return round(score / (CLEARLY if title.facts[-1].kind == "hour" else 1), 6)

    def _whole_run(self, title: _Candidate) -> _Candidate:
        """Add the half-hours before and after that fail a quarter as often, or that would be another title."""
        *sender, hour = title.facts
        within = self.index.having(sender)
        tasks = {half: within & having for half, having in self.index.half_hours.items()}
        first = self.index.first_half_hours[hour]
        last = first + 1
        while self._fails_like(title, tasks.get(first - 1, 0)):
            first -= 1
        while self._fails_like(title, tasks.get(last + 1, 0)):
            last += 1
        run = [half for half in range(first, last + 1) if tasks.get(half, 0) & self.failing]
        possible = [(*sender, self.index.hour(half)) for half in run]
        facts = next((facts for facts in possible if facts in self.known), possible[0])
        return self._weigh(facts, sum(tasks.get(half, 0) for half in range(run[0], run[-1] + 1)))

    def _fails_like(self, title: _Candidate, tasks: int) -> bool:
        failing, others = (tasks & self.failing).bit_count(), (tasks & self.others).bit_count()
        here, _, elsewhere, _ = title.counts
        is_as_bad = failing > 0 and 4 * failing * (here + elsewhere) >= here * (failing + others)
        return is_as_bad or self._is_title(self._weigh(title.facts, tasks))

    def _combine(self, weighed: dict[Facts, _Candidate]) -> Iterator[_Candidate]:
        """Combine two facts that more failing tasks have than others. Hours are combined only with senders."""
        singles = [weighed[facts] for facts in self.singles if facts[0].kind != "hour" and weighed[facts].score > 0]
        singles.sort(key=lambda single: (-single.score, _order(single.facts)))
        for one, two in combinations(singles[:MAX_COMBINED], 2):
            tasks = one.tasks & two.tasks
            if tasks & self.failing:
                yield self._weigh(_in_order(one.facts + two.facts), tasks)

    def _needs_both(self, pair: _Candidate, weighed: dict[Facts, _Candidate]) -> bool:
        """Say whether each fact also separates the failing tasks among those that have the other fact."""
        if pair.facts in self.known:
            return True
        # Who sent tasks in an hour says more than the hour.
        for fact in pair.facts[:1] if _is_burst(pair.facts) else pair.facts:
            counts = weighed[(fact,)].counts
            inside = _Counts(pair.counts.here, counts.here, pair.counts.elsewhere, counts.elsewhere)
            if inside.surprise < self.min_score or not inside.raises_odds(MIN_FINAL_ODDS_RATIO):
                return False
        return True

    def _holds_on_its_days(self, title: _Candidate) -> bool:
        """Say whether the fact also separates tasks of its own days, and not only a day on which everything fails."""
        days = self.index.same_days(title.tasks & self.failing)
        comparable = days & self.index.comparable_in(fact.kind for fact in title.facts)
        failing, others = self.failing & comparable, self.others & comparable
        counts = _Counts(
            (title.tasks & failing).bit_count(),
            failing.bit_count(),
            (title.tasks & others).bit_count(),
            others.bit_count(),
        )
        return counts.raises_odds(MIN_ODDS_RATIO) and counts.surprise >= self.min_known_score

    def stands_out_finally(self, title: _Candidate) -> bool:
        """Say whether the fact separates its tasks from those that are left when all titles have taken theirs."""
        of, of_others = self._totals(title.facts)
        here, _, elsewhere, _ = title.counts
        ratio = MIN_FINAL_ODDS_RATIO / CLEARLY if title.facts in self.known else MIN_FINAL_ODDS_RATIO
        return _Counts(here, here + of, elsewhere, elsewhere + of_others).raises_odds(ratio)


def _is_burst(facts: Facts) -> bool:
    return [fact.kind for fact in facts] == ["sender", "hour"]


def _is_origin(facts: Facts) -> bool:
    """One import, or one sender within an hour. Also most tasks of a day may have it."""
    return facts[0].kind == "import" or _is_burst(facts)


def _order(facts: Facts) -> tuple[tuple[int, str, str], ...]:
    return tuple((KINDS.index(fact.kind), fact.name, fact.value) for fact in facts)


def _in_order(facts: Iterable[Fact]) -> Facts:
    return tuple(sorted(facts, key=lambda fact: _order((fact,))))


def _numbers_in(tasks: int) -> Iterator[int]:
    """Return the positions of the bits that are set."""
    return (number for number, bit in enumerate(reversed(f"{tasks:b}")) if bit == "1")
