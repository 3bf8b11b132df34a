"""Failing tasks with planted causes: `python -m tests.attention.planted 1-100` checks which of them are found.

Of the failures, 30 % are noise, and 20 % of the tasks have no values. Ends with 1 if a seed fails.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipelines_portal.attention.finding import Fact, Found, Place, Seen, find_groups

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
THURSDAY = 3
NOISE = 0.3
WITHOUT_VALUES = 0.2
MIN_PURITY = 0.95
MORE_LINES = 3
PLACES: list[Place] = [("failed", 1, 4), ("failed", 3, 4)]
COUNTRIES = ["AT", "DE", "CH", "IT", "FR", "PL", "CZ", "ES", "TR"]
SENDERS = [str(number) for number in range(1, 13)]
CULPRIT = "3"
LARGE_IMPORTS = ("901", "902")


@dataclass(slots=True)
class Order:
    """The facts of a task, also those that the portal does not know."""

    country: str
    channel: str
    sender: str
    import_id: str
    at: datetime

    @property
    def is_turkish_row(self) -> bool:
        return self.country == "TR" and self.import_id in LARGE_IMPORTS

    @property
    def is_late(self) -> bool:
        return self.sender == CULPRIT and self.at.weekday() == THURSDAY and self.at.hour >= 16

    @property
    def is_by_phone(self) -> bool:
        return self.channel == "Phone"


CAUSES: list[Callable[[Order], bool]] = [
    lambda order: order.is_turkish_row,
    lambda order: order.is_late,
    lambda order: order.is_by_phone,
]


class Planted:
    """Tasks of one workflow, with so many causes of failures."""

    def __init__(self, seed: int, causes: int, failing: int = 10_000, others: int = 40_000) -> None:
        self.random = random.Random(f"{seed} {causes}")
        self.causes = CAUSES[:causes]
        self.turkish_elsewhere = self.random.uniform(0.01, 0.08)
        self.orders: dict[int, Order] = {}
        noise = round(failing * NOISE) if causes else failing
        self.failing = [self.see(self.draw_other(), self.random.choice(PLACES)) for _ in range(noise)]
        for number in range(failing - noise):
            cause = number % causes
            # In every other seed, the first two causes make tasks fail at the same step.
            place = PLACES[(cause > 0) if seed % 2 else (cause > 1)]
            self.failing.append(self.see(self.draw_failing(cause), place))
        self.others = [self.see(self.draw_other(), ("finished", 4, 4)) for _ in range(others)]
        self.random.shuffle(self.failing)

    def draw(self) -> Order:
        pick = self.random.random
        sender = SENDERS[int(12 * pick() ** 1.5)]
        import_id = f"{sender}0{int(30 * pick())}" if pick() < 0.4 else ""
        if pick() < 0.2:
            import_id = LARGE_IMPORTS[pick() < 0.5]
        country = "TR" if pick() < self.turkish_elsewhere else COUNTRIES[int(8 * pick() ** 2)]
        channel = "Phone" if pick() < 0.03 else ("Mail", "Web", "Shop")[int(3 * pick())]
        at = MONDAY + timedelta(days=int(5 * pick()), hours=8 + int(11 * pick()), minutes=int(60 * pick()))
        return Order(country, channel, sender, import_id, at)

    def draw_failing(self, cause: int) -> Order:
        order = self.draw()
        if cause == 0:
            order.country, order.import_id = "TR", self.random.choice(LARGE_IMPORTS)
        elif cause == 1:
            thursday = MONDAY + timedelta(days=THURSDAY, hours=16)
            order.sender, order.at = CULPRIT, thursday + timedelta(minutes=int(180 * self.random.random()))
        else:
            order.channel = "Phone"
        return order

    def draw_other(self) -> Order:
        """Draw an order that no cause makes fail. One of twenty that have a cause is let through."""
        order = self.draw()
        while any(cause(order) for cause in self.causes) and self.random.random() > 0.05:
            order = self.draw()
        return order

    def see(self, order: Order, place: Place) -> Seen:
        pick = self.random.random
        task_id = len(self.orders) + 1
        self.orders[task_id] = order
        facts = [Fact("hour", "", order.at.replace(minute=0).isoformat())]
        is_without_values = pick() < WITHOUT_VALUES
        if not is_without_values or pick() < 0.5:
            facts.append(Fact("sender", "", order.sender))
            facts += [Fact("import", "", order.import_id)] if order.import_id else []
        if not is_without_values:
            facts += self.values(order, task_id)
        return Seen(task_id, place, order.at, order.at + timedelta(minutes=20), tuple(facts))

    def values(self, order: Order, task_id: int) -> Iterator[Fact]:
        pick = self.random.random
        currency = "TRY" if order.country == "TR" and pick() < 0.7 else ("EUR", "EUR", "CHF")[int(3 * pick())]
        yield Fact("field", "Country", order.country)
        yield Fact("field", "Channel", order.channel)
        yield Fact("field", "Currency", currency)
        yield Fact("field", "Customer", f"{order.country}{int(60 * pick() ** 2)}")
        yield Fact("field", "Priority", str(int(5 * pick() ** 2)))
        yield Fact("field", "Product", str(int(900 * pick() ** 2)))
        yield Fact("field", "Order number", f"A-{100_000 + task_id}")
        yield Fact("field", "Gross", str(int(1_000_000 * pick())))

    def cause_of(self, group: Found) -> int | None:
        """Return the number of the cause that at least 95 % of the group's tasks have."""
        for number, cause in enumerate(self.causes):
            share = sum(cause(self.orders[task_id]) for task_id in group.task_ids) / len(group.task_ids)
            if share >= MIN_PURITY:
                return number
        return None


def errors_in(planted: Planted, groups: list[Found]) -> list[str]:
    titles = [group for group in groups if group.facts]
    found = [planted.cause_of(group) for group in titles]
    errors = [
        f"{title.facts} of {len(title.task_ids)}" for title, cause in zip(titles, found, strict=True) if cause is None
    ]
    errors += [f"cause {number} not found" for number in range(len(planted.causes)) if number not in found]
    if len(groups) > len(planted.causes) + MORE_LINES:
        errors.append(f"{len(groups)} lines")
    if sorted(task_id for group in groups for task_id in group.task_ids) != sorted(
        task.task_id for task in planted.failing
    ):
        errors.append("not each task in one group")
    return errors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", help="such as 17 or 1-20")
    parser.add_argument("--trace", action="store_true", help="print the groups")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    failed, seconds = 0, []
    for seed in range(int(first), int(last or first) + 1):
        for causes in (0, 2, 3):
            planted = Planted(seed, causes)
            begin = time.process_time()
            groups = find_groups(planted.failing, planted.others)
            seconds.append(time.process_time() - begin)
            if given.trace:
                print(*((group.place, group.facts, len(group.task_ids)) for group in groups), seconds[-1], sep="\n")
            if errors := errors_in(planted, groups):
                failed += 1
                print(f"seed {seed}, {causes} causes: {'; '.join(errors)}", flush=True)
    print(
        f"{len(seconds)} runs, {failed} failed; CPU {sum(seconds) / len(seconds):.2f} s, at most {max(seconds):.2f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
