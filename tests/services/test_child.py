"""The child process that reads a file: if it fails, the file is refused with a sentence, and nothing is left behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines_portal.spreadsheets import child_process
from pipelines_portal.spreadsheets.files import ReadingOptions
from pipelines_portal.spreadsheets.limits import MAX_CELL, MAX_TEXT, MEBIBYTE, Bounds, RowsFileError
from pipelines_portal.spreadsheets.reading import lines_in, read_lines
from tests.external_api.server import PROJECT
from tests.spreadsheets.reading import BOUNDS, read_whole

CSV = b"name,text\n" + b"".join(b"%d,some text to read\n" % number for number in range(50_000))
TEXTS = {"longest_cell": MAX_CELL, "text": MAX_TEXT}


def is_running(process: int) -> bool:
    """A zombie is not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(process: int) -> bool:
    deadline = time.monotonic() + 20
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(process)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`use(text)`: run this program in the place of the reader."""
    return lambda text: monkeypatch.setattr(child_process, "PROGRAM", text)


def refused(bounds: Bounds = BOUNDS, data: bytes = CSV) -> str:
    with pytest.raises(RowsFileError) as refusal:
        read_whole(data, bounds=bounds)
    assert refusal.value.advice
    return refusal.value.title


def test_a_file_is_read_from_its_path_too(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(CSV)
    assert read_whole(path).lines == read_whole(CSV).lines
    assert read_whole(path).found.line_count == 50_001


def test_reading_only_the_beginning_leaves_no_process_and_no_pipe() -> None:
    before = set(Path("/proc/self/fd").iterdir())
    with read_lines("rows", CSV, ReadingOptions(), BOUNDS) as reading:
        first = lines_in(next(reading.blocks))
    assert first[0] == (1, ["name", "text"])
    assert not Path(f"/proc/{reading.process.pid}").exists()
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_killed_while_it_reads() -> None:
    with read_lines("rows", CSV, ReadingOptions(), BOUNDS) as reading, pytest.raises(RowsFileError) as refusal:
        for _ in reading.blocks:
            reading.process.kill()
    assert "is too large or damaged" in refusal.value.title
    assert not Path(f"/proc/{reading.process.pid}").exists()


def test_too_much_memory() -> None:
    data = b"a\n" + b"x\n" * (30 * MEBIBYTE)
    assert "is too large" in refused(Bounds(rows=10, bytes=64 * MEBIBYTE, **TEXTS, memory=90 * MEBIBYTE), data)


def test_too_much_time(use: Callable[[str], None]) -> None:
    """The limit on processor time that it set for itself ends it."""
    use(BUSY)
    assert "is too large or damaged" in refused(Bounds(rows=10, bytes=64 * MEBIBYTE, **TEXTS, seconds=1))


@pytest.mark.parametrize(
    "hangs", ["import time; time.sleep(600)", "import sys, time; sys.stdin.buffer.read(3); time.sleep(600)"]
)
def test_silence(use: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, hangs: str) -> None:
    """The child process does not read the file, or reads it and never answers."""
    use(hangs)
    monkeypatch.setattr(child_process, "SILENCE_SECONDS", 0.5)
    assert "is too large or damaged" in refused()


@pytest.mark.parametrize(
    "nonsense",
    [
        "raise SystemExit(3)", "import os; os.abort()", "no python", "print('hello, this is no frame')",
        r"import sys; sys.stdout.buffer.write(b'F\0\0\0\2[]')", r"import sys; sys.stdout.buffer.write(b'F\0\0\0\2{}')",
        r"import sys; sys.stdout.buffer.write(b'R\0\0\0\2{}')",
        r"import sys; sys.stdout.buffer.write(b'B\0\0\0\5short')",
        r"import sys; sys.stdout.buffer.write(b'F\xff\xff\xff\xff{')",
        """import sys; sys.stdout.buffer.write(b'F\\0\\0\\0\\x0e{"kind": "csv"}B')""",
    ],
)  # fmt: skip
def test_nonsense(use: Callable[[str], None], nonsense: str) -> None:
    use(nonsense)
    assert "is too large or damaged" in refused()


def test_it_sees_no_secrets_and_writes_no_files(use: Callable[[str], None], tmp_path: Path) -> None:
    told = tmp_path / "told"
    use("import os, sys; sys.path.insert(0, sys.argv[1])\nfrom pipelines_portal.spreadsheets import child, limits\n"
        f"open({str(told)!r}, 'w').write(str(sorted(os.environ)))\nchild.limit_itself(limits.WITH_AN_ARCHIVE)\n"
        f"open({str(tmp_path / 'more')!r}, 'w').write('x')")  # fmt: skip
    refused()
    assert told.read_text() == "['LC_ALL', 'MALLOC_ARENA_MAX']"
    assert not (tmp_path / "more").exists() or not (tmp_path / "more").read_text()


PARENT = """
import sys
from pipelines_portal.spreadsheets import child_process
from pipelines_portal.spreadsheets.files import ReadingOptions
from pipelines_portal.spreadsheets.limits import Bounds
child_process.PROGRAM = sys.argv[1]
bounds = Bounds(rows=1, bytes=1000, longest_cell=9, text=9)
reading = child_process.FileReading("rows", b"x" * 100, ReadingOptions(), bounds)
reading.__enter__()
"""
BUSY = (
    "import sys; sys.path.insert(0, sys.argv[1]); from pipelines_portal.spreadsheets import child\n"
    "def spin(*of):\n    while True: pass\nchild.frames = spin\nchild.main()"
)


def wait_for_children(process: int) -> list[int]:
    """Return the ids of its children as soon as there are any."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if children := Path(f"/proc/{process}/task/{process}/children").read_text().split():
            return [int(child) for child in children]
        time.sleep(0.02)
    raise AssertionError("It started no child.")


def test_it_ends_with_the_program_that_started_it() -> None:
    """Even if it is busy."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, BUSY], cwd=PROJECT)
    (child,) = wait_for_children(parent.pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(child)
