"""A Docker of its own: dockerd with a network, processes and images that nothing else sees, and that end with it.

The two images that Compose asks for are made here of Debian's packages, under their usual names.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live import wait_until
from tests.services.deploy import booted, image
from tests.services.deploy.image import kept_part

NEEDED = ("dockerd", "docker", "unshare", "nsenter", "mmdebstrap")
PACKAGES = "docker.io docker-cli docker-compose docker-buildx mmdebstrap"
OWN = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
PYTHON, CADDY = "docker.io/library/python:3.13-slim", "docker.io/library/caddy:2"
PYTHON_FILE = """FROM scratch
ADD base.tar /
COPY wheels /wheels
RUN printf '[global]\\nno-index = true\\nfind-links = /wheels\\n' >/etc/pip.conf
"""
# As the usual image does.
CADDY_FILE = """FROM scratch
ADD root.tar /
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
"""


class CannotRun(Exception):
    """No program of ours runs before dockerd does, so it is this machine's doing."""


@dataclass
class Docker:
    """`folder` is where commands are run, and `process` what ends all of it."""

    folder: Path
    process: "subprocess.Popen[bytes]"

    def run(self, command: str, cwd: Path, code: int = 0) -> str:
        """Run shell commands, and return all that they print."""
        env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        env["DOCKER_HOST"] = f"unix://{self.folder}/docker.sock"
        shell = ["bash", "-euc", command]
        done = subprocess.run(shell, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == code, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def inside(self, *command: str) -> str:
        """Run a command in its network, where its published ports are."""
        first = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0]
        entered = ["nsenter", "--target", first, "--net", "--mount", *command]
        return subprocess.run(entered, capture_output=True, text=True, check=False, timeout=60).stdout.strip()


@contextmanager
def docker(folder: Path, hosts: tuple[str, ...]) -> Iterator[Docker]:
    """A new one in `folder`, which the caller removes. In its network, these host names lead to itself."""
    options = ["--data-root", f"{folder}/docker", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
    options += ["--host", f"unix://{folder}/docker.sock"]
    (folder / "hosts").write_text(f"127.0.0.1 localhost {' '.join(hosts)}\n")
    script = f'ip link set lo up; mount --bind {folder}/hosts /etc/hosts; exec dockerd "$@"'
    with (folder / "dockerd.log").open("wb") as log:
        process = subprocess.Popen([*OWN, "sh", "-c", script, "sh", *options], stdout=log, stderr=log)
    running = Docker(folder, process)
    try:
        wait_until(lambda: _answers(running), "dockerd", 60)
        _make_images(running)
        yield running
    finally:
        process.kill()
        process.wait(timeout=60)


def _answers(running: Docker) -> bool:
    if running.process.poll() is not None:
        raise CannotRun((running.folder / "dockerd.log").read_text(errors="replace")[-500:])
    try:
        running.run("docker version", running.folder)
    except AssertionError:
        return False
    return True


def _make_images(running: Docker) -> None:
    place = running.folder / "images"
    for name in ("python", "caddy"):
        (place / name).mkdir(parents=True)
    base = kept_part("base", image.base_key(), image.make_base)
    wheels = kept_part("wheels", image.digest(image.REQUIREMENTS.read_text()), image.make_wheels)
    shutil.copy(base / "base.tar", place / "python")
    shutil.copytree(wheels, place / "python/wheels")
    shutil.copy(booted.base("trixie") / "root.tar", place / "caddy")
    (place / "python/Dockerfile").write_text(PYTHON_FILE)
    (place / "caddy/Dockerfile").write_text(CADDY_FILE)
    for name, tag in (("python", PYTHON), ("caddy", CADDY)):
        running.run(f"docker build --quiet --tag {tag} {name}", place)


def why_not() -> str:
    """Return why this machine cannot run one, or ""."""
    if os.geteuid() != 0:
        return "only root can start one of its own"
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        return f"{', '.join(missing)} is missing: apt-get install {PACKAGES}"
    for plugin in ("compose", "buildx"):
        if subprocess.run(["docker", plugin, "version"], check=False, capture_output=True).returncode:
            return f"docker {plugin} is missing: apt-get install {PACKAGES}"
    return ""
