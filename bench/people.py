"""Operators at work at once: list of 50, a task, the form, a new task; against the portal at an earlier commit.

Prints, of one run, and fails where a limit is missed:
  50 people thinking 1 s, p95 / one alone without thinking, p50      at most 4, of each kind of request; no errors
  16 people without thinking, requests a second, here / before       at least 2
  the same with two processes / with one                             printed: on two cores the API and this script share
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shared.contestants import Contestant, at_commit, here, running, set_up
from shared.operators import STEPS, Work, at_work

BEFORE = "cc096a6"
PEOPLE, TASKS = 50, 200
WORKFLOWS = int(os.environ.get("BENCH_WORKFLOWS", "2"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "15"))


def told(what: str, work: Work) -> Work:
    print(f"{what}: {work.a_second:.1f} requests/s, {len(work.errors)} errors")
    for step in STEPS:
        print("   {:7} p50 {:6.1f}  p95 {:6.1f}  p99 {:6.1f} ms".format(
            step, *(work.percentile(percent, step) for percent in (50, 95, 99))))  # fmt: skip
    for error in work.errors[:2]:
        print(f"   {error}")
    return work


def without_thinking(contestant: Contestant, processes: int = 1) -> Work:
    with running(contestant, processes):
        at_work(contestant, 4, 0, 2)
        return told(f"{contestant.name}, 16 people, {processes} processes", at_work(contestant, 16, 0, SECONDS))


def thinking(contestant: Contestant) -> tuple[Work, Work]:
    with running(contestant):
        at_work(contestant, PEOPLE, 1, 3)  # their first pages of the day
        alone = told(f"{contestant.name}, one alone", at_work(contestant, 1, 0, SECONDS / 2))
        return alone, told(f"{contestant.name}, {PEOPLE} people thinking 1 s", at_work(contestant, PEOPLE, 1, SECONDS))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-people-") as folder:
        ours, before = here(Path(folder) / "here"), at_commit(BEFORE, Path(folder) / "before")
        for contestant in (ours, before):
            set_up(contestant, PEOPLE, WORKFLOWS, TASKS)
        rates = [(without_thinking(ours).a_second, without_thinking(before).a_second) for _ in range(2)]
        alone, many = thinking(ours)
        two = without_thinking(ours, processes=2)
    gain = max(here for here, _ in rates) / max(then for _, then in rates)
    waits = {step: many.percentile(95, step) / alone.percentile(50, step) for step in STEPS}
    print(f"requests a second, here / {BEFORE}: {gain:.2f} (at least 2)")
    print(f"p95 of {PEOPLE} / p50 of one: " + ", ".join(f"{step} {ratio:.1f}" for step, ratio in waits.items()))
    print(f"two processes / one: {two.a_second / max(here for here, _ in rates):.2f}")
    sys.exit(0 if gain >= 2 and max(waits.values()) <= 4 and not many.errors else 1)


if __name__ == "__main__":
    main()
