"""Environment variables for the settings of both programs. A bad value ends the start with one sentence."""

import logging
import os
import re
import secrets
import warnings
from collections.abc import Callable
from io import StringIO
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.core.files import read_or_create_secret, restrict_to_owner
from pipelines_portal.core.web_addresses import is_http_url, origin_of, split

# A comment after a value. The option of django-environ would also cut a value at a # inside it.
COMMENT = re.compile(
    r"""^((?:export\ )?\w+=(?:"[^"\n]*"|'[^'\n]*'|[^'"\s#][^\n]*?|))[ \t]+\#.*$""", re.MULTILINE | re.VERBOSE
)


class Environment(environ.Env):  # type: ignore[misc]
    """environ.Env without references to other variables: a password may start with $. A blank value counts as unset.

    A setting NAME can also be given as NAME_FILE, a file with the value, as containers get their secrets.
    """

    def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
        value = str(self.ENVIRON.get(var, "")).strip()
        if file := str(self.ENVIRON.get(f"{var}_FILE", "")).strip():
            if value:
                raise ImproperlyConfigured(f"{var} and {var}_FILE are both set. Remove one of them.")
            value = _read_value(var, Path(file))
        if value:
            return self.parse_value(value, cast)
        return self.parse_value(default, cast) if parse_default else default


