"""A place with both programs' data, and what a backup is made and restored with there."""

import os
import shutil
import subprocess
from pathlib import Path

from tests import starting
from tests.external_api.server import free_port

SECRETS = ("portal.secret_key", "external_api.secret_key", "portal.encryption_keys")


def databases(folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
        "EXTERNAL_API_DATABASE_URL": f"sqlite:///{folder}/external_api.sqlite3",
    }


def env_of(folder: Path) -> dict[str, str]:
    ports = {"PORT": str(free_port()), "API_PORT": str(free_port())}
    program = {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings.portal"}
    return os.environ | databases(folder) | ports | program


def run(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A management command of the portal there, whatever comes of it."""
    return starting.run("manage.py", *arguments, env=env_of(folder) | env, check=False)


def refused(folder: Path, *arguments: str, code: int = 1, **env: str) -> str:
    done = run(folder, *arguments, **env)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stderr


def give_secrets(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in SECRETS:
        shutil.copy2(source / name, target / name)


def left_in(folder: Path) -> set[str]:
    """Return all but what the mere start of a command makes: its secrets, and a folder for what it counts."""
    return {path.name for path in folder.iterdir()} - {*SECRETS, "metrics"}


def stored(folder: Path) -> dict[str, bytes]:
    storage = folder / "storage"
    return {str(path.relative_to(storage)): path.read_bytes() for path in storage.rglob("*") if path.is_file()}
