"""Where no file can grow, figures are counted all the same, and nothing ends for it."""

import errno
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines_portal.shared.figures import page
from pipelines_portal.shared.figures.folder import forget_the_dead
from tests.external_api.server import PROJECT

pytestmark = pytest.mark.full

# The system refuses to lengthen a file beyond the limit, as it does on a full disk.
COUNTING = """
import resource, sys
from pathlib import Path
from pipelines_portal.shared.figures.folder import count_into
folder, limit, labels = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit or 1 << 30, resource.RLIM_INFINITY))
files = count_into(folder, "portal")
if not limit:  # no file can be opened there, as on a disk that takes no more of them
    files.rmdir()
from prometheus_client import Counter
counter = Counter("things", "Things.", ["name"])
for name in range(labels):
    for _ in range(3):
        counter.labels(f"a rather long name of a thing {name}").inc()
print(sum(metric.value for metric in counter.collect()[0].samples if metric.name == "things_total"))
"""


def counted(folder: Path, limit: int, labels: int) -> float:
    command = [sys.executable, "-c", COUNTING, str(folder), str(limit), str(labels)]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    return float(done.stdout)


@pytest.mark.parametrize(("limit", "labels"), [(0, 5), (1_000, 5), (300_000, 5_000), (1 << 30, 5_000)])
def test_counts_are_right_without_room_for_the_file_or_for_more_of_it(limit: int, labels: int, tmp_path: Path) -> None:
    assert counted(tmp_path, limit, labels) == 3 * labels


def test_a_file_has_its_blocks_before_anything_is_written_there(tmp_path: Path) -> None:
    """Or the system ends whoever writes (SIGBUS) once the disk is full."""
    counted(tmp_path, 1 << 30, 5)
    files = list(tmp_path.rglob("*.db"))
    assert files
    assert [file for file in files if file.stat().st_blocks * 512 < file.stat().st_size] == []


def test_what_was_in_memory_goes_into_the_file_when_there_is_room_again(tmp_path: Path) -> None:
    """A file in which something is missing could be read by nobody."""
    growing = """
import os, sys
from pathlib import Path
from pipelines_portal.shared.figures.folder import count_into
folder = count_into(Path(sys.argv[1]), "portal")
from prometheus_client import Counter
from prometheus_client.multiprocess import MultiProcessCollector
counter, taken = Counter("things", "Things.", ["name"]), os.posix_fallocate
def full(*_):
    raise OSError(28, "No space left on device")
for name in range(6_000):
    counter.labels(f"a rather long name of a thing {name}").inc()
    os.posix_fallocate = full if 1_000 < name < 3_000 else taken
found = MultiProcessCollector.merge([str(file) for file in folder.glob("*.db")])
print(sum(sample.value for metric in found for sample in metric.samples))
"""
    done = subprocess.run(
        [sys.executable, "-c", growing, str(tmp_path)], cwd=PROJECT, check=True, capture_output=True, text=True
    )
    assert float(done.stdout) == 6_000
    assert done.stderr.count("stay in memory") == 1


@pytest.mark.parametrize("content", [b"\xff" * 300_000, b"\x40\x1f\0\0" + bytes(300_000), b"x\n", b"\x08\1\0\0"])
def test_a_damaged_file_of_an_ended_process_of_the_same_number_is_made_anew(content: bytes, tmp_path: Path) -> None:
    beginning = """
import os, sys
from pathlib import Path
from pipelines_portal.shared.figures.folder import count_into
folder = count_into(Path(sys.argv[1]), "portal")
(folder / f"counter_{os.getpid()}.db").write_bytes(Path(sys.argv[2]).read_bytes())
from prometheus_client import Counter
from pipelines_portal.shared.figures.files import is_whole
Counter("things", "Things.", ["name"]).labels("a").inc()
print([is_whole(file) for file in folder.glob("*.db")])
"""
    (tmp_path / "content").write_bytes(content)
    command = [sys.executable, "-c", beginning, str(tmp_path), str(tmp_path / "content")]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    assert done.stdout == "[True]\n"


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("/proc/none")])
def test_where_the_folder_cannot_be_made_one_line_says_so(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "figures")
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, str(tmp_path), "1000000", "5"], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.stdout == "15.0\n"
    assert done.stderr.count("stay in memory, and /metrics lacks them") == 1


def test_a_damaged_file_takes_no_other_along(tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.FIGURES_FOLDER, settings.FIGURES_ASKED = tmp_path / "figures" / socket.gethostname() / "portal", []
    counted(tmp_path, 1 << 30, 5)
    (settings.FIGURES_FOLDER / "counter_1.db").write_bytes(b"\xff\xff\xff\0" * 75_000)
    (settings.FIGURES_FOLDER / "folder_1.db").mkdir()
    for _ in range(2):
        assert b'things_total{name="a rather long name of a thing 4"} 3.0' in page.text()
    assert len([line for line in caplog.messages if "counter_1.db is damaged, and left out" in line]) == 1


def test_a_folder_that_can_only_be_read_ends_no_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "counter_none.db").touch()

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refused)
    forget_the_dead(tmp_path)
    assert (tmp_path / "counter_none.db").exists()