def _read_value(name: str, file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ImproperlyConfigured(f"{name}_FILE names the file {file}, which cannot be read ({reason}).") from error


def read_env_file(file: Path) -> None:
    """Set the variables of `file`, if it exists, that are not in the environment."""
    before = set(os.environ)
    environ.Env.read_env(StringIO(env_file_text(file)))
    _from_env_file.update(set(os.environ) - before)


def env_file_text(file: Path) -> str:
    """Return the lines of `file` without the comments behind values, or "" if it does not exist."""
    try:
        return COMMENT.sub(r"\1", file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"The file {file} is not UTF-8. Save it as UTF-8.") from error
    except OSError as error:
        raise ImproperlyConfigured(f"The file {file} cannot be read ({error.strerror}).") from error


# It would log a line that it cannot read, which may be a part of a secret. `settings_check` names the line's number.
logging.getLogger("environ.environ").setLevel(logging.ERROR)
# Names of the variables that the `.env` file has set.
_from_env_file: set[str] = set()


def source_of(name: str) -> str:
    """Return where the value of a setting comes from: the environment, a file, or the default."""
    for variable in (name, f"{name}_FILE"):
        if os.environ.get(variable, "").strip():
            return ".env" if variable in _from_env_file else "environment" if variable == name else variable
    return "default"


BASE_DIR = Path(__file__).resolve().parents[2]
# A leading dot means all subdomains.
HOST = re.compile(r"\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
HEADER_WORD = re.compile(r"[!-~]+")
REDIS_SCHEMES = ("redis://", "rediss://", "redis+unix://")
LEAST_SECRET_KEY = 50
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
SENDER = re.compile(r"[^<>@\s]+@[^<>@\s]+|[^<>]*<[^<>@\s]+@[^<>@\s]+>")
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
ON, OFF = {"on", "true", "yes", "1"}, {"off", "false", "no", "0"}


def load_env() -> environ.Env:
    """Return the environment with the variables of the `.env` file beside manage.py."""
    read_env_file(BASE_DIR / ".env")
    return Environment()


def _text(env: environ.Env, name: str, default: str = "") -> str:
    return str(env.str(name, default="")).strip() or default


def _require(is_good: object, name: str, expected: str) -> None:
    if not is_good:
        raise ImproperlyConfigured(f"{name} must be {expected}.")


def flag(env: environ.Env, name: str, default: bool) -> bool:
    """Return a switch: on or off, in any of the usual spellings."""
    word = _text(env, name).lower()
    _require(word in ON | OFF | {""}, name, "on or off")
    return word in ON if word else default


def one_of(env: environ.Env, name: str, *words: str) -> str:
    """Return one of `words`; the first is the default."""
    word = _text(env, name, words[0]).lower()
    _require(word in words, name, f"one of: {', '.join(words)}")
    return word


def listed(env: environ.Env, name: str) -> list[str]:
    """Return the comma-separated values without the spaces around them."""
    return [text for part in _text(env, name).split(",") if (text := part.strip())]


def whole_number(
    env: environ.Env, name: str, default: int, expected: str = "a whole number", *, least: int = 1, most: int = 10**18
) -> int:
    """Return a whole number within limits. The error message describes it with `expected`."""
    return int(_number(int, env, name, default, expected, least, most))


def seconds(env: environ.Env, name: str, default: float, *, least: float = 0.1, most: float = 30 * 24 * 3600) -> float:
    return float(_number(float, env, name, default, "a number of seconds", least, most))


def _number(
    kind: Callable[[str], float], env: environ.Env, name: str, default: float, expected: str, least: float, most: float
) -> float:
    try:
        number = kind(_text(env, name, str(default)))
    except ValueError:
        number = float("nan")
    _require(least <= number <= most, name, f"{expected} between {_plain(least)} and {_plain(most)}")
    return number


def _plain(number: float) -> str:
    """Group the digits of long numbers, but not of ports."""
    return f"{number:,.0f}" if number >= 100_000 else f"{number:g}"


def token(env: environ.Env, name: str, least: int) -> str:
    """Return a secret that clients send in a header, or ""."""
    text = _text(env, name)
    if text and len(text) < least:
        raise ImproperlyConfigured(f"{name} must have at least {least} characters.")
    _require(not text or HEADER_WORD.fullmatch(text), name, "ASCII letters, digits and signs, without spaces")
    return text


def http_url(env: environ.Env, name: str, default: str = "") -> str:
    """Return a URL without its trailing slash, the default, or ""."""
    text = _text(env, name, default)
    _require(not text or is_http_url(text), name, "an http:// or https:// URL")
    return text.rstrip("/")


def sentry_dsn(env: environ.Env) -> str:
    dsn = http_url(env, "SENTRY_DSN")
    is_whole = urlsplit(dsn).username and urlsplit(dsn).path.rpartition("/")[2].isdigit()
    _require(not dsn or is_whole, "SENTRY_DSN", "as Sentry shows it, such as https://key@host/1")
    return dsn


def redis_url(env: environ.Env, name: str) -> str:
    url = _text(env, name)
    is_redis = url.startswith(REDIS_SCHEMES) and split(url)
    _require(not url or is_redis, name, "a Redis URL such as redis://127.0.0.1:6379/0")
    return url


def mail_from(env: environ.Env) -> str:
    """Return an address, or a name with an address in angle brackets."""
    text = _text(env, "MAIL_FROM", "Pipelines Portal <portal@localhost>")
    is_sender = text.isprintable() and SENDER.fullmatch(text)
    _require(is_sender, "MAIL_FROM", "an address, or as in Pipelines Portal <portal@example.com>")
    return text


def domains(env: environ.Env, name: str) -> list[str]:
    """Return domains of emails in lower case."""
    found = [text.lower().lstrip("@") for text in listed(env, name)]
    _require(all(map(HOST.fullmatch, found)), name, "domains such as example.com")
    return found


def email(env: environ.Env, name: str) -> dict[str, Any]:
    """Return Django's settings for an smtp://, smtp+tls:// or smtp+ssl:// URL. Without a URL, no mail is sent."""
    if not _text(env, name):
        return {"EMAIL_BACKEND": NO_MAIL}
    try:
        settings = dict(env.email_url(name))
    except Exception:
        settings = {}
    is_smtp = settings.get("EMAIL_BACKEND") == SMTP and settings.get("EMAIL_HOST")
    _require(is_smtp, name, "smtp://, smtp+tls:// or smtp+ssl:// with user:password@host:port")
    settings.pop("EMAIL_FILE_PATH", None)
    return {setting: value for setting, value in settings.items() if setting.startswith("EMAIL_")}


def origins(env: environ.Env, name: str, default: list[str]) -> list[str]:
    """Return origins as browsers write them: scheme, host and port."""
    given = [text.rstrip("/") for text in listed(env, name) or default]
    _require(all(map(_is_origin, given)), name, "origins such as https://host or http://host:8000")
    return [origin_of(text) for text in given]


def _is_origin(text: str) -> bool:
    """Refuse *.example.com, which browsers would match with many origins, and comparisons with none."""
    if not is_http_url(text) or text.lower() != "{0.scheme}://{0.netloc}".format(urlsplit(text)).lower():
        return False
    host = urlsplit(origin_of(text)).hostname or ""
    return bool(HOST.fullmatch(f"[{host}]" if ":" in host else host))


def port(env: environ.Env, name: str, default: int) -> int:
    return whole_number(env, name, default, "a port number", most=65535)


def bind(env: environ.Env) -> str:
    """Return the address on which the programs listen."""
    return _text(env, "BIND", "127.0.0.1")


def web_threads(env: environ.Env) -> int:
    """Return the number of requests that a process serves at once."""
    return whole_number(env, "WEB_THREADS", 8, least=2, most=1000)


def web_concurrency(env: environ.Env) -> int:
    """Return the number of web processes of each program."""
    return whole_number(env, "WEB_CONCURRENCY", 1, most=256)


def networks(env: environ.Env, name: str) -> list[IPv4Network | IPv6Network]:
    try:
        found = [ip_network(text) for text in listed(env, name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be addresses or networks such as 10.0.0.0/8.") from error
    for network in found:
        if network.prefixlen == 0:
            raise ImproperlyConfigured(
                f"{name} must not be everyone, as {network} is. Name the networks of your proxies."
            )
    return found


def data_dir(env: environ.Env) -> Path:
    """Return the folder for databases, uploads and generated secrets. It is created if missing, for its owner only."""
    place = BASE_DIR / _text(env, "DATA_DIR", "var")
    # All files that this process creates, such as those of SQLite, are for their owner only.
    os.umask(0o077)
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR must be a writable folder: {error.strerror}.") from error
    if not os.access(place, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"DATA_DIR must be a writable folder: {place} is not writable.")
    # If root created files in the folder of another user, the programs of that user could not open them.
    if os.geteuid() == 0 and place.stat().st_uid != 0:
        raise ImproperlyConfigured(f"DATA_DIR must be used by its owner: {place} is not root's. Run this as its owner.")
    restrict_to_owner([place])
    return place


def host_name(env: environ.Env, name: str) -> str:
    """Return PORTAL_HOST or API_HOST, the names of the two programs behind HTTPS."""
    host = _text(env, name).lower()
    is_name = host == "" or (HOST.fullmatch(host) and host[0] != ".")
    _require(is_name, name, "a host name such as portal.example.com: no scheme, no port")
    return host


def runs_own_api(env: environ.Env) -> bool:
    """Return False if the portal works with another API: PIPELINES_API_URL, or the hosted one for lack of API_HOST."""
    has_api_here = host_name(env, "API_HOST") or not host_name(env, "PORTAL_HOST")
    return bool(has_api_here) and not _text(env, "PIPELINES_API_URL")


def allowed_hosts(env: environ.Env) -> list[str]:
    """Return the names of both programs, ALLOWED_HOSTS and this machine, over which the programs call each other."""
    hosts = listed(env, "ALLOWED_HOSTS")
    are_hosts = all(host == "*" or HOST.fullmatch(host) for host in hosts)
    _require(are_hosts, "ALLOWED_HOSTS", "host names such as portal.example.com: no scheme, no port")
    names = filter(None, [host_name(env, "PORTAL_HOST"), host_name(env, "API_HOST")])
    return list(dict.fromkeys([*names, *hosts, *LOOPBACK_HOSTS]))


def is_production(env: environ.Env) -> bool:
    """Return PRODUCTION or, if it is not set, True if there is a PORTAL_HOST, an API_HOST or another allowed host."""
    hosts = allowed_hosts(env)
    has_names = host_name(env, "PORTAL_HOST") or host_name(env, "API_HOST")
    production = flag(env, "PRODUCTION", bool(has_names) or any(host not in LOOPBACK_HOSTS for host in hosts))
    if production and "*" in hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS must not be * in production: name the hosts.")
    return production


def why_without_demo(env: environ.Env) -> str:
    """Return the setting that disables the demo, whose passwords are published, or ""."""
    if is_production(env):
        return "this is production"
    if not listens_on_loopback(env):
        return f"BIND is {bind(env)}"
    if set(allowed_hosts(env)) != set(LOOPBACK_HOSTS):
        return "ALLOWED_HOSTS names another machine"
    return ""


def listens_on_loopback(env: environ.Env) -> bool:
    """Return True if only this machine can connect to BIND."""
    host = bind(env)
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def secret(env: environ.Env, name: str, file: Path, make: Callable[[], str], *, production: bool) -> str:
    """Return `name` from the environment or, by default, from `file`.

    The file is created on first use, except in production: there, only `create_secrets` does so, because processes on
    several servers would each create another one.
    """
    if given := _text(env, name):
        return given
    if production and not file.exists():
        raise ImproperlyConfigured(f"{name} must be set in production.")
    return read_or_create_secret(file, make)


def secret_key(env: environ.Env, file: Path, *, production: bool) -> str:
    key = secret(env, "SECRET_KEY", file, lambda: secrets.token_urlsafe(50), production=production)
    if production and len(key) < LEAST_SECRET_KEY:
        raise ImproperlyConfigured(f"SECRET_KEY must have at least {LEAST_SECRET_KEY} characters.")
    return key


SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000;",
}
# A process that hangs in a transaction must not lock rows for ever. Compiling a search takes longer than running it.
# With the default cost of random reads, which is for spinning disks, pages would read whole large tables.
POSTGRESQL_OPTIONS = {
    "options": "-c idle_in_transaction_session_timeout=30s -c jit=off -c random_page_cost=1.1",
    "connect_timeout": 5,
}
EXPECTED = "must be a database URL such as postgres://user:password@host/name."


def database(env: environ.Env, name: str, file: Path) -> dict[str, Any]:
    """Return Django's settings for the URL in `name`, or for SQLite in `file` if there is none."""
    config = _config(env, name, file)
    options = config.get("OPTIONS", {})
    if config["ENGINE"] == POSTGRESQL:
        joined = f"{POSTGRESQL_OPTIONS['options']} {options.get('options', '')}".strip()
        options = POSTGRESQL_OPTIONS | options | {"options": joined}
        return config | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
    path = Path(config["NAME"])
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ImproperlyConfigured(f"{name} must name a file in a folder that exists: {path} does not.")
    restrict_to_owner(Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm"))
    # Threads keep their connections: opening SQLite takes as long as a small request.
    return config | {
        "ENGINE": "pipelines_portal.core.sqlite",
        "CONN_MAX_AGE": None,
        "OPTIONS": SQLITE_OPTIONS | options,
        "TEST": {"NAME": f"{file}.test"},
    }


def _config(env: environ.Env, name: str, file: Path) -> dict[str, Any]:
    url = str(env.str(name, default="")).strip()
    if not url:  # as a URL, special characters in the folder's name would be a problem
        return {"ENGINE": SQLITE, "NAME": str(file)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, TypeError, AttributeError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} {EXPECTED}") from error
    if config.get("ENGINE") not in (SQLITE, POSTGRESQL) or config.get("NAME") in (None, "", ":memory:"):
        raise ImproperlyConfigured(f"{name} {EXPECTED}")
    if config["ENGINE"] == POSTGRESQL and "://" not in url:  # postgres:/name has lost its host
        raise ImproperlyConfigured(f"{name} {EXPECTED}")
    return config
