"""A container by hand, where none of the usual tools may make one: the kernel's own namespaces.

The program is process 1 and the image's own user, without a right of root's. It sees the image's files, of which it can
write none, a /data and a /backups, and a /tmp that is its own.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.deploy.image import Image

MADE = """
set -e
mount --bind "$ROOT" "$ROOT"
mount --bind /dev "$ROOT/dev"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount --bind "$DATA" "$ROOT/data"
mount --bind "$DATA-backups" "$ROOT/backups"
mount -t proc proc "$ROOT/proc"
mount -o remount,ro,bind "$ROOT"
exec env -i "$@"
"""
OWN = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]


@dataclass
class Container:
    """`arguments` are for the image's entry point."""

    image: Image
    data: Path
    arguments: list[str]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        user = self.image.config["User"]
        env = [f"{name}={value}" for name, value in (self.image.env | self.env).items()]
        entered = ["chroot", f"--userspec={user}", "--groups=", str(self.image.root)]
        command = [*env, *entered, *self.image.config["Entrypoint"], *self.arguments]
        backups = Path(f"{self.data}-backups")
        if not backups.exists():
            backups.mkdir()
            os.chown(backups, *map(int, user.split(":")))
        around = os.environ | {"ROOT": str(self.image.root), "DATA": str(self.data)}
        with self.log.open("ab") as log:
            os.chown(self.log, *map(int, user.split(":")))  # as Docker does, so that it can be opened again
            made = [*OWN, "sh", "-c", MADE, "sh", *command]
            self.process = subprocess.Popen(made, env=around, stdout=log, stderr=log)

    def tell_to_end(self) -> None:
        """To the program itself: unshare passes no signal on."""
        os.kill(self._first_process(), signal.SIGTERM)

    def wait(self, seconds: float) -> int:
        return self.process.wait(timeout=seconds)

    def end(self) -> None:
        """All of it: with its first process, everything in its namespace ends."""
        with suppress(ProcessLookupError, ValueError, FileNotFoundError):
            os.kill(self._first_process(), signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def _first_process(self) -> int:
        (child,) = _children(self.process.pid)
        return child

    def said(self) -> str:
        return self.log.read_text(errors="replace")


def _children(pid: int) -> Iterator[int]:
    yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
