"""Where no file can grow, figures are counted all the same, and nothing ends for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.external_api.server import PROJECT

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
