"""The environment: every name documented, every bad value a sentence, secrets kept to their owner."""

import ast
import base64
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import environ
import pytest
from cryptography.fernet import Fernet

from pipelines_portal.shared import environment
from pipelines_portal.shared.env_file import Environment
from tests import starting
from tests.deploy.names import OF_OTHERS, known
from tests.external_api.server import PROJECT, SETTINGS

PORTAL = "pipelines_portal.settings"
OF_PROGRAM = {"portal": PORTAL, "external_api": SETTINGS}
READERS = [
    "pipelines_portal/shared/environment.py",
    "pipelines_portal/shared/databases.py",
    "pipelines_portal/settings.py",
    "pipelines_portal/sign_in_settings.py",
    "pipelines_portal/shared/settings.py",
    "pipelines_portal/shared/job_settings.py",
    "pipelines_portal/external_api/settings.py",
]
# Read outside the settings: by the programs' launcher and server.
LAUNCHER = {"BIND", "WEB_CONCURRENCY"}
# Always the same: it stands in names of tests, which all processes of a run must know alike.
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


def names_read(path: str) -> set[str]:
    """Upper-case texts among the first two arguments of calls that are given `env`, or made on it."""
    calls = [node for node in ast.walk(ast.parse((PROJECT / path).read_text())) if isinstance(node, ast.Call)]
    calls = [call for call in calls if "Name(id='env'" in ast.dump(call.func) + ast.dump(ast.List(call.args[:1]))]
    texts = [argument.value for call in calls for argument in call.args[:2] if isinstance(argument, ast.Constant)]
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"[A-Z][A-Z_]{3,}", text)}


def test_every_name_is_in_the_example_and_in_the_readme() -> None:
    read = set().union(*map(names_read, READERS)) | LAUNCHER
    example = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    readme = set(re.findall(r"^\| `([A-Z][A-Z_]+)` \|", (PROJECT / "README.md").read_text(), re.MULTILINE))
    assert read == example
    assert read == readme


def check(settings: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    keep = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)}
    return starting.run("manage.py", "check", "--settings", settings, env=keep | env, check=False)


