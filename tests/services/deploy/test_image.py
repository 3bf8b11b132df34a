"""The image, as a company runs it: read-only, as nobody in particular, each program in a container of its own."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from pipelines_portal import __version__
from tests import samples
from tests.external_api.server import PROJECT
from tests.live import answers, wait_until
from tests.seaweedfs import free_ports
from tests.services.deploy import image
from tests.services.deploy.caddy import Caddy, caddy
from tests.services.deploy.certificates import API as API_NAME
from tests.services.deploy.certificates import PORTAL
from tests.services.deploy.container import Container
from tests.services.deploy.debian import EARLIER, has_earlier
from tests.services.deploy.machines import token_in
from tests.services.deploy.people import inputs_of

ORGANIZATION, WORKFLOW = "Acme Labeling", 42
EMAIL, PASSWORD = "maria@acme.example", "a-long-enough-pass-phrase"
API = ["--settings", "pipelines_portal.settings.external_api"]
USER = 10001
PROGRAMS = ("portal", "external-api", "portal-worker", "external-api-worker")
# What a web program or a worker may take to finish what it has begun, and a little for this machine.
ENDING_SECONDS = 60
# To fetch its parts and to build it, on a machine that has none of them.
pytestmark = [pytest.mark.timeout(900), pytest.mark.full]


@pytest.fixture(scope="module")
def built() -> Iterator[image.Image]:
    folder = Path(tempfile.mkdtemp(prefix="pipelines-image-"))
    try:
        yield image.build(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Ship:
    """Containers that share /data: databases and storage are the embedded ones."""

    built: image.Image
    folder: Path
    env: dict[str, str]
    containers: dict[str, Container] = field(default_factory=dict)
    proxy: Caddy = field(init=False, repr=False)

    def begin(self, *arguments: str, **env: str) -> Container:
        log = self.folder / f"{len(self.containers)}-{arguments[0].rpartition('/')[2]}.log"
        started = Container(self.built, self.folder / "data", list(arguments), self.env | env, log)
        started.start()
        self.containers[" ".join(arguments)] = started
        return started

    def run(self, *arguments: str, code: int = 0, **env: str) -> str:
        """To its end."""
        once = self.begin(*arguments, **env)
        assert once.wait(120) == code, once.said()
        return once.said()

    def manage(self, *arguments: str, **env: str) -> str:
        return self.run("python", "manage.py", *arguments, **env)


@pytest.fixture(scope="module")
def ship(built: image.Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ship]:
    """All four at work, prepared once, behind Caddy by our sample."""
    folder = tmp_path_factory.mktemp("ship")
    portal, api, portal_worker, api_worker, plain, tls = free_ports(6)
    afloat = Ship(built, _with_data(folder), _environment(tls, portal, api))
    afloat.run("prepare")
    own_port = {"portal-worker": portal_worker, "external-api-worker": api_worker}
    for name in PROGRAMS:
        afloat.begin(name, **({"WORKER_METRICS_PORT": str(own_port[name])} if name in own_port else {}))
    try:
        for name, port in zip(PROGRAMS, (portal, api, portal_worker, api_worker), strict=True):
            wait_until(_is_ready(port), f"{name} to be ready")
        with caddy(folder, (plain, tls), (portal, api)) as afloat.proxy:
            yield afloat
    finally:
        for container in afloat.containers.values():
            container.end()


def _environment(tls: int, portal: int, api: int) -> dict[str, str]:
    return {
        "BIND": "127.0.0.1",
        "PORT": str(portal),
        "API_PORT": str(api),
        "ALLOWED_HOSTS": PORTAL,
        "TRUSTED_PROXIES": "127.0.0.1",
        "SECRET_KEY": "only-for-these-tests-" + "x" * 40,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "PORTAL_URL": f"https://{PORTAL}:{tls}",
        "PIPELINES_API_URL": f"http://127.0.0.1:{api}/api/v1",
    }


def _is_ready(port: int) -> Callable[[], bool]:
    return lambda: answers(f"http://127.0.0.1:{port}/ready")


def test_it_says_what_it_is_and_has_nothing_to_install_with(built: image.Image) -> None:
    assert built.config["Labels"]["org.opencontainers.image.version"] == __version__
    assert built.config["User"] == f"{USER}:{USER}"
    assert built.config["Healthcheck"]["Test"] == ["CMD", "/app/deploy/health"]
    assert not [*built.root.rglob("pip"), *built.root.rglob("ensurepip"), *built.root.rglob("pip-*.whl")]
    assert not any((built.root / "usr/bin" / name).exists() for name in ("gcc", "cc", "make", "apt", "git"))


def test_nothing_in_it_is_its_users_or_anybodys_to_change(built: image.Image) -> None:
    """Files of the programs are root's; and there is nothing that would make anybody root."""
    files = [file for file in (built.root / "app").rglob("*") if not file.is_symlink()]
    assert [file for file in files if file.stat().st_uid or file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)] == []
    assert not list((built.root / "app").rglob(".env"))


