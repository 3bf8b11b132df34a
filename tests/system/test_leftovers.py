"""The hidden folder of a backup stays while its process lives, and is removed after it was killed."""

import subprocess
import sys
from pathlib import Path

from pipelines_portal.system.backup.leftovers import remove_leftovers

WORK = """
import sys, time
from pathlib import Path
from pipelines_portal.system.backup.leftovers import working_folder
file = Path(sys.argv[1])
with working_folder(file, file.parent) as folder:
    (folder / "part").touch()
    print(folder, flush=True)
    time.sleep(600)
"""


def test_a_folder_is_removed_once_its_process_is_gone(tmp_path: Path) -> None:
    file = str(tmp_path / "portal-2026-01-01-023000.tar")
    with subprocess.Popen([sys.executable, "-c", WORK, file], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        remove_leftovers(tmp_path)
        assert (folder / "part").exists()
        process.kill()
    assert (folder / "part").exists()
    remove_leftovers(tmp_path)
    assert not folder.exists()
