"""The units of deploy/systemd, as systemd itself reads them."""

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.external_api.server import PROJECT
from tests.services.deploy.names import known

pytestmark = pytest.mark.full

UNITS = PROJECT / "deploy" / "systemd"
LOADED = (".service", ".target", ".timer")
SERVICES = sorted(file.name for file in UNITS.glob("*.service"))
# systemd's figure is 10 for what may do anything, 9.6 for a service that says nothing.
MOST_EXPOSED = 2.5


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """As they are, but for the folder that the programs are in."""
    units = Path(shutil.copytree(UNITS, tmp_path / "units"))
    for file in units.glob("*.service"):
        file.write_text(file.read_text().replace("/opt/pipelines-portal", str(PROJECT)))
    return units


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def complaints(folder: Path) -> str:
    """It ends well whatever it found, and says it here."""
    units = [f"./{file.name}" for file in sorted(folder.glob("*.*")) if file.suffix in LOADED]
    return analyze(folder, "verify", *units).stderr


def test_systemd_has_nothing_to_say_about_them(installed: Path) -> None:
    assert complaints(installed) == ""


@pytest.mark.parametrize(
    ("right", "wrong"), [("Restart=always", "Restart=often"), ("[Install]", "Restarts=always\n[Install]")]
)
def test_and_would_say_so(installed: Path, right: str, wrong: str) -> None:
    file = installed / "pipelines-portal-worker.service"
    file.write_text(file.read_text().replace(right, wrong))
    assert wrong.partition("=")[0] in complaints(installed)


def test_what_they_start_must_be_there(installed: Path) -> None:
    file = installed / "pipelines-portal-worker.service"
    file.write_text(file.read_text().replace(str(PROJECT), "/nowhere"))
    assert "/nowhere/deploy/start is not executable" in complaints(installed)


@pytest.mark.parametrize("service", SERVICES)
def test_each_may_do_little(installed: Path, service: str) -> None:
    """By the settings that all have from pipelines-.service.d."""
    told = analyze(installed, "security", "--offline=true", "--no-pager", f"./{service}").stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert exposure and float(exposure[1]) <= MOST_EXPOSED, told


def test_every_variable_in_them_is_one_that_exists() -> None:
    files = [UNITS / name for name in SERVICES] + [UNITS / "env", UNITS / "pipelines-.service.d/common.conf"]
    pattern = r"(?:^|env |=| )([A-Z][A-Z_]{3,})=(?!yes|no)"
    given = {name for file in files for name in re.findall(pattern, file.read_text(), re.MULTILINE)}
    assert {"PORT", "API_PORT", "PORTAL_HOST", "API_HOST", "DATA_DIR", "TRUSTED_PROXIES"} <= given <= known()


def prepare_server(folder: Path, failure: int) -> int:
    """What the unit ends with where `prepare` fails so twice, and then does not."""
    (unit,) = re.findall(r"^ExecStart=(.+)", (UNITS / "pipelines-prepare.service").read_text(), re.MULTILINE)
    (folder / "deploy").mkdir()
    text = (PROJECT / "deploy" / "start").read_text().replace("sleep 5", "sleep 0.1")
    (folder / "deploy" / "start").write_text(text)
    (folder / "deploy" / "start").chmod(0o755)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    tries = folder / "tries"
    done = f'[ "$1" = -m ] && echo portal || [ $(grep -c prepare {tries}) -ge 3 ] || exit {failure}'
    python.write_text(f"#!/bin/sh\necho $1 $2 >> {tries}\n{done}\n")
    python.chmod(0o755)
    command = shlex.split(unit.replace("/opt/pipelines-portal", str(folder)))
    env = os.environ | {"API_HOST": "", "PORTAL_HOST": "portal.example.com"}
    return subprocess.run(command, env=env, check=False, timeout=60).returncode


