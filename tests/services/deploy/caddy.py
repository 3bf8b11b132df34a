"""Caddy by the sample of deploy/caddy, with an authority of its own in place of a public one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.external_api.server import PROJECT
from tests.live import wait_until
from tests.services.deploy.certificates import API, PORTAL
from tests.services.deploy.machines import Named

SAMPLE = PROJECT / "deploy" / "caddy" / "Caddyfile"


@dataclass
class Caddy:
    """`tls` is the port it listens on; its log is in `folder`. `authority` signed its certificates, if not itself."""

    tls: int
    folder: Path
    authority: Path | None = None

    @property
    def trusted(self) -> Path:
        """What clients must trust."""
        return self.authority or self.folder / "caddy/pki/authorities/local/root.crt"

    @property
    def log(self) -> Path:
        return self.folder / "caddy.log"

    def session(self, name: str = PORTAL) -> requests.Session:
        """A client that comes by this name."""
        session = requests.Session()
        session.mount("https://", Named(name))
        session.trust_env, session.verify = False, str(self.trusted)
        session.headers.update({"Host": name, "Referer": f"https://{name}/"})
        return session

    def ask(self, name: str, path: str, method: str = "GET", **options: Any) -> requests.Response:
        return self.session(name).request(method, f"https://127.0.0.1:{self.tls}{path}", timeout=30, **options)


@contextmanager
def caddy(
    folder: Path,
    ports: tuple[int, int],
    programs: tuple[int, int],
    *,
    sample: str = "",
    api: str = API,
    authority: Path | None = None,
) -> Iterator[Caddy]:
    """`ports` are for HTTP and HTTPS, `programs` those of the portal and the External API."""
    text = sample or SAMPLE.read_text()
    text = text.replace("/etc/caddy/own/", f"{folder}/own/")
    text = text.replace(":8000", f":{programs[0]}").replace(":8001", f":{programs[1]}")
    options = f"\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port {ports[0]}\n\thttps_port {ports[1]}\n"
    file = folder / "Caddyfile"
    file.write_text(text.replace("{\n", "{\n" + options, 1))
    running = Caddy(ports[1], folder, authority)
    env = {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "PATH": "/usr/bin",
        "PORTAL_HOST": PORTAL,
        "API_HOST": api,
    }
    with running.log.open("wb") as log:
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        wait_until(lambda: process.poll() is not None or _is_up(running), "caddy to start", 30)
        assert process.poll() is None, running.log.read_text()
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)


def _is_up(running: Caddy) -> bool:
    try:
        return running.trusted.exists() and running.ask(PORTAL, "/metrics").status_code == 404
    except (requests.RequestException, OSError):
        return False
