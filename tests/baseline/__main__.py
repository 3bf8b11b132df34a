"""Show that the tests still catch what they caught before: draw changes that make the product worse, and try each.

The changes are what earlier commits changed, taken back, and small faults in the logic. Each runs against the tests
without other programs that reach it, in a copy of the project as it is committed.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from .change import Change
from .copies import PROJECT, copies, git
from .history import history
from .mutants import mutants
from .reaching import Reaching, measured
from .running import CAUGHT, GONE, NOT_REACHED, SURVIVED, Result, Runner

FOLDER = PROJECT / "build" / "baseline"
PROCESSES = 2
Results = dict[str, Result]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which changes are drawn")
    parser.add_argument("--history", type=int, default=50, metavar="N", help="how many commits are taken back")
    parser.add_argument("--mutants", type=int, default=240, metavar="N", help="how many small faults are planted")
    parser.add_argument("--against", type=Path, help="try the changes of this earlier result, and compare")
    options = parser.parse_args()
    if git("status", "--porcelain", "--", "pipelines_portal", "templates", "tests"):
        parser.error("Commit first: what is not committed is not tried.")
    earlier = read(options.against) if options.against else None
    commit = git("rev-parse", "--short=12", "HEAD").strip()
    reaching = measured(FOLDER / commit)
    with copies(commit, PROCESSES) as folders:
        every = [*history(folders[0]), *mutants(folders[0])]
        if earlier is None:
            of_kind = {kind: [change for change in every if change.kind == kind] for kind in ("history", "mutant")}
            drawn = draw(of_kind["history"], options.history, options.seed)
            drawn += draw(of_kind["mutant"], options.mutants, options.seed)
        else:
            drawn = [change for change in every if change.name in earlier]
        results = try_all(drawn, reaching, folders, earlier or {})
    for name in (earlier or {}).keys() - results.keys():
        results[name] = show(name, Result(GONE))
    file = FOLDER / f"{options.seed}-{commit}.json"
    file.write_text(json.dumps({name: vars(result) for name, result in sorted(results.items())}, indent=1))
    summarize(results)
    print(f"Written to {file.relative_to(PROJECT)}.")
    return compare(earlier, results) if earlier is not None else 0


def read(file: Path) -> Results:
    return {name: Result(**result) for name, result in json.loads(file.read_text()).items()}


def draw(changes: list[Change], number: int, seed: int) -> list[Change]:
    """Draw by their names, so that nearly the same ones are drawn again after some have come or gone."""
    return sorted(changes, key=lambda change: hashlib.sha256(f"{seed} {change.name}".encode()).digest())[:number]


def try_all(changes: Iterable[Change], reaching: Reaching, folders: list[Path], earlier: Results) -> Results:
    free, runner = SimpleQueue[Path](), Runner()
    for folder in folders:
        free.put(folder)
    # The measured lines are read here, since a database of SQLite belongs to its thread.
    planned = [(one, reaching.tests_of(one, earlier[one.name].test if one.name in earlier else "")) for one in changes]

    def attempt(plan: tuple[Change, list[str]]) -> tuple[str, Result]:
        folder = free.get()
        try:
            return plan[0].name, show(plan[0].name, runner.result(*plan, folder))
        finally:
            free.put(folder)

    with ThreadPoolExecutor(len(folders)) as threads:
        return dict(threads.map(attempt, planned))


def show(name: str, result: Result) -> Result:
    print(f"{result.outcome}: {name}" + (f"\n    by {result.test}" if result.test else ""), flush=True)
    return result


def summarize(results: Results) -> None:
    """Print how many of each app, and of history, had which outcome."""
    counts: dict[str, Counter[str]] = {}
    for name, result in results.items():
        group = name.split("/")[1] if name.startswith("mutant") else "history"
        counts.setdefault(group, Counter())[result.outcome] += 1
    for group, outcomes in sorted(counts.items()):
        print(f"{group}: " + ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common()))


def compare(earlier: Results, now: Results) -> int:
    lost = [
        name for name in earlier if earlier[name].outcome == CAUGHT and now[name].outcome in (SURVIVED, NOT_REACHED)
    ]
    for name in lost:
        print(f"not caught any more: {name}\n    caught before by {earlier[name].test}")
    caught = [name for name in earlier if earlier[name].outcome == CAUGHT]
    judged = (CAUGHT, SURVIVED, NOT_REACHED)
    for name in (name for name in caught if now[name].outcome not in judged):
        print(f"not compared, {now[name].outcome}: {name}")
    compared = sum(now[name].outcome in judged for name in caught)
    print(f"Of {len(caught)} that were caught, {compared} were compared; {len(lost)} are not caught any more.")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
