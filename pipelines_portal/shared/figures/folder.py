"""Where the processes of a program on one machine keep what they count: each in files of its own.

The folder has the machine's name: two containers may share a DATA_DIR, and both have a process 1.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path


def count_into(data_dir: Path, program: str) -> Path:
    """To be called before prometheus_client is loaded for the first time: it looks for this then, and never again."""
    folder = data_dir / "figures" / socket.gethostname() / program
    with suppress(OSError):  # a disk that takes no more files: figures stay in memory
        folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    from pipelines_portal.shared.figures.files import use_files_with_room

    use_files_with_room()
    return folder


def forget_the_dead(folder: Path) -> None:
    """Before a start: what ended processes counted. While any other is at work it is wanted, or sums would fall."""
    files = list(folder.glob("*.db"))
    if any(_is_alive(file.stem.rpartition("_")[2]) for file in files):
        return
    with suppress(OSError):  # a disk that can only be read: no start ends for figures
        for file in files:
            file.unlink(missing_ok=True)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
