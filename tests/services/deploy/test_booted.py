"""Debian servers that boot systemd: the guide's pages for Debian, from the installation to the way back.

It runs for minutes. tests/services/test_setup_server.py has the order of the steps, in a second.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import wait_until
from tests.services.deploy.booted import SUITES, Booted, CannotBoot, booted, why_not
from tests.services.deploy.next_version import CONTENT, raise_version

WHY_NOT = why_not()
pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(WHY_NOT), reason=f"systemd was not booted: {WHY_NOT}"),
]

# Caddy is its own authority for names like these.
PORTAL, API, LATER = "portal.server.local", "api.server.local", "tasks.server.local"
RELEASE, NEWER = "pipelines-portal-0.1.0", "pipelines-portal-0.2.0"
ENV, BACKUPS = "etc/pipelines-portal/env", "var/lib/pipelines-backups"
WEB = "pipelines-portal@8000.service"
UNITS = [
    "pipelines.target", "pipelines-backup.timer", WEB, "pipelines-portal-worker.service",
    "pipelines-external-api@8001.service", "pipelines-external-api-worker.service",
]  # fmt: skip


@pytest.fixture(scope="module", params=SUITES)
def server(request: pytest.FixtureRequest) -> Iterator[Booted]:
    folder = Path(tempfile.mkdtemp(prefix="pipelines-booted-"))
    folder.chmod(0o755)
    try:
        with booted(folder, request.param, (PORTAL, API, LATER)) as running:
            yield running
    except CannotBoot as reason:
        pytest.skip(f"systemd was not booted: {reason}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def serves(server: Booted, *hosts: str) -> bool:
    return all(server.ask(f"https://{host}/ready") == "200" for host in hosts)


def all_active(server: Booted) -> bool:
    return [server.state(unit, "ActiveState") for unit in UNITS] == ["active"] * len(UNITS)


def change(server: Booted, before: str, after: str) -> None:
    file = server.root / ENV
    file.write_text(file.read_text().replace(before, after))


def start_caddy(server: Booted) -> None:
    server.run("cp", "/etc/pipelines-portal/Caddyfile", "/etc/caddy/Caddyfile")
    server.run("sh", "-c", "systemctl restart caddy || { journalctl --unit caddy --lines 20; exit 1; }")


def content(server: Booted) -> str:
    """What the database holds: its people, and whether it has the table that only the newer version makes."""
    return server.run("pipelines", "shell", "--verbosity", "0", "--command", CONTENT).splitlines()[-1]


def test_an_installation_lives_through_what_happens_to_servers(server: Booted) -> None:
    """One story: each step begins where the one before it ended."""
    install(server)
    reboot(server)
    kill(server)
    restart_with_a_bad_setting(server)
    upgrade(server)
    go_back(server)
    change_the_host_name(server)


def install(server: Booted) -> None:
    server.unpack(RELEASE)
    said = server.run(f"/opt/{RELEASE}/bin/setup-server", PORTAL, API)
    assert f"{RELEASE} is running." in said
    assert len(re.findall(r"https://\S+/setup/?\?code=", said)) == 2
    assert all_active(server)
    start_caddy(server)
    wait_until(lambda: serves(server, PORTAL, API), "Caddy to pass requests on", 60)
    server.run("pipelines", "createsuperuser", "--noinput", "--email", "maria@acme.example",
               DJANGO_SUPERUSER_PASSWORD="a-long-enough-pass-phrase")  # fmt: skip
    assert content(server) == "1 False"


def reboot(server: Booted) -> None:
    server.shut_down()
    server.boot()
    wait_until(lambda: serves(server, PORTAL, API), "everything to run after a reboot", 120)
    assert all_active(server)


def kill(server: Booted) -> None:
    """Without a word to systemd. What is prepared is not prepared again."""
    first, prepared = server.state(WEB, "MainPID"), server.state("pipelines-prepare", "InvocationID")
    server.run("sh", "-c", f"kill -9 {first}")
    wait_until(lambda: server.state(WEB, "MainPID") not in (first, "0"), "systemd to start it again", 60)
    wait_until(lambda: serves(server, PORTAL), "the killed program to return", 60)
    assert server.state("pipelines-prepare", "InvocationID") == prepared


def restart_with_a_bad_setting(server: Booted) -> None:
    change(server, "PORTAL_HOST=", "WEB_THREADS=lots\nPORTAL_HOST=")
    reason = "WEB_THREADS must be a whole number"
    assert reason in server.run("pipelines", "check_settings", code=2)
    assert "Nothing was changed" in server.run(f"/opt/{RELEASE}/bin/setup-server", code=1)
    assert all_active(server) and serves(server, PORTAL)
    assert "pipelines.target" in server.run("systemctl", "restart", "pipelines.target", code=1)
    assert reason in server.run("journalctl", "--unit", "pipelines-prepare", "--lines", "10", "--output", "cat")
    change(server, "WEB_THREADS=lots\n", "")
    server.run("sh", "-c", "pipelines check_settings && systemctl restart pipelines.target")
    wait_until(lambda: serves(server, PORTAL, API), "everything to run with good settings", 60)
    assert all_active(server)


def upgrade(server: Booted) -> None:
    raise_version(server.unpack(NEWER))
    assert f"{NEWER} is running." in server.run(f"/opt/{NEWER}/bin/setup-server")
    assert content(server) == "1 True"
    assert all_active(server) and serves(server, PORTAL, API)


def go_back(server: Booted) -> None:
    """By the commands of docs/administrators/upgrade.md."""
    assert "which is newer" in server.run(f"/opt/{RELEASE}/bin/setup-server", code=1)
    (backup,) = (server.root / BACKUPS).glob("0.1.0-before-0.2.0-*.tar")
    server.run("systemctl", "stop", "pipelines.target")
    assert server.state(WEB, "ActiveState") == server.state("pipelines-prepare", "ActiveState") == "inactive"
    server.run("ln", "-sfn", f"/opt/{RELEASE}", "/opt/pipelines-portal")
    server.run("pipelines", "restore", "--move-away", f"/{BACKUPS}/{backup.name}")
    assert f"{RELEASE} is running." in server.run(f"/opt/{RELEASE}/bin/setup-server")
    assert content(server) == "1 False"
    assert all_active(server) and serves(server, PORTAL, API)


def change_the_host_name(server: Booted) -> None:
    change(server, f"PORTAL_HOST={PORTAL}", f"PORTAL_HOST={LATER}")
    server.run("/opt/pipelines-portal/bin/setup-server")
    start_caddy(server)
    wait_until(lambda: serves(server, LATER, API), "the new name", 60)
    assert not serves(server, PORTAL)
    assert len(list((server.root / BACKUPS).glob("*-before-*.tar"))) == 1