@pytest.mark.parametrize(
    ("settings", "name", "value", "sentence"),
    [
        (PORTAL, "PORT", "eighty", "PORT must be a port number between 1 and 65535."),
        (PORTAL, "PORT", "0", "PORT must be a port number between 1 and 65535."),
        (PORTAL, "DATABASE_URL", "nonsense", "DATABASE_URL must be a database URL"),
        (PORTAL, "PIPELINES_API_URL", "ftp://x", "PIPELINES_API_URL must be an http:// or https:// URL."),
        (PORTAL, "UPLOAD_ORIGINS", "bucket", "UPLOAD_ORIGINS must be"),
        (PORTAL, "ENCRYPTION_KEYS", "short", "ENCRYPTION_KEYS must be comma-separated Fernet keys"),
        (PORTAL, "ENCRYPTION_KEYS", f"{KEY};{KEY}", "ENCRYPTION_KEYS must be comma-separated Fernet keys"),
        (PORTAL, "ENCRYPTION_KEYS", f"{KEY}\n{KEY}", "ENCRYPTION_KEYS must be comma-separated Fernet keys"),
        (PORTAL, "ENCRYPTION_KEYS", f'"{KEY}"', "ENCRYPTION_KEYS must be comma-separated Fernet keys"),
        (PORTAL, "ENCRYPTION_KEYS", f"{KEY[:9]} {KEY[9:]}", "ENCRYPTION_KEYS must be comma-separated Fernet keys"),
        (PORTAL, "DATA_DIR", "/proc/nowhere", "DATA_DIR must be a folder that can be written"),
        (PORTAL, "PRODUCTION", "maybe", "PRODUCTION must be on or off."),
        (PORTAL, "UPLOAD_RELAY", "maybe", "UPLOAD_RELAY must be on or off."),
        (PORTAL, "API_TIMEOUT_SECONDS", "soon", "API_TIMEOUT_SECONDS must be a number of seconds between 0.1 and 600."),
        (PORTAL, "API_TIMEOUT_SECONDS", "-1", "API_TIMEOUT_SECONDS must be a number of seconds between 0.1 and 600."),
        (PORTAL, "WEB_THREADS", "many", "WEB_THREADS must be a whole number between 2 and 1000."),
        (PORTAL, "WEB_THREADS", "1", "WEB_THREADS must be a whole number between 2 and 1000."),
        (PORTAL, "ALLOWED_HOSTS", "portal.example.com", "SECRET_KEY must be set in production."),
        (SETTINGS, "API_PORT", "x", "API_PORT must be a port number between 1 and 65535."),
        (SETTINGS, "EXTERNAL_API_DATABASE_URL", "x", "EXTERNAL_API_DATABASE_URL must be a database URL"),
        (SETTINGS, "EXTERNAL_API_KEY_LIMIT", "many", "EXTERNAL_API_KEY_LIMIT must be"),
        (SETTINGS, "STORAGE_URL", "ftp://x", "STORAGE_URL"),
        (SETTINGS, "TRUSTED_PROXIES", "everyone", "TRUSTED_PROXIES must be"),
        (PORTAL, "TRUSTED_PROXIES", "everyone", "TRUSTED_PROXIES must be"),
        (PORTAL, "SESSION_IDLE_MINUTES", "0", "SESSION_IDLE_MINUTES must be a number of minutes between 1 and"),
        (SETTINGS, "SESSION_IDLE_MINUTES", "long", "SESSION_IDLE_MINUTES must be a number of minutes"),
        (
            SETTINGS,
            "STORAGE_CONCURRENT_UPLOADS",
            "0",
            "STORAGE_CONCURRENT_UPLOADS must be a number of uploads",
        ),
        (SETTINGS, "UPLOAD_LEASE_SECONDS", "nan", "UPLOAD_LEASE_SECONDS must be a number of seconds"),
        (SETTINGS, "MAX_ARCHIVE_BYTES", "0", "MAX_ARCHIVE_BYTES must be a number of bytes between 1 and"),
        (SETTINGS, "CACHE_URL", "memcached://x", "CACHE_URL must be"),
        (SETTINGS, "CACHE_URL", "redis://x:abc", "CACHE_URL must be a Redis URL"),
        (PORTAL, "PIPELINES_API_URL", "http://[", "PIPELINES_API_URL must be"),
        (PORTAL, "PIPELINES_API_URL", "http://a:99999", "PIPELINES_API_URL must be"),
        (PORTAL, "PIPELINES_API_URL", "http://a b/", "PIPELINES_API_URL must be"),
        (PORTAL, "UPLOAD_ORIGINS", "https://bucket.example/path", "UPLOAD_ORIGINS must be origins such as"),
        (SETTINGS, "PORTAL_ORIGINS", "portal.example", "PORTAL_ORIGINS must be origins such as"),
        (SETTINGS, "PORTAL_ORIGINS", "http://[", "PORTAL_ORIGINS must be origins such as"),
        (SETTINGS, "PORTAL_ORIGINS", "https://portal.example?", "PORTAL_ORIGINS must be origins such as"),
        (SETTINGS, "PORTAL_ORIGINS", "https://me@portal.example", "PORTAL_ORIGINS must be origins such as"),
        (SETTINGS, "STORAGE_URL", "s3://b:x", "STORAGE_URL must be"),
        (SETTINGS, "STORAGE_PUBLIC_URL", "storage", "STORAGE_PUBLIC_URL must be an http:// or https:// URL."),
        (SETTINGS, "STORAGE_URL", "file://[", "STORAGE_URL must be"),
        (SETTINGS, "STORAGE_URL", "s3://b?endpoint=http://", "STORAGE_URL must be"),
        (SETTINGS, "STORAGE_URL", "s3://b?endpoint=http://[", "STORAGE_URL must be"),
        (SETTINGS, "STORAGE_URL", "s3://b?region=a b", "STORAGE_URL must be"),
        (PORTAL, "SESSION_DAYS", "0", "SESSION_DAYS must be a number of days between 1 and 365."),
        (
            PORTAL,
            "REQUIRE_SECOND_FACTOR",
            "yes",
            "REQUIRE_SECOND_FACTOR must be one of: off, ",
        ),
        (PORTAL, "PASSWORD_SIGN_IN", "off", "PASSWORD_SIGN_IN must be one of: on, administrators."),
        (PORTAL, "PASSWORD_SIGN_IN", "administrators", "PASSWORD_SIGN_IN=administrators needs OIDC_ISSUER"),
        (PORTAL, "OIDC_ISSUER", "login.example.com", "OIDC_ISSUER must be an http:// or https:// URL."),
        (
            PORTAL,
            "OIDC_ISSUER",
            "https://login.example.com",
            "OIDC_ISSUER needs OIDC_CLIENT_ID and ",
        ),
        (PORTAL, "OIDC_GROUPS", "labelers", "OIDC_GROUPS must be pairs such as"),
        (PORTAL, "SESSION_IDLE_MINUTES", "9" * 25, "SESSION_IDLE_MINUTES must be a number of minutes"),
        (PORTAL, "SENTRY_DSN", "https://nonsense", "SENTRY_DSN must be as Sentry shows it"),
        (PORTAL, "DATABASE_URL", "mysql://a:b@h/n", "DATABASE_URL must be a database URL"),
        (PORTAL, "DATABASE_URL", "sqlite://", "DATABASE_URL must be a database URL"),
        (PORTAL, "DATABASE_URL", "sqlite:////nope/x", "DATABASE_URL must name a file in a folder that is there"),
        (PORTAL, "DATABASE_URL", "sqlite:////tmp", "DATABASE_URL must name a file in a folder that is there"),
        (PORTAL, "DATABASE_URL", "$OTHER", "DATABASE_URL must be a database URL"),
        (PORTAL, "DATABASE_URL", "sqlite:////tmp/x?foo=bar", "has an option that is not for SQLite here: foo."),
        (
            PORTAL,
            "DATABASE_URL",
            "sqlite:////tmp/x?transaction_mode=DEFERRED",
            "is not for SQLite here: transaction_mode.",
        ),
        (PORTAL, "DATABASE_URL", "sqlite:////tmp/x?timeout=abc", "has an option that must be a number: timeout."),
        (SETTINGS, "EXTERNAL_API_DATABASE_URL", "postgres://u@h/n?foo=bar", "is not for PostgreSQL here: foo."),
        (SETTINGS, "EXTERNAL_API_DATABASE_URL", "postgres://u@h/n?pool=true", "is not for PostgreSQL here: pool."),
        (PORTAL, "DATABASE_URL", "sqlite:////tmp/x?atomic_requests=true", "not for SQLite here: atomic_requests."),
        (PORTAL, "DATABASE_URL", "postgres://u@h/n?autocommit=false", "is not for PostgreSQL here: autocommit."),
        (PORTAL, "DATABASE_URL", "postgres://u@h/n?disable_server_side_cursors=no", "must be true or false: disable_"),
        (PORTAL, "DATABASE_URL", "postgres://u@h/n?connect_timeout=abc", "must be a number: connect_timeout."),
        (PORTAL, "DATABASE_URL", "postgres://u@h/n?prepare_threshold=x", "must be a number: prepare_threshold."),
        (PORTAL, "ENCRYPTION_KEYS", ",", "ENCRYPTION_KEYS must be comma-separated Fernet keys"),
        (PORTAL, "ALLOWED_HOSTS", "https://portal.example", "ALLOWED_HOSTS must be host names such as"),
        (PORTAL, "ALLOWED_HOSTS", "portal.example:8000", "ALLOWED_HOSTS must be host names such as"),
        (PORTAL, "CACHE_URL", "nonsense", "CACHE_URL must be a Redis URL"),
        (PORTAL, "MAIL_FROM", "nonsense", "MAIL_FROM must be an address"),
        (PORTAL, "MAIL_FROM", "Portal <a@example.com", "MAIL_FROM must be an address"),
        (PORTAL, "ALLOWED_HOSTS", "$HOME", "ALLOWED_HOSTS must be"),
        (PORTAL, "TRUSTED_PROXIES", "$HOME", "TRUSTED_PROXIES must be"),
        (PORTAL, "OIDC_DOMAINS", "$HOME", "OIDC_DOMAINS must be domains such as"),
        (PORTAL, "OIDC_GROUPS", "$HOME", "OIDC_GROUPS must be pairs such as"),
        (PORTAL, "UPLOAD_ORIGINS", "$HOME", "UPLOAD_ORIGINS must be origins such as"),
        (SETTINGS, "PORTAL_ORIGINS", "$HOME", "PORTAL_ORIGINS must be origins such as"),
        (SETTINGS, "PRODUCTION", "$HOME", "PRODUCTION must be on or off."),
        (PORTAL, "UPLOAD_ORIGINS", "https://*.example.com", "UPLOAD_ORIGINS must be origins such as"),
        (PORTAL, "UPLOAD_ORIGINS", "https://a;script-src", "UPLOAD_ORIGINS must be origins such as"),
        (SETTINGS, "PORTAL_ORIGINS", "https://*", "PORTAL_ORIGINS must be origins such as"),
        (PORTAL, "TRUSTED_PROXIES", "0.0.0.0/0", "TRUSTED_PROXIES must not be everybody: 0.0.0.0/0 is."),
        (SETTINGS, "TRUSTED_PROXIES", "10.0.0.0/8,::/0", "TRUSTED_PROXIES must not be everybody: ::/0 is."),
        (PORTAL, "METRICS_TOKEN", "schlüssel-für-zahlen", "METRICS_TOKEN must be letters, digits and signs of ASCII"),
        (SETTINGS, "METRICS_TOKEN", "two words of a token", "METRICS_TOKEN must be letters, digits and signs of ASCII"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_sentence(
    tmp_path: Path, settings: str, name: str, value: str, sentence: str
) -> None:
    stopped = check(settings, tmp_path, **{name: value})
    assert stopped.returncode != 0
    assert sentence in stopped.stderr
    assert "Traceback" not in stopped.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("WEB_CONCURRENCY", "0", "WEB_CONCURRENCY must be"),
        ("WEB_THREADS", "0", "WEB_THREADS must be"),
        ("BODY_SECONDS", "nan", "BODY_SECONDS must be"),
        ("PORT", "99999", "PORT must be"),
        ("BIND", "no.such.host.invalid", "cannot be listened on (Name or service not known). Set BIND or "),
    ],
)
@pytest.mark.parametrize("program", ["portal", "external_api"])
def test_the_server_ends_with_one_sentence_too(
    tmp_path: Path, program: str, name: str, value: str, sentence: str
) -> None:
    keep = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": OF_PROGRAM[program]}
    start = ("-m", "pipelines_portal.shared.web_server", program)
    stopped = starting.run(*start, env=keep | {name: value}, check=False)
    assert stopped.returncode != 0
    assert sentence in stopped.stderr
    assert "Traceback" not in stopped.stderr


def test_production_refuses_to_start_without_its_secrets(tmp_path: Path) -> None:
    production = {"PRODUCTION": "on", "SECRET_KEY": "x"}
    assert "SECRET_KEY must have at least 50 characters." in check(PORTAL, tmp_path, **production).stderr
    assert "SECRET_KEY must have at least 50 characters." in check(SETTINGS, tmp_path, **production).stderr
    production["SECRET_KEY"] = "x" * 60
    assert "ENCRYPTION_KEYS must be set in production." in check(PORTAL, tmp_path, **production).stderr
    production["ENCRYPTION_KEYS"] = Fernet.generate_key().decode()
    assert check(PORTAL, tmp_path, **production).returncode == 0
    assert not list(tmp_path.glob("*key*")), "nothing is generated in production"


def test_the_first_run_makes_secrets_that_only_their_owner_reads(tmp_path: Path) -> None:
    for _ in range(2):
        assert check(PORTAL, tmp_path).returncode == 0
    made = {path.name: path.read_text() for path in tmp_path.glob("portal.*key*")}
    assert set(made) == {"portal.secret_key", "portal.encryption_keys"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("portal.*key*")} == {0o600}
    check(PORTAL, tmp_path)
    assert made == {path.name: path.read_text() for path in tmp_path.glob("portal.*key*")}, "and keeps them"


def setting(settings: str, folder: Path, expression: str, **env: str) -> str:
    """What `expression` says with the settings read from that environment."""
    run = subprocess.run(
        [sys.executable, "-c", f"import {settings} as settings; print({expression})"],
        cwd=PROJECT, env={"PATH": os.environ["PATH"], "DATA_DIR": str(folder)} | env,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return run.stdout.strip()


IN_PRODUCTION = {"PRODUCTION": "on", "SECRET_KEY": "x" * 60, "ENCRYPTION_KEYS": Fernet.generate_key().decode()}


@pytest.mark.parametrize("settings", [PORTAL, SETTINGS])
def test_a_whole_domain_is_bound_to_https_only_when_asked(tmp_path: Path, settings: str) -> None:
    both = "settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_HSTS_PRELOAD"
    assert setting(settings, tmp_path, both, **IN_PRODUCTION) == "31536000 False False"
    asked = {"HSTS_INCLUDE_SUBDOMAINS": "on", "HSTS_PRELOAD": "on"}
    assert setting(settings, tmp_path, both, **IN_PRODUCTION, **asked) == "31536000 True True"


def test_browsers_may_send_to_this_machine_only_where_its_api_is_the_one(tmp_path: Path) -> None:
    policy = "settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['connect-src']"
    vendor = {"PIPELINES_API_URL": "https://api.example.com/api/v1"}
    assert setting(PORTAL, tmp_path, policy, **IN_PRODUCTION, **vendor) == "[\"'self'\"]"
    named = vendor | {"UPLOAD_ORIGINS": "https://bucket.example.com"}
    assert "https://bucket.example.com" in setting(PORTAL, tmp_path, policy, **named)
    assert "http://127.0.0.1:8001" in setting(PORTAL, tmp_path, policy)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.glob("*.sqlite3*")]}


