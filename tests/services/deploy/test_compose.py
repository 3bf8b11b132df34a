"""deploy/compose: read by docker's own reader, and each of its parts done once for real."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from pipelines_portal import __version__
from tests import seaweedfs
from tests.external_api.server import PROJECT
from tests.services.deploy import services
from tests.services.deploy.certificates import make_certificate
from tests.services.deploy.names import known

pytestmark = pytest.mark.full

COMPOSE = PROJECT / "deploy" / "compose"
FILE = COMPOSE / "compose.yaml"
OURS = ("portal", "portal-worker", "external-api", "external-api-worker", "prepare", "bucket")
PORTS = {"portal": 8000, "external-api": 8001}
SECRETS = re.findall(r"^([A-Z_]+)=", (COMPOSE / "env.example").read_text(), re.MULTILINE)


def config(file: Path = FILE, **without: str) -> subprocess.CompletedProcess[str]:
    """What docker makes of it, with every secret that env.example asks for; `without` are given in their place."""
    env = os.environ | dict.fromkeys(SECRETS, "given") | without
    command = ["docker-compose", "--project-directory", str(COMPOSE), "--file", str(file), "config", "--format", "json"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    done = config()
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return json.loads(done.stdout)["services"]


def test_an_unknown_name_and_a_wrong_type_in_it_would_be_found(tmp_path: Path) -> None:
    for right, wrong in (("read_only: true", "read_onli: true"), ("read_only: true", "read_only: [maybe]")):
        planted = tmp_path / "compose.yaml"
        planted.write_text(FILE.read_text().replace(right, wrong, 1))
        assert "read_onl" in config(planted).stderr


@pytest.mark.parametrize("name", SECRETS)
def test_it_does_not_start_without_a_secret(name: str) -> None:
    assert (
        config(**{name: ""}).stderr.strip().endswith(f"required variable {name} is missing a value: is missing in .env")
    )


def test_every_variable_in_it_is_one_that_exists(composed: dict[str, Any]) -> None:
    for name in OURS:
        assert {"METRICS_TOKEN", "SECRET_KEY"} <= set(composed[name]["environment"]) <= known()


def test_neither_program_has_a_secret_of_the_other(composed: dict[str, Any]) -> None:
    of_portal = {"DATABASE_URL", "ENCRYPTION_KEYS"}
    of_api = {"EXTERNAL_API_DATABASE_URL", "STORAGE_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    for name in OURS[:4]:
        own, other = (of_portal, of_api) if name.startswith("portal") else (of_api, of_portal)
        assert own <= set(composed[name]["environment"])
        assert not other & set(composed[name]["environment"])
    assert of_portal | of_api <= set(composed["prepare"]["environment"])


def test_it_runs_the_image_of_this_version(composed: dict[str, Any]) -> None:
    assert {composed[name]["image"] for name in OURS} == {f"pipelines-portal:{__version__}"}


def test_our_programs_are_read_only_and_without_rights_and_stop_in_time(composed: dict[str, Any]) -> None:
    for name in OURS:
        told = composed[name]
        assert (told["read_only"], told["cap_drop"], told["stop_grace_period"]) == (True, ["ALL"], "30s")


def test_nothing_starts_before_the_databases_are_prepared(composed: dict[str, Any]) -> None:
    for name in OURS[:4]:
        assert composed[name]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"


def test_every_file_it_mounts_is_there(composed: dict[str, Any]) -> None:
    """But the certificate, which is whose machine it is."""
    mounts = [mount for told in composed.values() for mount in told.get("volumes", []) if mount["type"] == "bind"]
    sources = [Path(mount["source"]) for mount in mounts]
    assert len(sources) > 5
    assert [file for file in sources if not file.exists() and file != COMPOSE / "tls"] == []


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[Path]:
    """What nginx.sh writes: a folder such as /etc/nginx."""
    (tmp_path / "conf.d").mkdir()
    script = [str(COMPOSE / "nginx.sh"), str(PROJECT / "deploy/nginx"), str(tmp_path)]
    subprocess.run(script, check=True, capture_output=True)
    (tmp_path / "conf.d/storage.conf").write_text((COMPOSE / "storage.conf").read_text())
    yield tmp_path


def test_nginx_passes_on_to_the_programs_by_their_names_and_ports(proxied: Path, composed: dict[str, Any]) -> None:
    told = (proxied / "conf.d/default.conf").read_text() + (proxied / "conf.d/storage.conf").read_text()
    passed = set(re.findall(r"(?:^ +server |proxy_pass http://)([\w.-]+):(\d+)", told, re.MULTILINE))
    assert passed == {(name, str(port)) for name, port in PORTS.items()} | {("storage", "8333")}
    assert {name for name, _ in passed} <= set(composed)


def test_nginx_takes_it(proxied: Path) -> None:
    """Names of containers are known between containers only."""
    make_certificate(proxied / "tls")
    for file in proxied.rglob("*.conf"):
        text = re.sub(r"(server |http://)(portal|external-api|storage):", r"\g<1>127.0.0.1:", file.read_text())
        text = text.replace("/etc/ssl/pipelines-portal", str(proxied / "tls"))
        file.write_text(text.replace("/etc/nginx", str(proxied)).replace("/dev/stdout", str(proxied / "log")))
    (proxied / "nginx.conf").write_text(f"events {{}} http {{ include {proxied}/conf.d/*.conf; }}")
    done = subprocess.run(
        ["/usr/sbin/nginx", "-t", "-c", str(proxied / "nginx.conf"), "-g", f"pid {proxied}/pid;"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_bucket_is_made_and_takes_what_the_portals_pages_put() -> None:
    with seaweedfs.running() as storage:
        env = storage.environment | {"STORAGE_URL": f"s3://archives?endpoint={storage.endpoint}"}
        env["PORTAL_URL"] = "https://portal.example.com"
        for _ in range(2):
            script = [str(PROJECT / ".venv/bin/python"), str(COMPOSE / "bucket.py")]
            subprocess.run(script, env=os.environ | env, check=True)
        asked = {"Access-Control-Request-Method": "PUT", "Origin": "https://portal.example.com"}
        answer = requests.options(f"{storage.endpoint}/archives/some.zip", headers=asked, timeout=10)
        assert answer.headers["Access-Control-Allow-Origin"] == "https://portal.example.com"
        strange = requests.options(
            f"{storage.endpoint}/archives/some.zip", headers=asked | {"Origin": "https://other.example"}, timeout=10
        )
        assert "Access-Control-Allow-Origin" not in strange.headers


@pytest.fixture
def database() -> Iterator[int]:
    """The port of a new cluster, where PostgreSQL's own user may look."""
    folder = Path(tempfile.mkdtemp(prefix="pipelines-compose-"))
    folder.chmod(0o755)
    (port,) = seaweedfs.free_ports(1)
    running = services.empty_postgres(folder, port)
    yield port
    running.stop()
    shutil.rmtree(folder)


