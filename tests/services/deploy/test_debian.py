"""The systemd way of the guide: bin/setup-server in a Debian of its own, and the programs as its units say."""

import json
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from tests import samples
from tests.live import answers, wait_until
from tests.seaweedfs import free_ports
from tests.services.deploy.caddy import Caddy, caddy
from tests.services.deploy.certificates import API, PORTAL
from tests.services.deploy.debian import EARLIER, Debian, debian, has_earlier
from tests.services.deploy.machines import token_in
from tests.services.deploy.people import inputs_of

RELEASE = "pipelines-portal-0.1.0"
SETUP = f"/opt/{RELEASE}/bin/setup-server"
ENV = "etc/pipelines-portal/env"
API_SETTINGS = "DJANGO_SETTINGS_MODULE=pipelines_portal.settings.external_api"
PROGRAMS = {"pipelines-portal-worker", "pipelines-external-api-worker"}
EMAIL, PASSWORD = "maria@acme.example", "a-long-enough-pass-phrase"
ORGANIZATION, WORKFLOW = "Acme Labeling", 42
# To fetch what it is made of, on a machine that has none of it.
pytestmark = [pytest.mark.timeout(900), pytest.mark.full]


@pytest.fixture
def server() -> Iterator[Debian]:
    folder = Path(tempfile.mkdtemp(prefix="pipelines-debian-"))
    folder.chmod(0o755)
    try:
        with debian(folder) as new:
            yield new
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(server: Debian, folder: Path) -> Iterator[Caddy]:
    """All programs of the units, and Caddy in front of them by the file that the script wrote, or by our sample."""
    portal, api, plain, tls = free_ports(4)
    ports = {"PORT": str(portal), "API_PORT": str(api)}
    log = folder / "programs.log"
    prepare = server.start("pipelines-prepare", log, **ports)
    assert prepare.wait(120) == 0, log.read_text()
    for unit in (f"pipelines-portal@{portal}", f"pipelines-external-api@{api}", *sorted(PROGRAMS)):
        server.start(unit, log, **ports)
    written = server.root / "etc/pipelines-portal/Caddyfile"
    try:
        for port in (portal, api):
            wait_until(lambda port=port: answers(f"http://127.0.0.1:{port}/ready"), log.read_text())
        sample = written.read_text() if written.exists() else ""
        with caddy(folder, (plain, tls), (portal, api), sample=sample) as proxy:
            yield proxy
    finally:
        server.stop()


def sign_in(proxy: Caddy) -> requests.Session:
    browser, url = proxy.session(), f"https://127.0.0.1:{proxy.tls}/sign-in/"
    form = {"username": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token_in(browser.get(url, timeout=30).text)}
    assert browser.post(url, data=form, timeout=30, allow_redirects=False).status_code == 302
    return browser


