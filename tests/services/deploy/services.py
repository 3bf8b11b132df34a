"""What the programs stand on, each in a process that a test may take away: PostgreSQL, Redis."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from tests.live import wait_until

NEEDED = ("redis-server", "postgres", "buildah", "mmdebstrap", "systemd-analyze", "docker-compose", "caddy")
ROLES = ("portal", "external_api")
PASSWORD = "only-for-these-tests"
# Without a process between: signals are for them.
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []


def missing() -> list[str]:
    """What bin/test-services installs, and is not there."""
    return [name for name in NEEDED if not _path(name)]


def _path(name: str) -> str:
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: -int(place.parent.name))]
    return shutil.which(name, path=os.pathsep.join([*map(str, places), os.environ["PATH"], "/usr/sbin"])) or ""


@dataclass
class Service:
    """One of them. `is_up` is asked until it is."""

    name: str
    command: list[str]
    folder: Path
    is_up: Callable[[], bool]
    ends_by: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=log)
        wait_until(lambda: self.process.poll() is not None or self.is_up(), f"{self.name} to start", 30)
        assert self.process.poll() is None, self.last_lines()

    def stop(self) -> None:
        self.process.send_signal(self.ends_by)
        self.process.wait(timeout=20)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=20)

    @contextmanager
    def away(self, seconds: float) -> Iterator[None]:
        """It ends, and is back after so long."""
        gone = time.monotonic()
        self.stop()
        try:
            yield
            time.sleep(max(0, seconds - (time.monotonic() - gone)))
        finally:
            self.start()

    @contextmanager
    def silent(self, seconds: float) -> Iterator[None]:
        """As when its machine is cut off: connections are taken, and nothing comes back."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
            time.sleep(seconds)
        finally:
            self.process.send_signal(signal.SIGCONT)

    def last_lines(self) -> str:
        lines = (self.folder / f"{self.name}.log").read_text(errors="replace").splitlines()
        return "\n".join([f"--- {self.name}", *lines[-15:]])


def postgres(folder: Path, port: int) -> Service:
    """A cluster with the two roles and their databases."""
    service = empty_postgres(folder, port)
    _make_databases(port)
    return service


def empty_postgres(folder: Path, port: int) -> Service:
    data = folder / "postgres"
    data.mkdir()
    secret = folder / "postgres.password"
    secret.write_text(PASSWORD)
    for place in (data, secret):
        shutil.chown(place, "postgres") if AS_POSTGRES else None
    made = [*AS_POSTGRES, _path("initdb"), "-D", str(data), "-U", "postgres", f"--pwfile={secret}"]
    subprocess.run(
        [*made, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"], check=True, capture_output=True, cwd="/"
    )
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": data, "fsync": "off"}
    command = [*AS_POSTGRES, _path("postgres"), "-D", str(data)]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    # SIGINT: as `pg_ctl stop -m fast` does, all transactions are ended.
    service = Service("postgres", command, folder, lambda: _connects(port), signal.SIGINT)
    service.start()
    return service


def _connects(port: int) -> bool:
    try:
        _administrator(port).close()
    except psycopg.OperationalError:
        return False
    return True


def _administrator(port: int) -> "psycopg.Connection[tuple[object, ...]]":
    url = f"postgres://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"
    return psycopg.connect(url, autocommit=True, connect_timeout=2)


def _make_databases(port: int) -> None:
    with _administrator(port) as connection:
        for role in ROLES:
            connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
            connection.execute(f"CREATE DATABASE {role} OWNER {role}")


def redis_server(folder: Path, port: int) -> Service:
    command = [_path("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return Service("redis", [*command, "--dir", str(folder)], folder, lambda: _pings(port))


def _pings(port: int) -> bool:
    try:
        return bool(redis.Redis(port=port, socket_timeout=1).ping())
    except redis.RedisError:
        return False