def test_without_secrets_nothing_starts(built: image.Image, tmp_path: Path) -> None:
    assert "SECRET_KEY must be set in production." in Ship(built, _with_data(tmp_path), {}).run("portal", code=1)


def _with_data(folder: Path) -> Path:
    """/data will belong to the image's user."""
    (folder / "data").mkdir()
    os.chown(folder / "data", USER, USER)
    return folder


@pytest.fixture
def all_in_one(built: image.Image, tmp_path: Path) -> Iterator[tuple[Ship, int, int]]:
    """As Compose starts it, by two names; and the ports of the two programs."""
    portal, api = free_ports(2)
    names = {"PORTAL_HOST": PORTAL, "API_HOST": API_NAME, "TRUSTED_PROXIES": "127.0.0.1"}
    whole = Ship(built, _with_data(tmp_path), names | {"BIND": "127.0.0.1", "PORT": str(portal), "API_PORT": str(api)})
    yield whole, portal, api
    for container in whole.containers.values():
        container.end()


def test_all_programs_run_in_one_container_by_two_names(all_in_one: tuple[Ship, int, int]) -> None:
    whole, portal, api = all_in_one
    secrets = {}
    for _ in range(2):
        whole.containers.clear()
        container = whole.begin("all")
        for port in (portal, api):
            wait_until(_is_ready(port), f"{port} to be ready")
        wait_until(partial(_is_backed_up, whole), "the first backup", 60)
        said = container.said()
        assert f"Pipelines Portal {__version__}, http://127.0.0.1:{portal}, SQLite /data/portal.sqlite3" in said
        assert f"https://{PORTAL}/setup/?code=" in said and f"https://{API_NAME}/setup?code=" in said
        whole.run("/app/deploy/health")
        state = requests.get(f"http://127.0.0.1:{portal}/ready", timeout=10).json()["checks"]
        assert set(state.values()) == {"ok"}, state
        container.tell_to_end()
        assert container.wait(ENDING_SECONDS) == 0, container.said()
        found = {file.name: file.read_text() for file in (whole.folder / "data").glob("*key*")}
        assert len(found) == 3 and found == (secrets or found), "the secrets stay"
        secrets = found
    assert len([*(whole.folder / "data-backups").glob("portal-*.tar")]) == 1