def test_what_prepares_creates_secrets_and_tries_again_until_the_database_is_there(tmp_path: Path) -> None:
    """So that whatever waits for it starts by itself when the database comes later than this machine."""
    assert prepare_server(tmp_path, failure=75) == 0
    secrets, *tries = (tmp_path / "tries").read_text().splitlines()
    assert secrets == "-m pipelines_portal.core.generated_secrets"
    assert tries == ["manage.py prepare"] * 3
    assert "TimeoutStartSec=infinity" in (UNITS / "pipelines-prepare.service").read_text()


def test_whatever_else_is_wrong_ends_the_start(tmp_path: Path) -> None:
    assert prepare_server(tmp_path, failure=1) == 1
    assert len((tmp_path / "tries").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("env", "ends_with"),
    [
        ({"DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none"}, 75),
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none?foo=bar"}, 1),
        ({"WEB_THREADS": "many"}, 1),
    ],
)
def test_prepare_says_whether_it_is_worth_another_try(tmp_path: Path, env: dict[str, str], ends_with: int) -> None:
    start = [PROJECT / "deploy" / "start", "prepare", "portal"]
    env = os.environ | {"DATA_DIR": str(tmp_path)} | env
    ended = subprocess.run(start, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == ends_with
    assert "Traceback" not in ended.stderr


@pytest.fixture
def used(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    env = os.environ | {"DATA_DIR": str(data)}
    subprocess.run([PROJECT / "deploy" / "start", "prepare"], check=True, env=env, timeout=120)
    return data


def save_by_the_unit(data: Path, kept: Path) -> None:
    """What systemd would run, line by line."""
    env = os.environ | {"DATA_DIR": str(data), "PYTHONPATH": str(PROJECT)}
    unit = (UNITS / "pipelines-backup.service").read_text()
    for command in re.findall(r"^Exec\w+=(.+)", unit, re.MULTILINE):
        command = command.replace("/opt/pipelines-portal", str(PROJECT)).replace(
            "/var/lib/pipelines-backups", str(kept)
        )
        subprocess.run(shlex.split(command.replace("%%", "%")), check=True, env=env, timeout=120)


def test_what_saves_every_night_keeps_the_last_fourteen(used: Path, tmp_path: Path) -> None:
    kept = tmp_path / "backups"
    kept.mkdir()
    for day in range(1, 17):
        (kept / f"portal-2026-01-{day:02}-023000.tar").touch()
    (kept / "before-the-move.tar").touch()
    save_by_the_unit(used, kept)
    others, *named, latest = sorted(kept.iterdir())
    assert [path.name for path in named] == [f"portal-2026-01-{day:02}-023000.tar" for day in range(4, 17)]
    assert latest.stat().st_size > 0
    assert others.name == "before-the-move.tar"


def test_a_release_that_was_not_started_yet_is_saved_as_it_was_before(used: Path, tmp_path: Path) -> None:
    """It is the way back: nothing that saves asks for what migrates."""
    kept = tmp_path / "backups"
    kept.mkdir()
    with closing(sqlite3.connect(used / "portal.sqlite3")) as database, database:
        database.execute("DELETE FROM django_migrations WHERE app = 'system' AND name LIKE '0002%'")
    save_by_the_unit(used, kept)
    with tarfile.open(next(kept.iterdir())) as tar:
        said = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
    assert not [name for name in said["migrations"]["portal"] if name.startswith("system.0002")]
    units = [(UNITS / f"pipelines-backup.{kind}").read_text() for kind in ("service", "timer")]
    asked = [re.findall(r"^(?!After=|Before=|#|Exec)\S+=.*pipelines-prepare", unit, re.MULTILINE) for unit in units]
    assert asked == [[], []]


def test_all_four_programs_have_one_and_wait_for_what_prepares_them() -> None:
    programs = [name for name in SERVICES if name not in ("pipelines-prepare.service", "pipelines-backup.service")]
    assert len(programs) == 4
    for name in programs:
        text = (UNITS / name).read_text()
        assert "Requires=pipelines-prepare.service" in text and "After=network-online.target pipelines-prepare" in text
    # One that was killed is started again without it.
    assert "RemainAfterExit=yes\n" in (UNITS / "pipelines-prepare.service").read_text()
