"""All of it together, as docs/administrators/many-servers.md describes it."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from tests import samples, seaweedfs
from tests.calling import Inside
from tests.external_api.server import NO_LIMITS
from tests.services.deploy import programs, services
from tests.services.deploy.caddy import Caddy, Places, two_servers
from tests.services.deploy.certificates import API, PORTAL
from tests.services.deploy.services import PASSWORD, Service

ORGANIZATION = "Acme Labeling"
FILES = 57
WITH_FILES = samples.workflow(FILES, "Invoices", fields=[samples.field("scan", "file_upload", required=True)])


@dataclass(frozen=True)
class PassedOn:
    """A request, by its name, and the address of the program that was asked."""

    name: str
    program: str
    method: str
    host: str
    path: str

    @classmethod
    def read(cls, line: dict[str, Any]) -> "PassedOn":
        program, _, name = line["user_id"].partition(" ")
        asked = line["request"]
        return cls(name, program, asked["method"], asked["host"], asked["uri"].removesuffix("…"))


@dataclass
class Machines:
    """`caddy`, `postgres`, `redis`, `storage` may be taken away, each of `programs` killed."""

    folder: Path
    places: Places
    caddy: Caddy
    postgres: Service
    redis: Service
    programs: dict[str, programs.Program]
    storage: seaweedfs.SeaweedFS
    portal: Inside
    api: Inside
    env: dict[str, str]

    def session(self, name: str = PORTAL) -> requests.Session:
        """A browser, or a program, that comes by this name over TLS."""
        return self.caddy.session(name)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.places.tls}"

    def sign_in(self, email: str, password: str) -> requests.Session:
        session = self.session()
        page = session.get(f"{self.url}/sign-in/", timeout=30).text
        form = {"username": email, "password": password, "csrfmiddlewaretoken": token_in(page)}
        answer = session.post(f"{self.url}/sign-in/", data=form, timeout=30, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return session

    def load(self, organization: dict[str, Any]) -> None:
        """As `load_organizations` takes it."""
        file = self.folder / "organizations.json"
        file.write_text(json.dumps({"organizations": [organization]}))
        self.api.manage("load_organizations", str(file))

    def new_key(self, organization: str = ORGANIZATION) -> str:
        return self.api.manage("create_api_key", organization, "--name", "Tests").stdout.splitlines()[-1]

    def passed_on(self) -> list[PassedOn]:
        """What Caddy wrote of each request."""
        lines = self.caddy.log.read_text().splitlines()
        return [PassedOn.read(json.loads(line)) for line in lines if '"handled request"' in line]

    def last_lines(self) -> str:
        told = [program.last_lines() for program in self.programs.values()]
        return "\n".join([*told, self.postgres.last_lines(), self.redis.last_lines()])


def token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    return found[1]


@contextmanager
def machines() -> Iterator[Machines]:
    """Everything up, with an organization, and nobody in it yet."""
    folder = Path(tempfile.mkdtemp(prefix="pipelines-many-machines-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield _started(stack, folder)


def _started(stack: ExitStack, folder: Path) -> Machines:
    postgres, redis, plain, tls, inside, *web = seaweedfs.free_ports(9)
    places = Places(plain, tls, inside, (web[0], web[1]), (web[2], web[3]))
    database = services.postgres(folder, postgres)
    stack.callback(database.stop)
    cache = services.redis_server(folder, redis)
    proxy = two_servers(folder, places)
    for service in (cache, proxy.service):
        service.start()
        stack.callback(service.stop)
    storage = stack.enter_context(seaweedfs.running())
    env = _environment(places, postgres, redis) | storage.environment
    env["STORAGE_URL"] = storage.make_bucket("archives", [f"https://{PORTAL}"])
    env["UPLOAD_ORIGINS"] = storage.endpoint
    started = {one.name: one for one in _programs(folder, places, env)}
    found = Machines(
        folder, places, proxy, database, cache, started, storage,
        Inside(started["portal-1"].env), Inside(started["api-1"].env), env,
    )  # fmt: skip
    _begin(stack, found)
    return found


def _environment(places: Places, postgres: int, redis: int) -> dict[str, str]:
    """What all programs have alike."""
    database = "postgres://{0}:" + PASSWORD + f"@127.0.0.1:{postgres}/" + "{0}"
    return NO_LIMITS | {
        "PRODUCTION": "on",
        "ALLOWED_HOSTS": f"{PORTAL},{API}",
        "SECRET_KEY": "only-for-these-tests-" + "x" * 40,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": database.format("portal"),
        "EXTERNAL_API_DATABASE_URL": database.format("external_api"),
        "CACHE_URL": f"redis://127.0.0.1:{redis}/0",
        "PIPELINES_API_URL": f"http://127.0.0.1:{places.inside}/api/v1",
        "PORTAL_URL": f"https://{PORTAL}",
        "UPLOAD_LEASE_SECONDS": "5",
        "UPLOAD_SWEEP_SECONDS": "2",
    }


def _programs(folder: Path, places: Places, env: dict[str, str]) -> Iterator[programs.Program]:
    yield from programs.external_apis(folder, places.apis, env)
    yield from programs.portals(folder, places.portals, env)


def _begin(stack: ExitStack, found: Machines) -> None:
    for inside in (found.api, found.portal):
        stack.callback(inside.close)
        inside.manage("prepare")
    for program in found.programs.values():
        program.begin()
        stack.callback(program.end)
    for program in found.programs.values():
        program.wait()
