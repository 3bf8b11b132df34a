"""Caddy by the sample of deploy/caddy, with an authority of its own in place of a public one."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.external_api.server import PROJECT
from tests.services.deploy.certificates import API, PORTAL
from tests.services.deploy.guide import blocks
from tests.services.deploy.services import Service

SAMPLE = PROJECT / "deploy" / "caddy" / "Caddyfile"
# The first version in which a POST that one program refused goes to another one.
PASSES_POSTS_ON = (2, 11, 2)


class Named(HTTPAdapter):
    """To Caddy on this machine, by the name in its certificate."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(pool_maxsize=4)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, server_hostname=self.name, assert_hostname=self.name)


@dataclass
class Caddy:
    """`tls` is the port it listens on; its log is in `folder`. `authority` signed its certificates, if not itself."""

    tls: int
    folder: Path
    authority: Path | None = None
    service: Service = field(init=False)

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

    def is_up(self) -> bool:
        try:
            return self.trusted.exists() and self.ask(PORTAL, "/metrics").status_code == 404
        except (requests.RequestException, OSError):
            return False


@dataclass(frozen=True)
class Places:
    """The ports of two servers, and of Caddy before them: for HTTP, for HTTPS, and for calls from the portals."""

    plain: int
    tls: int
    inside: int
    portals: tuple[int, int]
    apis: tuple[int, int]


def for_two_servers(places: Places) -> str:
    """The sample, changed as docs/administrators/many-servers.md says."""
    static, inside = blocks("many-servers.md", "Caddy", language="")
    text = f"{SAMPLE.read_text()}\n{inside}\n"
    for port in ("8000", "8001"):
        one_server = f"reverse_proxy {{$PROGRAMS:127.0.0.1}}:{port} {{"
        assert one_server in text
        two_servers = f"reverse_proxy 10.0.0.11:{port} 10.0.0.12:{port} {{"
        text = text.replace(one_server, static.replace("8000", port) + "\n" + two_servers)
    for given, taken in {
        "10.0.0.11:8000": f"127.0.0.1:{places.portals[0]}",
        "10.0.0.12:8000": f"127.0.0.1:{places.portals[1]}",
        "10.0.0.11:8001": f"127.0.0.1:{places.apis[0]}",
        "10.0.0.12:8001": f"127.0.0.1:{places.apis[1]}",
        "10.0.0.10:8080": f"127.0.0.1:{places.inside}",
        "bind 10.0.0.10": "bind 127.0.0.1",
    }.items():
        assert given in text
        text = text.replace(given, taken)
    return text


def passes_posts_on() -> bool:
    told = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", told)[:3])) >= PASSES_POSTS_ON


def two_servers(folder: Path, places: Places) -> Caddy:
    """Before both. Start its service."""
    return _made(folder, (places.plain, places.tls), for_two_servers(places))


def _made(folder: Path, ports: tuple[int, int], sample: str, api: str = API, authority: Path | None = None) -> Caddy:
    text = sample.replace("/etc/caddy/own/", f"{folder}/own/")
    options = f"\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port {ports[0]}\n\thttps_port {ports[1]}\n"
    file = folder / "Caddyfile"
    file.write_text(text.replace("{\n", "{\n" + options, 1))
    env = {"HOME": folder, "XDG_DATA_HOME": folder, "PORTAL_HOST": PORTAL, "API_HOST": api}
    command = ["env", *(f"{name}={value}" for name, value in env.items())]
    command += ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
    made = Caddy(ports[1], folder, authority)
    # SIGQUIT: at once, whatever is on its way.
    made.service = Service("caddy", command, folder, made.is_up, signal.SIGQUIT)
    return made


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
    text = text.replace(":8000", f":{programs[0]}").replace(":8001", f":{programs[1]}")
    running = _made(folder, ports, text, api, authority)
    running.service.start()
    try:
        yield running
    finally:
        running.service.stop()
