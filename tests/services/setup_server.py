"""bin/setup-server on a machine of stand-ins: its own folders, no packages, a systemctl that answers as the real one.

It takes a second. tests/services/deploy boots systemd itself.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.external_api.server import PROJECT

# Each of these folders is the machine's own.
MOUNTED = """
set -e
for name in opt etc var run usr/local/bin; do mount --bind "$ROOT/$name" "/$name"; done
cd "$FROM"
exec "$@"
"""
# With the exit codes and sentences of systemd 257. A unit that is active has a file in /run/active.
SYSTEMCTL = r"""#!/bin/sh
verb=$1; shift
[ "$verb" != daemon-reload ] || exit 0
fail() { echo "$1" >&2; exit "$2"; }
named() { case $1 in *.service | *.target | *.timer) echo "$1" ;; *) echo "$1.service" ;; esac; }
is_there() { [ -e "/etc/systemd/system/$(named "$1" | sed 's/@[^.]*/@/')" ]; }
for unit; do
  case $unit in -*) continue ;; esac
  case $verb in
    start) is_there "$unit" || fail "Failed to start $unit: Unit $(named "$unit") not found." 5 ;;
    stop) is_there "$unit" || fail "Failed to stop $unit: Unit $unit not loaded." 5 ;;
    enable | disable) is_there "$unit" || fail "Failed to $verb unit: Unit $(named "$unit") does not exist" 1 ;;
    is-active) [ -e "/run/active/$(named "$unit")" ] && echo active && continue; echo inactive; exit 3 ;;
    *) fail "This stand-in does not know $verb." 70 ;;
  esac
done
for unit; do
  case $unit in -*) continue ;; esac
  case $verb in
    start)
      [ ! -e /run/prepare-fails ] || fail "A dependency job for $unit failed. See 'journalctl -xe' for details." 1
      touch "/run/active/$(named "$unit")" ;;
    stop) [ "$unit" != pipelines.target ] || rm -f /run/active/* ;;
  esac
done
"""
JOURNALCTL = """#!/bin/sh
echo "WEB_THREADS must be a whole number."
"""
# It notes where and how it is called. What it prints is the end of what the programs would.
PYTHON = r"""#!/bin/sh
printf '%s\t%s\n' "$PWD" "$(echo "$*" | tr "\\n" " ")" >>/var/lib/calls
for last; do :; done
case "$*" in
  *generated_secrets) echo both ;;
  *check_settings*) [ "${WEB_THREADS:-8}" != lots ] || { echo "WEB_THREADS must be a whole number." >&2; exit 1; } ;;
  *" backup "*) echo "of $(sed -n 's/^__version__ = //p' pipelines_portal/__init__.py)" >"$last" ;;
esac
"""


@dataclass
class Machine:
    """`elsewhere` is the folder in which the commands are called."""

    root: Path
    elsewhere: Path

    def __post_init__(self) -> None:
        for name in ("opt", "etc/systemd/system", "var/lib", "run/systemd/system", "run/active", "usr/local/bin"):
            (self.root / name).mkdir(parents=True)
        for folder in self.root.rglob("*"):
            folder.chmod(0o755)  # whatever the umask is
        for name in ("passwd", "group", "shadow", "gshadow", "login.defs", "nsswitch.conf"):
            if Path("/etc", name).exists():
                shutil.copy2(Path("/etc", name), self.root / "etc")
        for name, text in (("systemctl", SYSTEMCTL), ("journalctl", JOURNALCTL)):
            _write(self.root / "usr/local/bin" / name, text)
        _write(self.root / "var/lib/calls", "", mode=0o666)

    def unpack(self, version: str) -> str:
        """Put a release of this version into /opt, and return its folder."""
        place = self.root / "opt" / f"pipelines-portal-{version}"
        for name in ("bin", "deploy"):
            shutil.copytree(PROJECT / name, place / name)
        (place / "pipelines_portal").mkdir()
        (place / "pipelines_portal/__init__.py").write_text(f'__version__ = "{version}"\n')
        _write(place / "bin/install", "#!/bin/sh\n")
        _write(place / ".venv/bin/python", PYTHON)
        return f"/opt/{place.name}"

    def run(self, *command: str, code: int = 0) -> str:
        """Run a command as root, and return all that it prints."""
        env = {
            "ROOT": str(self.root),
            "FROM": str(self.elsewhere),
            "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }
        inside = ["unshare", "--mount", "sh", "-c", MOUNTED, "sh", *command]
        done = subprocess.run(inside, env=env, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def active(self) -> set[str]:
        """The units that systemd says are active."""
        return {file.name for file in (self.root / "run/active").iterdir()}

    def calls(self) -> list[tuple[str, str]]:
        """Where and how the release's Python was called."""
        lines = (self.root / "var/lib/calls").read_text().splitlines()
        return [(line.split("\t")[0], line.split("\t")[1]) for line in lines]

    def backups(self) -> dict[str, str]:
        """By the names, without the times: what the backups made before an upgrade hold."""
        files = (self.root / "var/lib/pipelines-backups").iterdir()
        return {file.name[:-22]: file.read_text().strip() for file in files}


def _write(file: Path, text: str, mode: int = 0o755) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)


def why_not() -> str:
    """Return what this machine lacks, or ""."""
    if os.geteuid() != 0:
        return "only root can have folders of its own there"
    if any(shutil.which(name) is None for name in ("unshare", "useradd", "setpriv")):
        return "unshare, useradd and setpriv are needed"
    suits = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    python = subprocess.run(["/usr/bin/env", "/usr/bin/python3", "-I", "-c", suits], check=False, capture_output=True)
    return "" if python.returncode == 0 else "/usr/bin/python3 with venv is needed"
