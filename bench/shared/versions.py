"""Compare this version with an earlier commit: the bench of each runs in its own code, one round here, one there.

The commit is unpacked below var/bench with its own benches, so that names may change. Figures match by their names.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from .measuring import claim
from .programs import PROJECT, run_bench

CHECKOUTS = PROJECT / "var" / "bench"
AGAINST = "--against"
# Given to a child process: run a round and print its figures for each line of standard input.
ROUNDS = "--rounds"
Figures = dict[str, float]
Round = Callable[[], Figures]


def run_versions(
    measure: Callable[[Path], Iterable[bool]],
    prepare: Callable[[Path], AbstractContextManager[Round]],
    rounds: int,
    limit: float,
) -> NoReturn:
    """Run a bench. With `--against COMMIT`, claim a limit for each figure here over the same figure at that commit."""
    script = Path(sys.argv[0]).name

    def run_rounds(folder: Path) -> list[bool]:
        with prepare(folder) as run_round:
            for _ in sys.stdin:
                print(json.dumps(run_round()), flush=True)
        return []

    def measure_and_compare(folder: Path) -> Iterator[bool]:
        yield from measure(folder)
        if AGAINST in sys.argv:
            yield from _compare(script, sys.argv[sys.argv.index(AGAINST) + 1], rounds, limit)

    run_bench(run_rounds if ROUNDS in sys.argv else measure_and_compare)


def words() -> list[str]:
    """Return the script's arguments without those that are for this module."""
    given = sys.argv[1:]
    if AGAINST in given:
        at = given.index(AGAINST)
        given = given[:at] + given[at + 2 :]
    return [word for word in given if word != ROUNDS]


def _compare(script: str, commit: str, rounds: int, limit: float) -> Iterator[bool]:
    """Compare the least value of each figure that both versions have."""
    checkout = _checkout(commit)
    with _rounds(PROJECT, sys.executable, script) as here, _rounds(checkout, _python(checkout), script) as there:
        turns = [(here(), there()) for _ in range(rounds)]
    both = [name for name in turns[0][0] if name in turns[0][1]]
    for name in both:
        ours, theirs = (min(turn[side][name] for turn in turns) for side in (0, 1))
        yield claim(f"{name}, {ours:.2f} here over {theirs:.2f} at {commit}", ours / theirs, limit)


def _checkout(commit: str) -> Path:
    folder = CHECKOUTS / _git("rev-parse", commit).decode()[:12]
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        _unpack(unfinished, commit)
        unfinished.rename(folder)
    return folder


def _unpack(folder: Path, commit: str) -> None:
    """Write the files of a commit, also those that `git archive` leaves out for a release."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as index:
        environment = os.environ | {"GIT_INDEX_FILE": f"{index}/index"}
        command = ["git", f"--work-tree={folder}", "checkout", "--quiet", commit, "--", "."]
        subprocess.run(command, cwd=PROJECT, env=environment, check=True)


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=PROJECT, stdout=subprocess.PIPE, check=True).stdout


def _python(checkout: Path) -> str:
    """Return this Python, or that of a new environment if the commit requires other packages."""
    if (checkout / "requirements.txt").read_text() == (PROJECT / "requirements.txt").read_text():
        return sys.executable
    python = checkout / ".venv" / "bin" / "python"
    if not python.exists():
        requirements = ["-r", str(checkout / "requirements.txt")]
        subprocess.run([sys.executable, "-m", "venv", str(checkout / ".venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *requirements], check=True)
    return str(python)


@contextmanager
def _rounds(folder: Path, python: str, script: str) -> Iterator[Round]:
    command = [python, f"bench/{script}", ROUNDS, *words()]
    with (
        subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child,
        ExitStack() as stack,
    ):
        # The child then stops its programs.
        stack.callback(child.send_signal, signal.SIGTERM)

        def run_round() -> Figures:
            assert child.stdin and child.stdout
            print(file=child.stdin, flush=True)
            figures: Figures = json.loads(child.stdout.readline())
            return figures

        yield run_round
