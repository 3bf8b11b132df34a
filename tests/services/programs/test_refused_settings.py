"""A program that is started with a bad value ends with one sentence.

tests/core/test_environment.py has all the values that the settings refuse.
"""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests import starting
from tests.external_api.server import SETTINGS

PORTAL = "pipelines_portal.settings.portal"
OF_PROGRAM = {"portal": PORTAL, "external_api": SETTINGS}


def check(settings: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)}
    return starting.run("manage.py", "check", "--settings", settings, env=base | env, check=False)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.glob("*.sqlite3*")]}


@pytest.mark.parametrize(
    ("settings", "name", "value", "sentence"),
    [
        (PORTAL, "DATA_DIR", "/proc/nowhere", "DATA_DIR must be a writable folder"),
        (PORTAL, "ALLOWED_HOSTS", "portal.example.com", "SECRET_KEY must be set in production."),
        (SETTINGS, "STORAGE_URL", "ftp://x", "STORAGE_URL"),
    ],
)
def test_a_command_ends_with_one_sentence(tmp_path: Path, settings: str, name: str, value: str, sentence: str) -> None:
    ended = check(settings, tmp_path, **{name: value})
    assert ended.returncode != 0
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "99999", "PORT must be"),
        ("BIND", "no.such.host.invalid", "cannot be listened on (Name or service not known). Set BIND or "),
        pytest.param("WEB_CONCURRENCY", "0", "WEB_CONCURRENCY must be", marks=pytest.mark.full),
        pytest.param("WEB_THREADS", "0", "WEB_THREADS must be", marks=pytest.mark.full),
    ],
)
@pytest.mark.parametrize("program", OF_PROGRAM)
def test_a_web_server_ends_with_one_sentence(
    tmp_path: Path, program: str, name: str, value: str, sentence: str
) -> None:
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": OF_PROGRAM[program]}
    command = ("-m", "pipelines_portal.core.web_server", program)
    ended = starting.run(*command, env=env | {name: value}, check=False)
    assert ended.returncode != 0
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
