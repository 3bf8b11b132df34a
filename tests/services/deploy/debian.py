"""A Debian server without a machine: its own root, in which bin/setup-server runs and the units' programs are started.

systemd does not run in a chroot: `systemctl enable` writes its links there, and the rest it passes over. So what the
units start is started here, with the user and the environment that they name.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.external_api.server import PROJECT
from tests.services.deploy.image import NOT_WANTED, REQUIREMENTS, SUITE, digest, kept_part, make_wheels, run

PACKAGES = "systemd,python3-venv,caddy,ca-certificates,tzdata,postgresql-client,util-linux"
UNITS = "etc/systemd/system"
# The first release, from which later ones are upgraded.
EARLIER = "0.1.0"
MOUNTED = """
set -e
umask 022
mount --bind "$ROOT" "$ROOT"
mount --bind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
mkdir -p "$ROOT/wheels"
mount --bind "$WHEELS" "$ROOT/wheels"
exec chroot "$ROOT" "$@"
"""


@dataclass
class Debian:
    """`started` are the processes of the units."""

    root: Path
    wheels: Path
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def run(self, *command: str, code: int = 0, **env: str) -> str:
        """Run a command as root, and return all that it prints."""
        done = subprocess.run(
            self._inside(*command), env=self._env(env), capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def _inside(self, *command: str) -> list[str]:
        return ["unshare", "--mount", "sh", "-c", MOUNTED, "sh", *command]

    def _env(self, more: dict[str, str]) -> dict[str, str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        offline = {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": "/wheels",
            "PATH": path,
            "HOME": "/root",
            "SYSTEMD_OFFLINE": "1",
        }
        return offline | {"ROOT": str(self.root), "WHEELS": str(self.wheels)} | more

    def unpack(self, name: str, commit: str = "") -> Path:
        """A release in /opt: what stands here, or what a commit has. Return its folder."""
        place = self.root / "opt" / name
        place.mkdir(parents=True)
        place.chmod(0o755)
        if commit:
            archive = subprocess.run(["git", "archive", commit], cwd=PROJECT, check=True, capture_output=True).stdout
            subprocess.run(["tar", "-x", "-p", "-C", str(place)], input=archive, check=True)
            return place
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True).stdout.decode().split("\0")
        for each in filter(None, names):
            if (PROJECT / each).is_file() and not each.startswith(("tests/", "bench/")):
                (place / each).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / each, place / each)
        return place

    def enabled(self) -> set[str]:
        """The units that systemd starts with the machine."""
        return {link.name for link in (self.root / UNITS).glob("*.wants/*") if link.name.startswith("pipelines")}

    def start(self, unit: str, log: Path, **env: str) -> "subprocess.Popen[bytes]":
        """Start what the unit starts, by the environment and as the user of all of them."""
        (command,) = self._lines(unit, "ExecStart")
        user = ["setpriv", "--reuid", "pipelines", "--regid", "pipelines", "--clear-groups"]
        with log.open("ab") as out:
            inside = self._inside(*user, *shlex.split(command.replace("$$", "$")))
            process = subprocess.Popen(
                ["setsid", *inside], env=self._env(self.environment() | env), stdout=out, stderr=out
            )
        self.started.append(process)
        return process

    def environment(self) -> dict[str, str]:
        common = (self.root / UNITS / "pipelines-.service.d/common.conf").read_text()
        given = re.findall(r"^Environment=(.+)", common, re.MULTILINE)
        pairs = " ".join(given).split() + (self.root / "etc/pipelines-portal/env").read_text().splitlines()
        env = dict(pair.split("=", 1) for pair in pairs if re.match(r"[A-Z]", pair))
        runtime = self.root / "run/pipelines-portal"
        runtime.mkdir(exist_ok=True)
        shutil.chown(runtime, *self.service_user())
        return env | {"RUNTIME_DIRECTORY": "/run/pipelines-portal"}

    def service_user(self) -> tuple[int, int]:
        line = re.search(r"^pipelines:x:(\d+):(\d+):", (self.root / "etc/passwd").read_text(), re.MULTILINE)
        assert line
        return int(line[1]), int(line[2])

    def _lines(self, unit: str, name: str) -> list[str]:
        stem, _, instance = unit.removesuffix(".service").partition("@")
        file = f"{stem}@.service" if instance else f"{stem}.service"
        text = (self.root / UNITS / file).read_text()
        return [line.replace("%i", instance) for line in re.findall(rf"^{name}=(.+)", text, re.MULTILINE)]

    def stop(self) -> None:
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.started:
            process.wait(timeout=60)
        self.started.clear()


def has_earlier() -> bool:
    """Return whether EARLIER is tagged. Until the first release is, an upgrade begins with new tables."""
    command = ["git", "cat-file", "-e", f"{EARLIER}^{{commit}}"]
    return subprocess.run(command, cwd=PROJECT, check=False, capture_output=True).returncode == 0


@contextmanager
def debian(folder: Path) -> Iterator[Debian]:
    """A new one in `folder`, which the caller removes."""
    base = kept_part("debian", digest(f"{SUITE} {PACKAGES} {NOT_WANTED}"), _make_root)
    wheels = kept_part("wheels", digest(REQUIREMENTS.read_text()), make_wheels)
    root = folder / "root"
    root.mkdir(mode=0o755)
    run(["tar", "-x", "-C", str(root), "-f", str(base / "root.tar")])
    server = Debian(root, wheels)
    try:
        yield server
    finally:
        server.stop()


def _make_root(folder: Path) -> None:
    left_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in NOT_WANTED]
    run(["mmdebstrap", "--quiet", "--variant=apt", f"--include={PACKAGES}", *left_out, SUITE, f"{folder}/root.tar"])
