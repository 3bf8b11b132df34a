"""The environment: every name is described, and every bad value ends the start with a sentence."""

import ast
import base64
import os
import re
import stat
from pathlib import Path
from typing import Any

import environ
import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.core import environment
from pipelines_portal.core.environment import Environment
from pipelines_portal.core.settings_reference import GROUPS, SECRETS
from tests import starting
from tests.external_api.server import PROJECT
from tests.services.deploy.names import OF_OTHERS, known
from tests.settings_reader import EXTERNAL_API as SETTINGS
from tests.settings_reader import PORTAL, Question, read_many, read_settings

READERS = [
    "pipelines_portal/core/environment.py",
    "pipelines_portal/settings/portal.py",
    "pipelines_portal/settings/sign_in.py",
    "pipelines_portal/settings/base.py",
    "pipelines_portal/settings/external_api.py",
]
# The launcher and the web server read these themselves.
LAUNCHER = {"BIND", "WEB_CONCURRENCY"}
DESCRIBED = [each for _, listed in GROUPS for each in listed]
# A fixed key, because it is part of the names of tests, which must be the same in all processes of a run.
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


def names_read(path: str) -> set[str]:
    """Return the names of variables among the first two arguments of calls on `env` or with `env`."""
    calls = [node for node in ast.walk(ast.parse((PROJECT / path).read_text())) if isinstance(node, ast.Call)]
    calls = [call for call in calls if "Name(id='env'" in ast.dump(call.func) + ast.dump(ast.List(call.args[:1]))]
    texts = [argument.value for call in calls for argument in call.args[:2] if isinstance(argument, ast.Constant)]
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"[A-Z][A-Z_]{3,}", text)}