def test_two_people_go_from_nothing_to_a_task_in_five_minutes(built: image.Image, tmp_path: Path) -> None:
    """In two browsers, by the two names that a server has, and Caddy in front."""
    about = tmp_path / "image.json"
    about.write_text(json.dumps({"root": str(built.root), "config": built.config}))
    command = ["unshare", "--net", sys.executable, "-m", "tests.services.deploy.first_day", str(about)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    *_, last = done.stdout.splitlines()
    assert last.endswith("the operator created a task") and float(last.split()[0]) < 300, done.stdout


@pytest.mark.skipif(not has_earlier(), reason=f"{EARLIER} is not tagged yet")
def test_the_data_of_an_earlier_version_is_taken_over(all_in_one: tuple[Ship, int, int], tmp_path: Path) -> None:
    """As after `docker compose up --build`: the same volume, and the secrets that were in the environment then."""
    whole, portal, api = all_in_one
    secrets = {"SECRET_KEY": "x" * 60, "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    _fill_by_earlier_version(tmp_path / "earlier", whole.folder / "data", secrets)
    whole.env.update(secrets)
    whole.begin("all")
    for port in (portal, api):
        wait_until(_is_ready(port), f"{port} to be ready")
    assert whole.run("pipelines", "setup_link") == ""
    key = whole.run("pipelines", "external-api", "create_api_key", ORGANIZATION, "--name", "New").splitlines()[-1]
    url = f"http://127.0.0.1:{api}/api/v1/workflows/{WORKFLOW}/tasks"
    listed = requests.get(url, headers={"X-API-Key": key}, timeout=30)
    assert listed.status_code == 200 and listed.json()["tasks"]
    with caddy(tmp_path, tuple(free_ports(2)), (portal, api)) as proxy:
        browser, sign_in = proxy.session(), f"https://127.0.0.1:{proxy.tls}/sign-in/"
        form = {"username": EMAIL, "password": PASSWORD}
        form["csrfmiddlewaretoken"] = token_in(browser.get(sign_in, timeout=30).text)
        assert browser.post(sign_in, data=form, timeout=30, allow_redirects=False).status_code == 302


def _fill_by_earlier_version(folder: Path, data: Path, secrets: dict[str, str]) -> None:
    """By its own code: the demo's organizations, and an administrator."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", EARLIER], cwd=PROJECT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(data)} | secrets
    env |= {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    os.chown(data, 0, 0)
    for command in (
        ["prepare"], ["prepare", "--demo", *API], ["createsuperuser", "--noinput", "--email", EMAIL],
    ):  # fmt: skip
        subprocess.run([sys.executable, "manage.py", *command], cwd=folder, env=env, check=True, capture_output=True)
    for path in (data, *data.rglob("*")):
        os.chown(path, USER, USER)


def _is_backed_up(whole: Ship) -> bool:
    return any((whole.folder / "data-backups").glob("portal-*.tar"))


def test_without_an_apis_name_only_the_portal_runs(all_in_one: tuple[Ship, int, int]) -> None:
    whole, portal, api = all_in_one
    whole.env["API_HOST"] = ""
    whole.begin("all")
    wait_until(_is_ready(portal), "the portal to be ready")
    whole.run("/app/deploy/health")
    assert not answers(f"http://127.0.0.1:{api}/health")


def test_a_command_runs_as_one_of_the_programs(all_in_one: tuple[Ship, int, int]) -> None:
    whole, *_ = all_in_one
    whole.run("prepare", "server")
    assert f"https://{PORTAL}/setup/?code=" in whole.run("pipelines", "setup_link")
    assert f"https://{API_NAME}/setup?code=" in whole.run("pipelines", "external-api", "setup_link")


def test_a_person_signs_in_and_creates_a_task(ship: Ship) -> None:
    organizations = {"organizations": [samples.organization(ORGANIZATION, samples.workflow(WORKFLOW))]}
    given = ship.folder / "data" / "organizations.json"
    given.write_text(json.dumps(organizations))
    os.chown(given, USER, USER)
    ship.manage("load_organizations", "/data/organizations.json", *API)
    key = ship.manage("create_api_key", ORGANIZATION, "--name", "Tests", *API).splitlines()[-1]
    ship.manage("createsuperuser", "--noinput", "--email", EMAIL, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    browser, url = _sign_in(ship)
    assert _send(browser, f"{url}/keys/", name="Acme", key=key).endswith("/keys/1/workflows/")
    tasks = _send(browser, f"{url}/keys/1/workflows/", workflow=str(WORKFLOW))
    sent = {"field-input_text": "Sent from a container", "field-target_language": "French", "then": "list"}
    assert _send(browser, f"{url}{tasks}new/", **sent) == tasks
    assert "Sent from a container" in browser.get(f"{url}{tasks}", timeout=30).text
    assert browser.get(f"{url}/help/", timeout=30).status_code == 200


def _sign_in(ship: Ship) -> tuple[requests.Session, str]:
    browser, url = ship.proxy.session(), f"https://127.0.0.1:{ship.proxy.tls}"
    form = {"username": EMAIL, "password": PASSWORD}
    page = browser.get(f"{url}/sign-in/", timeout=30).text
    answer = browser.post(f"{url}/sign-in/", data=form | {"csrfmiddlewaretoken": token_in(page)}, timeout=30)
    assert answer.status_code == 200, answer.text
    return browser, url


def _send(browser: requests.Session, address: str, **values: str) -> str:
    """Where it leads."""
    form = inputs_of(browser.get(address, timeout=30).text) | values
    answer = browser.post(address, data=form, timeout=30, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_it_tells_whether_it_lives(ship: Ship) -> None:
    """As the image's health check asks: one that runs, and one that does not."""
    ship.run("/app/deploy/health")
    nowhere = dict.fromkeys(("PORT", "API_PORT", "WORKER_METRICS_PORT"), "1")
    assert "Nothing answers /health on 1, 1, 1." in ship.run("/app/deploy/health", code=1, **nowhere)


def test_what_is_not_there_to_be_written_cannot_be(ship: Ship) -> None:
    assert "Read-only file system" in ship.run("touch", "/app/written", code=1)
    made = [file for file in (ship.folder / "data").rglob("*") if file.name != "organizations.json"]
    assert {file.stat().st_uid for file in made} == {USER}
    assert not any("Traceback" in container.said() for container in ship.containers.values())


def test_told_to_end_all_end_in_order(ship: Ship) -> None:
    """Last in this file: whoever stops containers waits, and none has to be killed."""
    for name in PROGRAMS:
        ship.containers[name].tell_to_end()
    for name in PROGRAMS:
        assert ship.containers[name].wait(ENDING_SECONDS) == 0, ship.containers[name].said()
