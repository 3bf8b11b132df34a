"""Docker Compose by the guide's pages, command by command, under a Docker of its own."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import wait_until
from tests.services.deploy.booted import ASK
from tests.services.deploy.debian import Debian
from tests.services.deploy.docker import CannotRun, Docker, docker, why_not
from tests.services.deploy.guide import blocks
from tests.services.deploy.next_version import CONTENT, raise_version

WHY_NOT = why_not()
pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(WHY_NOT), reason=f"Compose was not run: {WHY_NOT}"),
]

# Caddy is its own authority for names like these.
PORTAL, API = "portal.server.local", "api.server.local"
RELEASE, NEWER = "pipelines-portal-0.1.0", "pipelines-portal-0.2.0"


@pytest.fixture
def server() -> Iterator[Docker]:
    folder = Path(tempfile.mkdtemp(prefix="pipelines-docker-"))
    folder.chmod(0o755)
    try:
        with docker(folder, (PORTAL, API)) as running:
            yield running
    except CannotRun as reason:
        pytest.skip(f"Compose was not run: {reason}")
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=False)


def download(server: Docker, name: str) -> Path:
    """A release and its hash, as `make release` names them."""
    place = Debian(server.folder, server.folder).unpack(name)
    if name == NEWER:
        raise_version(place)
    pack = f"tar -czf ../{name}.tar.gz {name} && rm -r {name} && cd .. && sha256sum *.tar.gz >SHA256SUMS"
    server.run(pack, place.parent)
    return server.folder / name / "deploy/compose"


def answers(server: Docker) -> list[str]:
    ask = ["python3", "-I", "-c", ASK]
    return [server.inside(*ask, f"https://{name}/ready") for name in (PORTAL, API)]


def wait_for_both(server: Docker, place: Path) -> None:
    """Until Caddy passes requests on to both programs."""
    try:
        wait_until(lambda: answers(server) == ["200", "200"], "both programs", 60)
    except AssertionError as error:
        logs = server.run("docker compose ps; docker compose logs --tail 20", place)
        raise AssertionError(f"{answers(server)}\n{logs}") from error


def content(server: Docker, place: Path) -> str:
    """What the database holds: its people, and whether it has the table that only the newer version makes."""
    command = f'docker compose exec -T pipelines pipelines shell --verbosity 0 --command "{CONTENT}"'
    return server.run(command, place).splitlines()[-1]


def test_the_pages_for_compose_hold(server: Docker) -> None:
    """One story: each step begins where the one before it ended."""
    place = install(server)
    change_a_setting(server, place)
    restore(server, place)
    newer = upgrade(server, place)
    go_back(server, newer, place)


def install(server: Docker) -> Path:
    place = download(server, RELEASE)
    unpack, start, links, *_ = blocks("compose.md")
    server.run(unpack, server.folder)
    env = place / ".env"
    env.write_text(env.read_text().replace("portal.example.com", PORTAL).replace("api.example.com", API))
    server.run(start, place)
    assert len(re.findall(r"https://\S+/setup/?\?code=", server.run(links, place))) == 2
    wait_for_both(server, place)
    person = "createsuperuser --noinput --email maria@acme.example"
    password = "DJANGO_SUPERUSER_PASSWORD=a-long-enough-pass-phrase"
    server.run(f"docker compose exec -T -e {password} pipelines pipelines {person}", place)
    assert content(server, place) == "1 False"
    return place


def change_a_setting(server: Docker, place: Path) -> None:
    """One that cannot be used stops nothing."""
    (change,) = (block for block in blocks("compose.md") if " check " in block)
    env = (place / ".env").read_text()
    (place / ".env").write_text(f"{env}WEB_THREADS=lots\n")
    assert "WEB_THREADS must be a whole number" in server.run(change, place, code=2)
    assert answers(server) == ["200", "200"]
    (place / ".env").write_text(f"{env}WEB_THREADS=4\n")
    server.run(change, place)
    wait_for_both(server, place)


def restore(server: Docker, place: Path) -> None:
    """Twice, on an installation without uploads."""
    (command,) = (block for block in blocks("restore.md") if "docker compose" in block)
    named = re.search(r"/backups/\S+\.tar", command)
    assert named
    server.run(f"docker compose exec -T pipelines pipelines backup {named[0]}", place)
    assert "Programs still use" in server.run(command, place, code=1)
    for _ in range(2):
        server.run(f"docker compose stop && {command} && docker compose up --detach --wait", place)
        assert content(server, place) == "1 False"
    server.run("docker compose exec -T pipelines sh -c 'rm -r /data/before-restore-*'", place)


def upgrade(server: Docker, place: Path) -> Path:
    newer = download(server, NEWER)
    server.run("\n".join(blocks("upgrade.md", "Compose")), server.folder)
    wait_for_both(server, newer)
    assert content(server, newer) == "1 True"
    assert "0.1.0\n0.2.0" in server.run("docker images --format '{{.Tag}}' pipelines-portal | sort", newer)
    return newer


def go_back(server: Docker, newer: Path, place: Path) -> None:
    back, _ = blocks("upgrade.md", "Go back")
    server.run(back, newer)
    wait_for_both(server, place)
    assert content(server, place) == "1 False"