def send(browser: requests.Session, address: str, **values: str) -> str:
    """Where the form at this address leads."""
    form = inputs_of(browser.get(address, timeout=30).text) | values
    answer = browser.post(address, data=form, timeout=30, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def create_task(proxy: Caddy, browser: requests.Session, text: str) -> None:
    url = f"https://127.0.0.1:{proxy.tls}"
    values = {"field-input_text": text, "field-target_language": "French", "then": "list"}
    assert send(browser, f"{url}/keys/1/workflows/{WORKFLOW}/tasks/new/", **values).endswith("/tasks/")
    assert text in browser.get(f"{url}/keys/1/workflows/{WORKFLOW}/tasks/", timeout=30).text


def load_organization(server: Debian, manage: list[str]) -> str:
    """Return an API key of an organization with a workflow."""
    given = server.root / "tmp/organizations.json"
    given.write_text(json.dumps({"organizations": [samples.organization(ORGANIZATION, samples.workflow(WORKFLOW))]}))
    given.chmod(0o644)
    server.run(*manage, "load_organizations", "/tmp/organizations.json")
    return server.run(*manage, "create_api_key", ORGANIZATION, "--name", "Tests").splitlines()[-1]


def test_one_command_and_two_names_install_everything(server: Debian, tmp_path: Path) -> None:
    server.unpack(RELEASE)
    server.run(SETUP, PORTAL, API)
    settings = (server.root / ENV).read_text()
    assert [line for line in settings.splitlines() if "=" in line] == [f"PORTAL_HOST={PORTAL}", f"API_HOST={API}"]
    assert server.enabled() == {
        "pipelines.target", "pipelines-backup.timer",
        "pipelines-portal@8000.service", "pipelines-portal-worker.service",
        "pipelines-external-api@8001.service", "pipelines-external-api-worker.service",
    }  # fmt: skip
    assert server.run("/opt/pipelines-portal/.venv/bin/python", "--version").startswith("Python 3.13")
    with started(server, tmp_path) as proxy:
        key = load_organization(server, ["pipelines", "external-api"])
        server.run("pipelines", "createsuperuser", "--noinput", "--email", EMAIL, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
        browser, url = sign_in(proxy), f"https://127.0.0.1:{proxy.tls}"
        assert send(browser, f"{url}/keys/", name="Acme", key=key).endswith("/keys/1/workflows/")
        send(browser, f"{url}/keys/1/workflows/", workflow=str(WORKFLOW))
        create_task(proxy, browser, "Sent from a new server")
        server.run("pipelines", "backup", "/var/lib/pipelines-backups", "--keep", "14")
        server.run("pipelines", "backup", "--check", "/var/lib/pipelines-backups")
    assert {file.stat().st_uid for file in (server.root / "var/lib/pipelines-portal").rglob("*")} == {
        server.service_user()[0]
    }


def test_without_an_apis_name_only_the_portal_is_installed(server: Debian) -> None:
    server.unpack(RELEASE)
    server.run(SETUP, PORTAL)
    assert not any("external-api" in unit for unit in server.enabled())


def test_an_upgrade_backs_up_wherever_the_data_is(server: Debian, tmp_path: Path) -> None:
    server.unpack(RELEASE)
    server.run(SETUP, PORTAL)
    server.run("sh", "-c", "mv /var/lib/pipelines-portal /srv/data && mkdir -m 700 /var/lib/pipelines-portal")
    with (server.root / ENV).open("a") as settings:
        settings.write(" DATA_DIR = '/srv/data'\r\n")
    assert server.start("pipelines-prepare", tmp_path / "log", DATA_DIR="/srv/data").wait(120) == 0
    newer = server.unpack("pipelines-portal-0.2.0")
    (newer / "pipelines_portal/__init__.py").write_text('__version__ = "0.2.0"\n')
    assert "Backing up to" in server.run("/opt/pipelines-portal-0.2.0/bin/setup-server")
    (backup,) = (server.root / "var/lib/pipelines-backups").glob("0.1.0-before-0.2.0-*.tar")
    with tarfile.open(backup) as tar:
        assert "portal.sqlite3" in tar.getnames()


def test_names_can_be_changed_later(server: Debian) -> None:
    """Without an API's name, its units are no longer started."""
    server.unpack(RELEASE)
    server.run(SETUP, PORTAL, API)
    env_file = server.root / ENV
    env_file.write_text(env_file.read_text().replace(f"API_HOST={API}", 'API_HOST=""'))
    server.run(SETUP)
    assert not any("external-api" in unit for unit in server.enabled())
    assert API not in (server.root / "etc/pipelines-portal/Caddyfile").read_text()
    assert env_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("names", "refusal"),
    [
        ([PORTAL, PORTAL], "the two names must differ"),
        ([], "give the portal's host name"),
        (["https://portal.example.com"], "these are not host names"),
    ],
)
def test_what_is_missing_or_wrong_is_said_before_anything_is_changed(
    server: Debian, names: list[str], refusal: str
) -> None:
    server.unpack(RELEASE)
    assert f"Nothing was changed: {refusal}" in server.run(SETUP, *names, code=1)
    assert not (server.root / "opt/pipelines-portal").exists()


def install_earlier(server: Debian) -> list[str]:
    """As the guide said it then. Return how a command was run."""
    server.unpack("pipelines-portal", EARLIER)
    home = ["--home-dir", "/var/lib/pipelines-portal", "--shell", "/usr/sbin/nologin"]
    server.run("useradd", "--system", *home, "pipelines")
    server.run("/opt/pipelines-portal/bin/install", "requirements.txt", PYTHON="/usr/bin/python3")
    server.run("install", "-D", "-m", "600", "/opt/pipelines-portal/deploy/systemd/env", f"/{ENV}")
    env_file = server.root / ENV
    secrets = {"SECRET_KEY": "x" * 60, "ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
    text = env_file.read_text()
    for name, value in secrets.items():
        text = text.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    env_file.write_text(text)
    server.run("sh", "-c", "cp -r /opt/pipelines-portal/deploy/systemd/pipelines* /etc/systemd/system/")
    server.run("install", "-d", "-o", "pipelines", "-g", "pipelines", "-m", "700", "/var/lib/pipelines-portal")
    env = [f"{name}={value}" for name, value in server.environment().items()]
    user = ["setpriv", "--reuid=pipelines", "--regid=pipelines", "--clear-groups", "env", *env]
    return [*user, "/opt/pipelines-portal/deploy/start", "python", "manage.py"]


@pytest.mark.skipif(not has_earlier(), reason=f"{EARLIER} is not tagged yet")
def test_an_earlier_installation_is_upgraded_by_one_command_and_keeps_everything(
    server: Debian, tmp_path: Path
) -> None:
    manage = install_earlier(server)
    for folder in ("before", "after"):
        (tmp_path / folder).mkdir()
    with started(server, tmp_path / "before") as proxy:
        key = load_organization(server, [*manage[:-2], "env", API_SETTINGS, *manage[-2:]])
        server.run(*manage, "createsuperuser", "--noinput", "--email", EMAIL, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
        browser, url = sign_in(proxy), f"https://127.0.0.1:{proxy.tls}"
        assert send(browser, f"{url}/keys/", name="Acme", key=key).endswith("/keys/1/workflows/")
        send(browser, f"{url}/keys/1/workflows/", workflow=str(WORKFLOW))
        create_task(proxy, browser, "Sent before the upgrade")
    server.unpack(RELEASE)
    server.run(SETUP)
    assert (server.root / "opt/pipelines-portal").readlink() == Path("/opt") / RELEASE
    assert (server.root / "opt/pipelines-portal-before").is_dir()
    (backup,) = (server.root / "var/lib/pipelines-backups").glob("*-before-0.1.0-*.tar")
    with tarfile.open(backup) as tar:
        assert {"portal.sqlite3", "external_api.sqlite3", "manifest.json"} <= set(tar.getnames())
    with started(server, tmp_path / "after") as proxy:
        browser = sign_in(proxy)
        create_task(proxy, browser, "Sent after the upgrade")
        page = browser.get(f"https://127.0.0.1:{proxy.tls}/keys/1/workflows/{WORKFLOW}/tasks/", timeout=30).text
        assert "Sent before the upgrade" in page
    with closing(sqlite3.connect(server.root / "var/lib/pipelines-portal/portal.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM submissions_submission").fetchone() == (2,)