def test_every_name_is_described() -> None:
    """`bin/reference` writes the guide's list and .env.example from the descriptions."""
    assert set().union(*map(names_read, READERS)) | LAUNCHER == {each.name for each in DESCRIBED}
    assert set(re.findall(r"^# ([A-Z][A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)) == {
        each.name for each in DESCRIBED
    }


def test_every_setting_has_a_default_in_words_or_as_a_value() -> None:
    assert [each.name for each in DESCRIBED if not (each.default or each.unset)] == []


def test_secrets_are_described_as_such() -> None:
    assert {"SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "METRICS_TOKEN"} <= SECRETS
    assert {each.name for each in DESCRIBED if "password@" in each.meaning} <= SECRETS


def test_a_described_default_changes_nothing(tmp_path: Path) -> None:
    env, what = {"DATA_DIR": str(tmp_path)}, "repr(getattr(settings, {name!r}, None))"
    defaults = {each.name: each.default for each in DESCRIBED if each.default and each.name != "DATA_DIR"}
    for settings in (PORTAL, SETTINGS):
        asked = [Question(settings, env, what.format(name=name)) for name in defaults]
        given = [Question(settings, env | {name: text}, what.format(name=name)) for name, text in defaults.items()]
        assert dict(zip(defaults, read_many(given), strict=True)) == dict(zip(defaults, read_many(asked), strict=True))


REFUSED = [
    (PORTAL, "PORT", "eighty", "PORT must be a port number between 1 and 65535."),
    (PORTAL, "DATABASE_URL", "nonsense", "DATABASE_URL must be a database URL"),
    (PORTAL, "PIPELINES_API_URL", "ftp://x", "PIPELINES_API_URL must be an http:// or https:// URL."),
    (PORTAL, "UPLOAD_ORIGINS", "bucket", "UPLOAD_ORIGINS must be"),
    (PORTAL, "ENCRYPTION_KEYS", "short", "ENCRYPTION_KEYS must be comma-separated Fernet keys"),
    (PORTAL, "ENCRYPTION_KEYS", f"{KEY};{KEY}", "ENCRYPTION_KEYS must be comma-separated Fernet keys"),
    (PORTAL, "DATA_DIR", "/proc/nowhere", "DATA_DIR must be a writable folder"),
    (PORTAL, "PRODUCTION", "maybe", "PRODUCTION must be on or off."),
    (PORTAL, "API_TIMEOUT_SECONDS", "soon", "API_TIMEOUT_SECONDS must be a number of seconds between 0.1 and 600."),
    (PORTAL, "WEB_THREADS", "many", "WEB_THREADS must be a whole number between 2 and 1000."),
    (PORTAL, "WEB_THREADS", "1", "WEB_THREADS must be a whole number between 2 and 1000."),
    (PORTAL, "PORTAL_HOST", "https://portal.example.com", "PORTAL_HOST must be a host name such as"),
    (PORTAL, "PORTAL_HOST", "portal.example.com:8443", "PORTAL_HOST must be a host name such as"),
    (SETTINGS, "API_HOST", ".example.com", "API_HOST must be a host name such as"),
    (PORTAL, "EMAIL_URL_FILE", "/nope/secret", "EMAIL_URL_FILE names the file /nope/secret, which cannot be read"),
    (SETTINGS, "API_PORT", "x", "API_PORT must be a port number between 1 and 65535."),
    (SETTINGS, "EXTERNAL_API_DATABASE_URL", "x", "EXTERNAL_API_DATABASE_URL must be a database URL"),
    (SETTINGS, "EXTERNAL_API_KEY_LIMIT", "many", "EXTERNAL_API_KEY_LIMIT must be"),
    (SETTINGS, "STORAGE_URL", "ftp://x", "STORAGE_URL"),
    (SETTINGS, "TRUSTED_PROXIES", "everyone", "TRUSTED_PROXIES must be"),
    (PORTAL, "TRUSTED_PROXIES", "everyone", "TRUSTED_PROXIES must be"),
    (PORTAL, "SESSION_IDLE_MINUTES", "0", "SESSION_IDLE_MINUTES must be a number of minutes between 1 and"),
    (PORTAL, "API_TIMEOUT_SECONDS", "nan", "API_TIMEOUT_SECONDS must be a number of seconds"),
    (SETTINGS, "MAX_ARCHIVE_BYTES", "0", "MAX_ARCHIVE_BYTES must be a number of bytes between 1 and"),
    (SETTINGS, "CACHE_URL", "memcached://x", "CACHE_URL must be"),
    (SETTINGS, "CACHE_URL", "redis://x:abc", "CACHE_URL must be a Redis URL"),
    (PORTAL, "PIPELINES_API_URL", "http://a:99999", "PIPELINES_API_URL must be"),
    (PORTAL, "UPLOAD_ORIGINS", "https://bucket.example/path", "UPLOAD_ORIGINS must be origins such as"),
    (SETTINGS, "STORAGE_URL", "s3://b:x", "STORAGE_URL must be"),
    (SETTINGS, "STORAGE_PUBLIC_URL", "storage", "STORAGE_PUBLIC_URL must be an http:// or https:// URL."),
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
    (PORTAL, "OIDC_ISSUER", "http://login.example.com", "OIDC_ISSUER must be an https:// URL"),
    (PORTAL, "OIDC_EMAIL_CLAIM", "upn", "OIDC_EMAIL_CLAIM needs OIDC_TRUST_EMAIL=on"),
    (PORTAL, "OIDC_GROUPS", "labelers", "OIDC_GROUPS must be pairs such as"),
    (PORTAL, "SESSION_IDLE_MINUTES", "9" * 25, "SESSION_IDLE_MINUTES must be a number of minutes"),
    (PORTAL, "SENTRY_DSN", "https://nonsense", "SENTRY_DSN must be as Sentry shows it"),
    (PORTAL, "DATABASE_URL", "postgres://host/", "DATABASE_URL must be a database URL"),
    (PORTAL, "DATABASE_URL", "mysql://a:b@h/n", "DATABASE_URL must be a database URL"),
    (PORTAL, "DATABASE_URL", "sqlite:////tmp", "DATABASE_URL must name a file in a folder that exists"),
    (SETTINGS, "EXTERNAL_API_DATABASE_URL", "postgres:/x", "EXTERNAL_API_DATABASE_URL must be a database URL"),
    (PORTAL, "DATABASE_URL", "sqlite://", "DATABASE_URL must be a database URL"),
    (PORTAL, "DATABASE_URL", "sqlite:////nope/x", "DATABASE_URL must name a file in a folder that exists"),
    (PORTAL, "ENCRYPTION_KEYS", ",", "ENCRYPTION_KEYS must be comma-separated Fernet keys"),
    (PORTAL, "ALLOWED_HOSTS", "https://portal.example", "ALLOWED_HOSTS must be host names such as"),
    (PORTAL, "CACHE_URL", "nonsense", "CACHE_URL must be a Redis URL"),
    (PORTAL, "MAIL_FROM", "nonsense", "MAIL_FROM must be an address"),
    (PORTAL, "ALLOWED_HOSTS", "$HOME", "ALLOWED_HOSTS must be"),
    (PORTAL, "UPLOAD_ORIGINS", "https://*.example.com", "UPLOAD_ORIGINS must be origins such as"),
    (PORTAL, "UPLOAD_ORIGINS", "https://a;script-src", "UPLOAD_ORIGINS must be origins such as"),
    (PORTAL, "TRUSTED_PROXIES", "0.0.0.0/0", "TRUSTED_PROXIES must not be everyone, as 0.0.0.0/0 is."),
    (SETTINGS, "TRUSTED_PROXIES", "10.0.0.0/8,::/0", "TRUSTED_PROXIES must not be everyone, as ::/0 is."),
    (PORTAL, "METRICS_TOKEN", "schlüssel-für-zahlen", "METRICS_TOKEN must be ASCII letters, digits and signs"),
    (SETTINGS, "METRICS_TOKEN", "two words of a token", "METRICS_TOKEN must be ASCII letters, digits and signs"),
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], Any]:
    """What the settings make of each value. To read them one by one would take ten times as long."""
    folder = str(tmp_path_factory.mktemp("data"))
    cases = [case[:3] for case in REFUSED]
    questions = [Question(settings, {"DATA_DIR": folder, name: value}) for settings, name, value in cases]
    return dict(zip(cases, read_many(questions), strict=True))


@pytest.mark.parametrize(("settings", "name", "value", "sentence"), REFUSED)
def test_a_bad_value_is_refused_with_one_sentence(
    answers: dict[tuple[str, str, str], Any], settings: str, name: str, value: str, sentence: str
) -> None:
    refusal = answers[settings, name, value]
    assert isinstance(refusal, ImproperlyConfigured)
    assert sentence in str(refusal)
    assert "\n" not in str(refusal)


def refusal_of(settings: str, folder: Path, **env: str) -> str:
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_settings(settings, DATA_DIR=str(folder), **env)
    return str(refusal.value)


def test_production_refuses_to_start_without_its_secrets(tmp_path: Path) -> None:
    production = {"PRODUCTION": "on", "SECRET_KEY": "x"}
    for settings in (PORTAL, SETTINGS):
        assert refusal_of(settings, tmp_path, **production) == "SECRET_KEY must have at least 50 characters."
    del production["SECRET_KEY"]
    assert refusal_of(PORTAL, tmp_path, **production) == "SECRET_KEY must be set in production."
    production["SECRET_KEY"] = "x" * 60
    assert refusal_of(PORTAL, tmp_path, **production) == "ENCRYPTION_KEYS must be set in production."
    production["ENCRYPTION_KEYS"] = KEY
    read_settings(PORTAL, DATA_DIR=str(tmp_path), **production)
    assert not list(tmp_path.glob("*key*")), "nothing is generated in production"


def test_the_first_run_generates_secrets_that_only_their_owner_can_read(tmp_path: Path) -> None:
    read_settings(PORTAL, DATA_DIR=str(tmp_path))
    made = {path.name: path.read_text() for path in tmp_path.glob("portal.*key*")}
    assert set(made) == {"portal.secret_key", "portal.encryption_keys"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("portal.*key*")} == {0o600}
    read_settings(PORTAL, DATA_DIR=str(tmp_path))
    assert made == {path.name: path.read_text() for path in tmp_path.glob("portal.*key*")}, "later runs use them"


def test_a_secret_can_be_given_as_a_file(tmp_path: Path) -> None:
    """As containers get theirs. The end of its line does not count."""
    (tmp_path / "secret").write_text("x" * 60 + "\n")
    given = {"SECRET_KEY_FILE": str(tmp_path / "secret"), "DATA_DIR": str(tmp_path)}
    assert read_settings(PORTAL, "settings.SECRET_KEY", **given) == "x" * 60
    given["SECRET_KEY"] = "y" * 60
    del given["DATA_DIR"]
    assert refusal_of(PORTAL, tmp_path, **given) == "SECRET_KEY and SECRET_KEY_FILE are both set. Remove one of them."


def addresses(folder: Path, **env: str) -> dict[str, Any]:
    """What follows from the names of the two hosts."""
    env["DATA_DIR"], secret_key = str(folder), "x" * 60
    env |= {"SECRET_KEY": secret_key, "ENCRYPTION_KEYS": KEY}
    of_portal = ("PRODUCTION", "PORTAL_URL", "PIPELINES_API_URL", "OWN_KEYS_URL", "UPLOAD_ORIGINS")
    of_api = ("STORAGE_PUBLIC_URL", "PORTAL_ORIGINS")
    asked = [Question(PORTAL, env, f"settings.{name}") for name in of_portal]
    asked += [Question(SETTINGS, env, f"settings.{name}") for name in of_api]
    return dict(zip([*of_portal, *of_api], read_many(asked), strict=True))


def test_all_addresses_follow_from_two_names(tmp_path: Path) -> None:
    assert addresses(tmp_path, PORTAL_HOST="portal.example.com", API_HOST="api.example.com") == {
        "PRODUCTION": True,
        "PORTAL_URL": "https://portal.example.com",
        "PIPELINES_API_URL": "http://127.0.0.1:8001/api/v1",
        "OWN_KEYS_URL": "https://api.example.com/organization-keys/",
        "UPLOAD_ORIGINS": ["https://api.example.com"],
        "STORAGE_PUBLIC_URL": "https://api.example.com",
        "PORTAL_ORIGINS": ["https://portal.example.com"],
    }
    names = read_settings(
        SETTINGS, "settings.ALLOWED_HOSTS", PORTAL_HOST="p.example", API_HOST="a.example", DATA_DIR=str(tmp_path),
        SECRET_KEY="x" * 60,
    )  # fmt: skip
    assert {"p.example", "a.example", "127.0.0.1"} <= set(names)


def test_without_an_api_of_its_own_the_portal_works_with_the_hosted_one(tmp_path: Path) -> None:
    found = addresses(tmp_path, PORTAL_HOST="portal.example.com")
    assert found["PIPELINES_API_URL"] == "https://api.pipelines.tech/api/v1"
    assert (found["OWN_KEYS_URL"], found["UPLOAD_ORIGINS"]) == ("", [])


def test_a_single_server_creates_its_secrets_once(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PORTAL_HOST": "portal.example.com"}
    made = []
    for _ in range(2):
        starting.run("-m", "pipelines_portal.core.generated_secrets", env=env)
        made.append({path.name: path.read_text() for path in tmp_path.iterdir()})
    assert set(made[0]) == {"portal.secret_key", "portal.encryption_keys", "external_api.secret_key"}
    assert made[0] == made[1] and len(set(made[0].values())) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert read_settings(PORTAL, "settings.ENCRYPTION_KEYS", **env) == [made[0]["portal.encryption_keys"]]


def test_no_other_key_is_created_for_a_database_whose_key_is_lost(tmp_path: Path) -> None:
    (tmp_path / "portal.sqlite3").touch()
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    ended = starting.run("-m", "pipelines_portal.core.generated_secrets", env=env, check=False)
    assert ended.returncode == 1
    assert "has a database, but not the file portal.encryption_keys" in ended.stderr
    assert not (tmp_path / "portal.encryption_keys").exists()


def test_nor_for_a_database_elsewhere(tmp_path: Path) -> None:
    """Another server may have filled it. The key that a server has already is used."""
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    elsewhere = env | {"DATABASE_URL": "postgres://portal@db.example.com/portal"}
    ended = starting.run("-m", "pipelines_portal.core.generated_secrets", env=elsewhere, check=False)
    assert ended.returncode == 1 and "ENCRYPTION_KEYS must be set if DATABASE_URL is." in ended.stderr
    assert not list(tmp_path.glob("*key*"))
    assert starting.run("-m", "pipelines_portal.core.generated_secrets", env=env).stdout == "both\n"
    starting.run("-m", "pipelines_portal.core.generated_secrets", env=elsewhere)
    hosted = elsewhere | {"PORTAL_HOST": "portal.example.com"}
    assert starting.run("-m", "pipelines_portal.core.generated_secrets", env=hosted).stdout == "portal\n"


def test_the_two_programs_need_two_names(tmp_path: Path) -> None:
    names = {"PORTAL_HOST": "portal.example.com", "API_HOST": "Portal.example.com"}
    assert refusal_of(PORTAL, tmp_path, **names).startswith("PORTAL_HOST and API_HOST must be two names")


def test_production_refuses_what_would_let_others_choose_where_links_lead(tmp_path: Path) -> None:
    """The host that a request names stands in links; in production it is one of ours, and mails name PORTAL_URL."""
    for settings in (PORTAL, SETTINGS):
        sentence = refusal_of(settings, tmp_path, **IN_PRODUCTION, ALLOWED_HOSTS="portal.example.com,*")
        assert sentence == "ALLOWED_HOSTS must not be * in production: name the hosts."
        hosts = {"ALLOWED_HOSTS": "*", "PRODUCTION": "off"}
        assert "*" in read_settings(settings, "settings.ALLOWED_HOSTS", DATA_DIR=str(tmp_path), **hosts)
    mail = {"EMAIL_URL": "smtp://mail.example.com:25"}
    sentence = refusal_of(PORTAL, tmp_path, **IN_PRODUCTION, **mail)
    assert sentence == "EMAIL_URL needs PORTAL_URL in production: links in mails lead there."
    url = {"PORTAL_URL": "https://portal.example.com"}
    assert read_settings(PORTAL, "settings.MAIL_IS_ON", DATA_DIR=str(tmp_path), **IN_PRODUCTION, **mail, **url)
    assert read_settings(PORTAL, "settings.MAIL_IS_ON", DATA_DIR=str(tmp_path), **mail)


OIDC = {"OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": "secret"}
TENANT = "https://login.microsoftonline.com/7f0e6e59-2f5b-4a63-9c39-4bbf2a5ad0d1/v2.0"


@pytest.mark.parametrize("tenant", ["common", "9188040d-6c67-4c5b-b112-36a304b66dad"])
def test_emails_are_not_trusted_where_anybody_has_an_account(tmp_path: Path, tenant: str) -> None:
    """People of all tenants type the email that their own tenant tells of them."""
    env = OIDC | {"OIDC_TRUST_EMAIL": "on"}
    url = f"https://login.microsoftonline.com/{tenant}/v2.0"
    sentence = refusal_of(PORTAL, tmp_path, **env, OIDC_ISSUER=url)
    assert sentence.startswith("OIDC_TRUST_EMAIL needs an OIDC_ISSUER that is yours alone")
    assert read_settings(PORTAL, "settings.OIDC_TRUST_EMAIL", DATA_DIR=str(tmp_path), **env, OIDC_ISSUER=TENANT)


def test_an_idp_without_tls_is_for_this_machine_and_not_for_production(tmp_path: Path) -> None:
    local = OIDC | {"OIDC_ISSUER": "http://localhost:9000"}
    assert read_settings(PORTAL, "settings.OIDC_ISSUER", DATA_DIR=str(tmp_path), **local) == "http://localhost:9000"
    sentence = refusal_of(PORTAL, tmp_path, **IN_PRODUCTION, **local)
    assert sentence.startswith("OIDC_ISSUER must be an https:// URL")


IN_PRODUCTION = {"PRODUCTION": "on", "SECRET_KEY": "x" * 60, "ENCRYPTION_KEYS": Fernet.generate_key().decode()}


def test_the_demo_is_on_only_where_nobody_else_reaches_the_program(tmp_path: Path) -> None:
    """Its passwords are published."""
    on: list[dict[str, str]] = [{}, {"BIND": "::1"}, {"BIND": "localhost"}]
    off = [{"BIND": "0.0.0.0"}, {"BIND": "192.0.2.7"}, {"BIND": "portal.internal"}, IN_PRODUCTION]
    off.append({"ALLOWED_HOSTS": "portal.internal", "PRODUCTION": "off"})
    for settings in (PORTAL, SETTINGS):
        asked = [Question(settings, env | {"DATA_DIR": str(tmp_path)}, "settings.DEMO_IS_ON") for env in on + off]
        assert read_many(asked) == [True] * len(on) + [False] * len(off)


@pytest.mark.parametrize(("settings", "program"), [(PORTAL, "portal"), (SETTINGS, "external_api")])
def test_cookies_are_bound_to_their_host_in_production(tmp_path: Path, settings: str, program: str) -> None:
    """Another host of the domain could set one of the same name otherwise; without HTTPS browsers would refuse it."""
    names = "[settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME]"
    plain = [f"{program}_session", f"{program}_csrf"]
    assert read_settings(settings, names, DATA_DIR=str(tmp_path)) == plain
    in_production = read_settings(settings, names, **IN_PRODUCTION, DATA_DIR=str(tmp_path))
    assert in_production == [f"__Host-{name}" for name in plain]


def test_pages_may_send_to_this_machine_only_if_the_api_is_on_it(tmp_path: Path) -> None:
    policy = "[str(source) for source in settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['connect-src']]"
    env = {"DATA_DIR": str(tmp_path)}
    vendor = env | {"PIPELINES_API_URL": "https://api.example.com/api/v1"}
    assert read_settings(PORTAL, policy, **IN_PRODUCTION, **vendor) == ["'self'"]
    assert "https://bucket.example.com" in read_settings(
        PORTAL, policy, **vendor, UPLOAD_ORIGINS="https://bucket.example.com"
    )
    assert "http://127.0.0.1:8001" in read_settings(PORTAL, policy, **env)


def test_origins_are_normalized_as_browsers_write_them(tmp_path: Path) -> None:
    """Browsers leave the default port out and write hosts in lower case."""
    env = {"DATA_DIR": str(tmp_path), "UPLOAD_ORIGINS": "HTTPS://Bucket.Example:443, http://[::1]:8000/"}
    assert read_settings(PORTAL, "settings.UPLOAD_ORIGINS", **env) == ["https://bucket.example", "http://[::1]:8000"]


def test_pages_of_the_portal_may_send_to_the_included_storage(tmp_path: Path) -> None:
    env = IN_PRODUCTION | {"DATA_DIR": str(tmp_path), "PORTAL_URL": "https://Portal.example:443/"}
    assert read_settings(SETTINGS, "settings.PORTAL_ORIGINS", **env) == ["https://portal.example"]
    at_home = read_settings(SETTINGS, "settings.PORTAL_ORIGINS", DATA_DIR=str(tmp_path), PORT="9000")
    assert {"http://localhost:9000", "http://127.0.0.1:9000"} == {*at_home}


@pytest.mark.parametrize("settings", [PORTAL, SETTINGS])
def test_a_blank_value_counts_as_unset(tmp_path: Path, settings: str) -> None:
    """Compose files pass on blank values for the variables that nobody filled in."""
    blank = dict.fromkeys(known() - OF_OTHERS - {"DATA_DIR"}, " ")
    values = "[settings.PORT, settings.DATABASES['default']['NAME'], settings.SESSION_DAYS]"
    env = {"DATA_DIR": str(tmp_path)}
    assert read_settings(settings, values, **env, **blank) == read_settings(settings, values, **env)


def test_a_value_that_begins_with_a_dollar_is_no_other_variable(tmp_path: Path) -> None:
    env = {"METRICS_TOKEN": "$ecret-of-sixteen-letters", "OIDC_NAME": "$HOME", "HOME": "/root"}
    values = read_settings(PORTAL, "[settings.METRICS_TOKEN, settings.OIDC_NAME]", DATA_DIR=str(tmp_path), **env)
    assert values == ["$ecret-of-sixteen-letters", "$HOME"]


@pytest.mark.parametrize("value", ["", " "])
def test_with_a_blank_address_programs_listen_on_this_machine_only(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BIND", value)
    assert environment.bind(Environment()) == "127.0.0.1"
    assert environment.bind(environ.Env()) == "127.0.0.1"


def test_a_blank_api_address_is_the_embedded_api(tmp_path: Path) -> None:
    url = read_settings(PORTAL, "settings.PIPELINES_API_URL", DATA_DIR=str(tmp_path), PIPELINES_API_URL="")
    assert url.endswith(":8001/api/v1")


def test_root_refuses_a_data_folder_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of that user could not open files that root made there."""
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with pytest.raises(ImproperlyConfigured, match="must be used by its owner"):
        environment.data_dir(Environment())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "name"), [(PORTAL, "portal.encryption_keys"), (SETTINGS, "external_api.secret_key")]
)
def test_a_secret_that_cannot_be_read_stops_the_start(tmp_path: Path, settings: str, name: str) -> None:
    (tmp_path / name).mkdir()
    assert f"{name} can't be read or created" in refusal_of(settings, tmp_path)
