"""What failing tasks share is found, in small numbers as in large, and what chance explains is not."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from pipelines_portal.attention.finding import Fact, Found, Place, Seen, find_groups
from tests.attention.planted import Planted, errors_in

FRIDAY = datetime(2026, 11, 27, 9, tzinfo=UTC)
STEP_1: Place = ("failed", 1, 4)
STEP_2: Place = ("escalated", 2, 4)
STEP_3: Place = ("failed", 3, 4)
FINISHED: Place = ("finished", 4, 4)
NOVEMBER = Fact("import", "", "71")
BEN = Fact("sender", "", "5")
TURKEY = Fact("field", "Country", "TR")
PHONE = Fact("field", "Channel", "Phone")
URGENT = Fact("field", "Urgency", "5")


class Office:
    """Tasks of one workflow. What is not said of a task is drawn from a fixed seed."""

    def __init__(self) -> None:
        self.random = random.Random(17)
        self.ids = count(1)
        self.failing: list[Seen] = []
        self.others: list[Seen] = []

    def add(self, number: int, *facts: Fact, place: Place = FINISHED, at: datetime | None = None) -> None:
        said = {(fact.kind, fact.name) for fact in facts}
        for _ in range(number):
            task_id = next(self.ids)
            time = at or FRIDAY + timedelta(minutes=self.random.randrange(600))
            drawn = [fact for fact in self.drawn(task_id, time) if (fact.kind, fact.name) not in said]
            task = Seen(task_id, place, time, time + timedelta(minutes=20), (*facts, *drawn))
            (self.others if place == FINISHED else self.failing).append(task)

    def drawn(self, task_id: int, at: datetime) -> Iterator[Fact]:
        choose = self.random.choice
        yield Fact("sender", "", choose("5678"))
        yield Fact("hour", "", at.replace(minute=0).isoformat())
        yield Fact("field", "Country", choose(("AT", "AT", "DE", "CH", "IT")))
        yield Fact("field", "Channel", choose(("Web", "Web", "Mail")))
        yield Fact("field", "Urgency", choose("1234"))
        yield Fact("field", "Priority", choose("123"))
        yield Fact("field", "Order number", f"A-{task_id}")

    def find(self, *known: tuple[Place, tuple[Fact, ...]]) -> list[Found]:
        return find_groups(self.failing, self.others, known)


@pytest.fixture
def office() -> Office:
    return Office()


def lines(groups: list[Found]) -> list[tuple[Place, tuple[Fact, ...], int]]:
    return [(group.place, group.facts, len(group.task_ids)) for group in groups]


def hour(text: str) -> Fact:
    return Fact("hour", "", f"2026-11-27T{text}:00+00:00")


def add_november(office: Office) -> None:
    """121 of 400 rows of a file failed, all of them of Turkey, which 2 % of the other tasks have, too."""
    office.add(121, NOVEMBER, BEN, TURKEY, place=STEP_1)
    office.add(273, NOVEMBER, BEN)
    office.add(6, NOVEMBER, BEN, TURKEY)
    office.add(30)


def test_country_of_the_failing_rows_of_a_file(office: Office) -> None:
    add_november(office)
    [group] = office.find()
    assert lines([group]) == [(STEP_1, (TURKEY,), 121)]
    country, november, sender, *rest = group.shared
    assert (country.fact, country.here, country.of, country.elsewhere, country.of_others) == (TURKEY, 121, 121, 6, 309)
    assert (november.fact, november.here, november.elsewhere) == (NOVEMBER, 121, 279)
    assert sender.fact == BEN
    assert "Order number" not in {shared.fact.name for shared in rest}


def test_few_phone_orders_of_many(office: Office) -> None:
    office.add(7, PHONE, place=STEP_3)
    office.add(80, PHONE)
    office.add(1153)
    assert lines(office.find()) == [(STEP_3, (PHONE,), 7)]


def test_two_tasks_without_the_fact_join_the_only_group(office: Office) -> None:
    office.add(15, URGENT, place=STEP_2)
    office.add(2, place=STEP_2)
    office.add(80, URGENT)
    office.add(320)
    [group] = office.find()
    assert lines([group]) == [(STEP_2, (URGENT,), 17)]
    assert (group.shared[0].fact, group.shared[0].here, group.shared[0].of) == (URGENT, 15, 17)


@pytest.mark.parametrize(("begin", "first"), [("14:00", "14:00"), ("13:50", "13:30"), ("13:58", "14:00")])
def test_sender_within_twenty_minutes(office: Office, begin: str, first: str) -> None:
    time = datetime.fromisoformat(f"2026-11-27T{begin}+00:00")
    place: Place = ("quarantined", 2, 5)
    for number in range(9):
        at = time + timedelta(minutes=2 * number)
        office.add(1, BEN, place=place, at=at)
    office.add(200, BEN)
    office.add(200)
    assert lines(office.find()) == [(place, (BEN, hour(first)), 9)]


def test_import_that_failed_is_the_title(office: Office) -> None:
    office.add(40, NOVEMBER, BEN, place=STEP_1)
    office.add(10, NOVEMBER, BEN)
    office.add(300)
    assert lines(office.find()) == [(STEP_1, (NOVEMBER,), 40)]


def test_country_in_one_import_needs_both_facts(office: Office) -> None:
    office.add(60, NOVEMBER, TURKEY, place=STEP_1)
    office.add(340, NOVEMBER)
    office.add(200, TURKEY)
    office.add(800)
    assert lines(office.find()) == [(STEP_1, (NOVEMBER, TURKEY), 60)]


def test_same_cause_at_two_steps_gives_two_groups(office: Office) -> None:
    office.add(12, PHONE, place=STEP_1)
    office.add(9, PHONE, place=STEP_3)
    office.add(20, PHONE)
    office.add(400)
    assert lines(office.find()) == [(STEP_1, (PHONE,), 12), (STEP_3, (PHONE,), 9)]


def test_tasks_with_nothing_in_common_but_the_step(office: Office) -> None:
    office.add(3, place=STEP_1)
    office.add(400)
    [group] = office.find()
    assert lines([group]) == [(STEP_1, (), 3)]
    assert not group.is_single


def test_single_tasks_of_all_steps_are_one_line(office: Office) -> None:
    office.add(1, place=STEP_3)
    office.add(1, place=STEP_1, at=FRIDAY + timedelta(days=1))
    office.add(400)
    [line] = office.find()
    assert line == Found(STEP_1, (), line.task_ids, (), is_single=True)
    assert sorted(line.task_ids) == [1, 2]


def test_tasks_of_which_nothing_is_known() -> None:
    tasks = [Seen(number, STEP_1, FRIDAY, FRIDAY, ()) for number in range(1, 6)]
    assert lines(find_groups(tasks, [])) == [(STEP_1, (), 5)]
    assert lines(find_groups(tasks, tasks)) == [(STEP_1, (), 5)]
    assert find_groups([], tasks) == []


def test_rest_of_a_place_of_which_nothing_is_known(office: Office) -> None:
    office.add(7, PHONE, place=STEP_3)
    office.failing += [
        Seen(10_000 + number, STEP_3, FRIDAY + timedelta(hours=2 * number), FRIDAY, ()) for number in range(4)
    ]
    office.add(400)
    assert lines(office.find()) == [(STEP_3, (PHONE,), 7), (STEP_3, (), 4)]


def test_values_that_only_failing_tasks_have_known(office: Office) -> None:
    """Where the values of the others aren't known, the values of failing tasks separate nothing."""
    office.add(40, place=STEP_1)
    office.add(40)
    office.others += [
        Seen(10_000 + number, FINISHED, FRIDAY + timedelta(minutes=number % 600), FRIDAY, ()) for number in range(2_000)
    ]
    assert lines(office.find()) == [(STEP_1, (), 40)]