def test_each_program_gets_a_database_that_is_its_own(database: int) -> None:
    """As PostgreSQL's image runs it: as the administrator, in a new cluster. Neither role opens the other's."""
    passwords = {"portal": "a'b", "external_api": 'c"d'}
    env = {"PGHOST": "127.0.0.1", "PGPORT": str(database), "PGPASSWORD": services.PASSWORD}
    env |= {"PORTAL_DATABASE_PASSWORD": passwords["portal"], "API_DATABASE_PASSWORD": passwords["external_api"]}
    subprocess.run([str(COMPOSE / "databases.sh")], env=os.environ | env, check=True, capture_output=True)
    for name in services.ROLES:
        own = {"host": "127.0.0.1", "port": database, "user": name, "password": passwords[name]}
        with psycopg.connect(dbname=name, **own) as connection:
            connection.execute("CREATE TABLE made (id int)")
        (other,) = set(services.ROLES) - {name}
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(dbname=other, **own)


def test_each_role_has_a_password_of_its_own() -> None:
    given = {name: name.lower() for name in SECRETS if name.endswith("DATABASE_PASSWORD")}
    told = json.loads(config(**given).stdout)["services"]
    env = told["prepare"]["environment"]
    used = [urlsplit(env[url]).password for url in ("DATABASE_URL", "EXTERNAL_API_DATABASE_URL")]
    assert {*used, told["postgres"]["environment"]["POSTGRES_PASSWORD"]} == {*given.values()} and len(given) == 3
