"""deploy/compose, as docker reads it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipelines_portal import __version__
from tests.external_api.server import PROJECT
from tests.services.deploy.names import known

pytestmark = pytest.mark.full

COMPOSE = PROJECT / "deploy" / "compose"


def config(folder: Path, text: str, compose: str = "") -> subprocess.CompletedProcess[str]:
    """What docker makes of it, with `text` as .env."""
    shutil.copytree(PROJECT / "deploy", folder / "deploy")
    place = folder / "deploy" / "compose"
    (place / ".env").write_text(text)
    if compose:
        (place / "compose.yaml").write_text(compose)
    env = {name: value for name, value in os.environ.items() if name not in known()}
    command = ["docker-compose", "config", "--format", "json"]
    return subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=False)


def services(folder: Path, text: str) -> dict[str, Any]:
    done = config(folder, text)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return json.loads(done.stdout)["services"]


def test_it_needs_two_names_and_nothing_else(tmp_path: Path) -> None:
    """The sample, copied, names both."""
    found = services(tmp_path, (COMPOSE / ".env.example").read_text())
    names = {"PORTAL_HOST": "portal.example.com", "API_HOST": "api.example.com"}
    assert found["pipelines"]["environment"] == names | {"TRUSTED_PROXIES": "10.90.0.0/24"}
    assert found["caddy"]["environment"] == names | {"PROGRAMS": "pipelines"}
    assert set(found) == {"pipelines", "caddy"}


def test_without_an_apis_name_there_is_no_site_for_it(tmp_path: Path) -> None:
    found = services(tmp_path, "PORTAL_HOST=portal.example.com\n")
    assert found["caddy"]["environment"]["API_HOST"] == "http://unused.invalid"


def test_it_does_not_start_without_the_portals_name(tmp_path: Path) -> None:
    refusal = config(tmp_path, "API_HOST=api.example.com\n").stderr.strip()
    assert refusal.endswith("PORTAL_HOST is missing a value: is missing in .env")


def test_any_other_setting_reaches_the_programs(tmp_path: Path) -> None:
    found = services(tmp_path, "PORTAL_HOST=portal.example.com\nEMAIL_URL=smtp://mail.example.com\n")
    assert found["pipelines"]["environment"]["EMAIL_URL"] == "smtp://mail.example.com"
    assert "EMAIL_URL" not in found["caddy"]["environment"]


def test_an_unknown_name_in_it_would_be_found(tmp_path: Path) -> None:
    text = (COMPOSE / "compose.yaml").read_text().replace("read_only: true", "read_onli: true", 1)
    assert "read_onli" in config(tmp_path, "PORTAL_HOST=portal.example.com\n", text).stderr


def test_the_programs_are_read_only_and_without_rights(tmp_path: Path) -> None:
    """They listen for Caddy only, and keep their data when a container is replaced."""
    found = services(tmp_path, "PORTAL_HOST=portal.example.com\n")["pipelines"]
    assert found["image"] == f"pipelines-portal:{__version__}"
    assert (found["read_only"], found["cap_drop"], found["stop_grace_period"]) == (True, ["ALL"], "40s")
    assert "ports" not in found
    kept = [(each["type"], each["target"]) for each in found["volumes"]]
    assert kept == [("volume", "/data"), ("volume", "/backups"), ("bind", "/ca")]


def test_every_file_it_mounts_is_there(tmp_path: Path) -> None:
    found = services(tmp_path, "PORTAL_HOST=portal.example.com\n")
    binds = [each for told in found.values() for each in told["volumes"] if each["type"] == "bind"]
    mounts = {Path(each["source"]).name: Path(each["source"]) for each in binds}
    assert mounts.keys() == {"Caddyfile", "own", "ca"}
    assert mounts["Caddyfile"].is_file()
    assert mounts["own"].parent == mounts["ca"].parent == tmp_path / "deploy/compose"
