"""Commands of the guide for administrators, as they are printed, where the tools that they name are installed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.external_api.server import PROJECT
from tests.services.deploy.guide import PAGES, blocks

CADDY = PROJECT / "deploy/caddy/Caddyfile"


def needs(tool: str) -> pytest.MarkDecorator:
    there = shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin")
    return pytest.mark.skipif(there is None, reason=f"{tool} is not installed")


def run(command: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"} | env
    return subprocess.run(["bash", "-euc", command], cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", ["compose.md", "debian.md"])
def test_the_guide_counts_its_commands_rightly(page: str) -> None:
    """The number in the table of install.md is that of the commands before the page's own table."""
    before_table = (PAGES / page).read_text().partition("\n|")[0]
    lines = "\n".join(blocks(page)).split("\n")
    printed = [line for line in lines if line in before_table]
    row = re.search(rf"\({page}\) \|.*\| (\d+) commands \|", (PAGES / "install.md").read_text())
    assert row and int(row[1]) == len(printed)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("", 0, "2 settings, all known."),
        ("PORTAL_HOTS=x.example.com", 1, "PORTAL_HOTS is not a setting. Did you mean PORTAL_HOST?"),
        ("WEB_THREADS=lots", 2, "WEB_THREADS must be a whole number"),
        ("API_PORT=many", 2, "API_PORT must be"),
    ],
)
def test_settings_are_checked_before_a_restart(tmp_path: Path, line: str, code: int, said: str) -> None:
    """The values of both programs, and the names, as on Debian (`pipelines check_settings`) and with Compose."""
    file = tmp_path / "env"
    file.write_text((PROJECT / "deploy/systemd/env").read_text() + line + "\n")
    load = f". {PROJECT}/deploy/environment.sh; load_environment {file}; "
    done = run(f"{load} {PROJECT}/deploy/start check <{file}", tmp_path, DATA_DIR=str(tmp_path))
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


@needs("caddy")
def test_caddy_takes_the_sample(tmp_path: Path) -> None:
    names = {"PORTAL_HOST": "portal.example.com", "API_HOST": "api.example.com", "HOME": str(tmp_path)}
    done = run(f"caddy validate --adapter caddyfile --config {CADDY}", tmp_path, **names)
    assert done.returncode == 0, done.stderr


@needs("promtool")
def test_prometheus_takes_the_alerts(tmp_path: Path) -> None:
    done = run(f"promtool check rules {PROJECT}/deploy/prometheus/alerts.yaml", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
