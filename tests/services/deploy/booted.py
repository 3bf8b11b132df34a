"""A Debian server that boots: systemd as its first process, by systemd-nspawn, with no network but its own loopback."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.live import wait_until
from tests.services.deploy.debian import Debian
from tests.services.deploy.image import NOT_WANTED, PYTHON, REQUIREMENTS, digest, kept_part, make_wheels, run

PACKAGES = "systemd,systemd-sysv,dbus,python3-venv,caddy,ca-certificates,tzdata"
# By Debian's suites, the version of their Python.
SUITES = {"bookworm": "3.11", "trixie": "3.13"}
NEEDED = ("systemd-nspawn", "nsenter", "mmdebstrap")
# From a name to the answer's code, past what the certificate's authority is.
ASK = """
import ssl, sys, urllib.error, urllib.request as r
try: print(r.urlopen(sys.argv[1], timeout=10, context=ssl._create_unverified_context()).status)
except urllib.error.HTTPError as error: print(error.code)
except OSError as error: print(error)
"""


class CannotBoot(Exception):
    """Nothing of ours runs before systemd does, so it is this machine's doing."""


@dataclass
class Booted(Debian):
    """`boot` it first. What it prints is in `log`."""

    log: Path = field(kw_only=True)
    nspawn: "subprocess.Popen[bytes] | None" = None

    def boot(self) -> None:
        command = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--boot"]
        command += ["--system-call-filter=@keyring bpf", "--resolv-conf=off", "--timezone=off"]
        command += [f"--directory={self.root}", f"--bind-ro={self.wheels}:/wheels", "--console=pipe"]
        env = os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_NSPAWN_USE_CGNS": "0"}
        with self.log.open("ab") as log:
            self.nspawn = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.has_booted, "systemd to boot", 120)

    def has_booted(self) -> bool:
        assert self.nspawn
        if self.nspawn.poll() is not None:
            raise CannotBoot(self.log.read_text(errors="replace")[-500:])
        try:
            self.run("systemctl", "is-system-running")
        except AssertionError as error:
            return "degraded" in str(error)
        except IndexError:  # its first process is not there yet
            return False
        return True

    def _inside(self, *command: str) -> list[str]:
        assert self.nspawn
        first = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()[0]
        return ["nsenter", "--target", first, "--all", *command]

    def _env(self, more: dict[str, str]) -> dict[str, str]:
        env = super()._env(more)
        return {name: env[name] for name in env if name not in ("SYSTEMD_OFFLINE", "ROOT", "WHEELS")}

    def shut_down(self) -> None:
        """As by `poweroff`."""
        if self.nspawn:
            with suppress(ProcessLookupError):
                self.nspawn.send_signal(signal.SIGTERM)
            self.nspawn.wait(timeout=120)

    def ask(self, url: str) -> str:
        return self.run("python3", "-I", "-c", ASK, url).strip()

    def state(self, unit: str, name: str) -> str:
        return self.run("systemctl", "show", "--property", name, "--value", unit).strip()


@contextmanager
def booted(folder: Path, suite: str, hosts: tuple[str, ...]) -> Iterator[Booted]:
    """A new one in `folder`, which the caller removes. These host names lead to itself."""
    python = SUITES[suite]
    name = "wheels" if python == PYTHON else f"wheels-{python}"
    wheels = kept_part(name, digest(REQUIREMENTS.read_text()), lambda place: make_wheels(place, python))
    root = folder / "root"
    root.mkdir(mode=0o755)
    run(["tar", "-x", "-C", str(root), "-f", str(base(suite) / "root.tar")])
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost {' '.join(hosts)}\n")
    (root / "etc/hosts").chmod(0o644)
    server = Booted(root, wheels, log=folder / "console.log")
    try:
        server.boot()
        yield server
    finally:
        server.shut_down()


def why_not() -> str:
    """Return why this machine cannot boot one, or ""."""
    if os.geteuid() != 0:
        return "only root can boot systemd"
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        return f"{', '.join(missing)} is missing: apt-get install systemd-container mmdebstrap"
    if "cgroup2" not in Path("/proc/filesystems").read_text():
        return "the kernel has no control groups of version 2"
    return ""


def base(suite: str) -> Path:
    """The folder with `root.tar`, a Debian that is not installed on."""
    return kept_part(f"booted-{suite}", digest(f"{PACKAGES} {NOT_WANTED}"), lambda place: _make_root(place, suite))


def _make_root(folder: Path, suite: str) -> None:
    left_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in NOT_WANTED]
    asked = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", *left_out]
    run([*asked, suite, f"{folder}/root.tar", "http://deb.debian.org/debian"])
