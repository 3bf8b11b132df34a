"""`prepare` does what is missing, and nothing where all is there: never a wrong skip."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import databases, starting
from tests.external_api.server import PROJECT, SETTINGS

PROGRAMS = {"portal": "pipelines_portal.settings", "external_api": SETTINGS}

LOADED = """
import sys
from importlib import import_module
import_module(sys.argv[1])
from django.urls import get_resolver
get_resolver().url_patterns
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
LOADED_WHERE_USED = {"boto3", "botocore", "openpyxl", "psycopg", "redis", "supervisor"}


@pytest.fixture(params=[pytest.param("portal", marks=pytest.mark.full), "external_api"])
def prepared(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Callable[[], None]]:
    name, database = request.param, f"sqlite:///{tmp_path}/database.sqlite3"
    env = {"DATA_DIR": str(tmp_path), "DATABASE_URL": database, "EXTERNAL_API_DATABASE_URL": database}

    def prepare() -> None:
        starting.run("manage.py", "prepare", "--settings", PROGRAMS[name], env=os.environ | env)

    prepare()
    return name, prepare


def test_nothing_is_done_twice_and_whatever_went_missing_comes_back(
    prepared: tuple[str, Callable[[], None]], tmp_path: Path
) -> None:
    name, prepare = prepared
    manifest = tmp_path / "static" / name / "staticfiles.json"
    before, listed = manifest.stat().st_mtime_ns, sorted(manifest.parent.rglob("*"))
    prepare()
    assert manifest.stat().st_mtime_ns == before
    lost = next(file for file in listed if file.suffix == ".css")
    lost.unlink()
    with sqlite3.connect(tmp_path / "database.sqlite3") as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        database.execute("DROP TABLE django_session")
    prepare()
    assert sorted(manifest.parent.rglob("*")) == listed
    with sqlite3.connect(tmp_path / "database.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM django_session").fetchone() == (0,)


@pytest.mark.full
def test_files_of_the_version_before_stay_and_older_ones_go(
    prepared: tuple[str, Callable[[], None]], tmp_path: Path
) -> None:
    name, prepare = prepared
    root = tmp_path / "static" / name
    manifest = root / "staticfiles.json"
    for file in ("css/before.0123456789ab.css", "css/older.0123456789ab.css"):
        (root / file).write_text("body {}")
    known = json.loads(manifest.read_text())
    paths = known["paths"] | {"css/before.css": "css/before.0123456789ab.css"}
    manifest.write_text(json.dumps(known | {"paths": paths}))
    (tmp_path / "static" / f"{name}.collected").write_text("of another version")
    prepare()
    assert [file.name for file in (root / "css").glob("*.0123456789ab.css")] == ["before.0123456789ab.css"]
    assert set(known["paths"].values()) <= {str(file.relative_to(root)) for file in root.rglob("*")}


@pytest.mark.parametrize(
    "module", ["pipelines_portal.wsgi", pytest.param("pipelines_portal.external_api.wsgi", marks=pytest.mark.full)]
)
def test_a_web_process_loads_no_library_before_it_is_used(module: str, tmp_path: Path) -> None:
    env = os.environ | {"DATA_DIR": str(tmp_path)}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "-c", LOADED, module], cwd=PROJECT, env=env, capture_output=True, text=True, check=True
    )
    assert "django" in done.stdout.split()
    used = {"psycopg"} if databases.server() else set()
    assert (LOADED_WHERE_USED & {*done.stdout.split()}) == used