def test_origins_are_compared_as_browsers_write_them(tmp_path: Path) -> None:
    """Their own port left out, their hosts in small letters: else what an administrator wrote never matches."""
    told = {"PORTAL_ORIGINS": "HTTPS://Portal.Example:443, http://[::1]:8000/"}
    assert (
        setting(SETTINGS, tmp_path, "settings.PORTAL_ORIGINS", **told)
        == "['https://portal.example', 'http://[::1]:8000']"
    )


@pytest.mark.parametrize("settings", [PORTAL, SETTINGS])
def test_a_blank_value_is_none(tmp_path: Path, settings: str) -> None:
    """As compose files and samples give those that nobody filled in."""
    blank = dict.fromkeys(known() - OF_OTHERS - {"DATA_DIR"}, " ")
    assert check(settings, tmp_path, **blank).returncode == 0
    told = "settings.PORT, settings.DATABASES['default']['NAME'], settings.SESSION_DAYS"
    assert setting(settings, tmp_path, told, **blank) == setting(settings, tmp_path, told)


def test_a_value_that_begins_with_a_dollar_is_no_other_variable(tmp_path: Path) -> None:
    given = {"METRICS_TOKEN": "$ecret-of-sixteen-letters", "OIDC_NAME": "$HOME", "HOME": "/root"}
    told = setting(PORTAL, tmp_path, "settings.METRICS_TOKEN, settings.OIDC_NAME", **given)
    assert told == "$ecret-of-sixteen-letters $HOME"


def test_with_a_blank_address_only_this_machine_is_listened_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIND", " ")
    assert environment.bind(Environment()) == "127.0.0.1"
    monkeypatch.setenv("BIND", "")
    assert environment.bind(Environment()) == "127.0.0.1"
    assert environment.bind(environ.Env()) == "127.0.0.1"


def test_an_empty_address_is_the_embedded_api(tmp_path: Path) -> None:
    assert setting(PORTAL, tmp_path, "settings.PIPELINES_API_URL", PIPELINES_API_URL="").endswith(":8001/api/v1")