def test_day_on_which_much_fails_names_no_import(office: Office) -> None:
    office.add(50, NOVEMBER, BEN, place=STEP_1)
    office.add(50, place=STEP_1)
    office.add(30, NOVEMBER, BEN)
    office.add(30)
    thursday = FRIDAY - timedelta(days=1)
    office.add(5, place=STEP_1, at=thursday)
    office.add(2_000, at=thursday)
    assert NOVEMBER not in {fact for group in office.find() for fact in group.facts}


def test_other_days_are_not_compared(office: Office) -> None:
    office.add(40, NOVEMBER, place=STEP_1)
    office.add(40, NOVEMBER)
    office.add(2_000, at=FRIDAY - timedelta(days=3))
    [group] = office.find()
    assert group.facts == ()
    assert {shared.of_others for shared in group.shared} == {40}


def test_title_stays_while_it_is_nearly_as_good(office: Office) -> None:
    office.add(60, PHONE, TURKEY, place=STEP_1)
    office.add(3, TURKEY, place=STEP_1)
    office.add(26, PHONE, TURKEY)
    office.add(4, PHONE)
    office.add(1_000)
    assert office.find()[0].facts == (TURKEY,)
    assert office.find((STEP_1, (PHONE,)))[0].facts == (PHONE,)
    assert office.find((STEP_3, (PHONE,)))[0].facts == (TURKEY,)
    office.add(400, PHONE)
    assert office.find((STEP_1, (PHONE,)))[0].facts == (TURKEY,)


def test_run_of_hours_keeps_its_title(office: Office) -> None:
    time = datetime(2026, 11, 27, 13, tzinfo=UTC)
    for number in range(36):
        office.add(1, BEN, place=STEP_1, at=time + timedelta(minutes=3 * number))
    office.add(200, BEN)
    office.add(200)
    assert lines(office.find()) == [(STEP_1, (BEN, hour("13:00")), 36)]
    assert lines(office.find((STEP_1, (BEN, hour("14:00"))))) == [(STEP_1, (BEN, hour("14:00")), 36)]


def test_order_of_tasks_changes_nothing(office: Office) -> None:
    add_november(office)
    office.add(7, PHONE, place=STEP_3)
    office.add(3, place=STEP_2)
    before = office.find()
    office.random.shuffle(office.others)
    assert office.find() == before
    office.random.shuffle(office.failing)
    assert lines(office.find()) == lines(before)


@pytest.mark.parametrize("causes", [0, 2, 3])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
def test_planted_causes_are_found(seed: int, causes: int) -> None:
    planted = Planted(seed, causes, failing=1_000, others=4_000)
    assert errors_in(planted, find_groups(planted.failing, planted.others)) == []
