"""manage.py check_settings names what sets nothing, and never a value."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from pipelines_portal.core import environment, start_line
from pipelines_portal.core.settings_check import check
from tests.core.test_env_file import EXAMPLE
from tests.external_api.server import PROJECT
from tests.settings_reader import EXTERNAL_API, PORTAL

SECRET = "5ec4e7" * 8
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the place of the folder with manage.py, beside which the .env file is."""
    monkeypatch.setattr(environment, "BASE_DIR", tmp_path)
    monkeypatch.setattr(start_line, "BASE_DIR", tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*files: str, env: str = "") -> tuple[int, str]:
        if env:
            (folder / ".env").write_text(env)
        try:
            call_command("check_settings", *files)
        except SystemExit as end:
            return int(str(end.code)), capsys.readouterr().out
        return 0, capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (f"ALOWED_HOSTS={SECRET}", "ALOWED_HOSTS is not a setting. Did you mean ALLOWED_HOSTS?"),
        (f"export SECRET_KY={SECRET}", "SECRET_KY is not a setting. Did you mean SECRET_KEY?"),
        (f"SECRET_KEYFILE={SECRET}", "SECRET_KEYFILE is not a setting. Did you mean SECRET_KEY_FILE?"),
        ("web_threads=8", "web_threads is not a setting. Did you mean WEB_THREADS?"),
        ("COLOR=red", "COLOR is not a setting."),
        (f"{SECRET}=", "Line 2 names no setting."),
        ("JBSWY3DPEHPK3PXP=", "Line 2 names no setting."),
        (SECRET, "Line 2 is not NAME=value."),
        (f"SECRET_KEY = {SECRET}", "Line 2 is not NAME=value."),
    ],
)
def test_what_sets_nothing_is_named_without_its_value(run: Run, line: str, fault: str) -> None:
    assert run(env=f"PORT=8000\n{line}\n# {line}\n") == (1, f"{fault}\n")


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "TZ", "LC_ALL", "PYTHONUNBUFFERED", "VERSION"])
def test_what_others_read_is_no_mistake(name: str) -> None:
    assert check(f"{name}=x").problems == []


def test_known_settings_are_counted(run: Run) -> None:
    env = "PORT=8000  # the portal's\nOIDC_CLIENT_SECRET_FILE=/run/secrets/oidc\nLANG=C\nMAIL_FROM=\nAPI_PORT=''\n"
    assert run(env=env) == (0, "2 settings, all known.\n")
    assert run(env="PORT=8000") == (0, "1 setting, all known.\n")


@pytest.mark.parametrize("sample", ["systemd/env", "compose/.env.example"])
def test_the_samples_have_no_mistakes(sample: str) -> None:
    assert check(EXAMPLE).problems == []
    assert check((PROJECT / "deploy" / sample).read_text()).problems == []


def test_other_files_are_named_with_their_mistakes(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "env").write_text("PROT=8000\n")
    assert run(str(folder / "env"), env="PORT=8000\n") == (
        1, f"{folder}/env: PROT is not a setting. Did you mean PORT?\n"
    )  # fmt: skip
    (folder / "good").write_text("API_PORT=8001\n")
    assert run(str(folder / "good")) == (0, "2 settings, all known.\n")
    with pytest.raises(CommandError, match=r"There is no file .*/missing\."):
        run(str(folder / "missing"))


def test_no_file_at_all_is_said(run: Run) -> None:
    assert run() == (0, "There is no .env file here. Name the file that has the settings.\n")


def test_a_setting_that_is_given_twice_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "METRICS_TOKEN and METRICS_TOKEN_FILE are both set. Remove one of them.\n"
    assert run(env=f"METRICS_TOKEN={SECRET}\nMETRICS_TOKEN_FILE=/run/secrets/token\n") == (1, said)
    monkeypatch.setenv("METRICS_TOKEN_FILE", "/run/secrets/token")
    assert run(env=f"METRICS_TOKEN={SECRET}\n") == (1, said)
    assert run(env="METRICS_TOKEN=\n") == (0, "0 settings, all known.\n")


@pytest.mark.parametrize("settings", [PORTAL, EXTERNAL_API])
def test_both_programs_have_it_even_if_the_mistake_stops_them(tmp_path: Path, settings: str) -> None:
    """In production, they do not start without a SECRET_KEY."""
    env = os.environ | {"PRODUCTION": "on", "DJANGO_SETTINGS_MODULE": settings, "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "check_settings", "-"], input=f"SECRET_KY={SECRET}\n", cwd=PROJECT, env=env,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.endswith("SECRET_KY is not a setting. Did you mean SECRET_KEY?\n")


def test_a_program_warns_once_when_it_starts(db: None, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    (folder / ".env").write_text(f"ALOWED_HOSTS={SECRET}\nCOLOR=red\n")
    start_line.log_start("worker")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "The file .env has lines that set nothing: ALOWED_HOSTS is not a setting. Did you mean ALLOWED_HOSTS? COLOR is "
        "not a setting."
    ]
    caplog.clear()
    (folder / ".env").write_text("PORT=8000\n")
    start_line.log_start("worker")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_line_that_cannot_be_read_is_not_logged(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / ".env").write_text(f"{SECRET}\n")
    environment.read_env_file(folder / ".env")
    assert SECRET not in caplog.text
