"""Reading the environment: what both programs' settings share. Every bad value stops the start with one sentence."""

import os
import re
import secrets
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.shared.databases import database as database
from pipelines_portal.shared.env_file import Environment, read_env_file
from pipelines_portal.shared.owner_only import keep_to_owner, kept_secret
from pipelines_portal.shared.web_addresses import is_http_url, origin_of, split

BASE_DIR = Path(__file__).resolve().parents[2]
# A dot in front: all below it.
HOST = re.compile(r"\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
# What a header can hold as one word.
HEADER_WORD = re.compile(r"[!-~]+")
REDIS_SCHEMES = ("redis://", "rediss://", "redis+unix://")
LEAST_SECRET_KEY = 50
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
SENDER = re.compile(r"[^<>@\s]+@[^<>@\s]+|[^<>]*<[^<>@\s]+@[^<>@\s]+>")
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
MAIL_BACKENDS = ("django.core.mail.backends.smtp.EmailBackend",)
MAIL_SETTINGS = (
    "EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
)  # fmt: skip
ON, OFF = {"on", "true", "yes", "1"}, {"off", "false", "no", "0"}


def load_env() -> environ.Env:
    """The process environment, over a `.env` file beside manage.py when there is one."""
    read_env_file(BASE_DIR / ".env")
    return Environment()


def value(read: Callable[..., Any], name: str, default: Any, expected: str) -> Any:
    """`read(name, default)`; a value that cannot be read stops the start and says what is expected."""
    try:
        return read(name, default=default)
    except (ValueError, TypeError, AttributeError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} must be {expected}.") from error


def flag(env: environ.Env, name: str, default: bool) -> bool:
    """A switch: on or off, in any of the usual spellings."""
    word = env.str(name, default="").strip().lower()
    if word not in ON | OFF | {""}:
        raise ImproperlyConfigured(f"{name} must be on or off.")
    return word in ON if word else default


def one_of(env: environ.Env, name: str, *words: str) -> str:
    """One of `words`, the first of them unless set."""
    word: str = env.str(name, default="").strip().lower() or words[0]
    if word not in words:
        raise ImproperlyConfigured(f"{name} must be one of: {', '.join(words)}.")
    return word


def listed(env: environ.Env, name: str) -> list[str]:
    """What stands between commas, without the spaces around it."""
    return [text.strip() for text in env.list(name, default=[]) if text.strip()]


def whole_number(
    env: environ.Env, name: str, default: int, of: str = "a whole number", *, least: int = 1, most: int = 10**18
) -> int:
    """A whole number within what makes sense; `of` is what it counts, for the sentence."""
    return int(_number(env.int, name, default, of, least, most))


def seconds(env: environ.Env, name: str, default: float, *, least: float = 0.1, most: float = 30 * 24 * 3600) -> float:
    return float(_number(env.float, name, default, "a number of seconds", least, most))


def _number(read: Callable[..., Any], name: str, default: float, of: str, least: float, most: float) -> float:
    expected = f"{of} between {_plain(least)} and {_plain(most)}"
    number: float = value(read, name, default, expected)
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name} must be {expected}.")
    return number


def _plain(number: float) -> str:
    """Ports as they are written; what is longer in groups."""
    whole = str(int(number)) if number < 100_000 else f"{int(number):,}"
    return whole if number == int(number) else str(number)


def token(env: environ.Env, name: str, least: int) -> str:
    """What a program shows to be let in; "" when none is set."""
    text = str(env.str(name, default="")).strip()
    if text and len(text) < least:
        raise ImproperlyConfigured(f"{name} must have at least {least} characters.")
    if text and not HEADER_WORD.fullmatch(text):
        raise ImproperlyConfigured(f"{name} must be letters, digits and signs of ASCII, without blanks.")
    return text


def http_url(env: environ.Env, name: str, default: str = "") -> str:
    """Without a trailing slash; "" when neither is given. What is no http(s) URL that can be called stops the start."""
    text = str(env.str(name, default="")).strip() or default
    if text and not is_http_url(text):
        raise ImproperlyConfigured(f"{name} must be an http:// or https:// URL.")
    return text.rstrip("/")


def sentry_dsn(env: environ.Env) -> str:
    """SENTRY_DSN: what has no key and no project stops the start."""
    dsn = http_url(env, "SENTRY_DSN")
    if dsn and not (urlsplit(dsn).username and urlsplit(dsn).path.rpartition("/")[2].isdigit()):
        raise ImproperlyConfigured("SENTRY_DSN must be as Sentry shows it, such as https://key@host/1.")
    return dsn


def redis_url(env: environ.Env, name: str) -> str:
    url = str(env.str(name, default="")).strip()
    if url and not (url.startswith(REDIS_SCHEMES) and split(url)):
        raise ImproperlyConfigured(f"{name} must be a Redis URL such as redis://127.0.0.1:6379/0.")
    return url


def mail_from(env: environ.Env) -> str:
    """MAIL_FROM: an address, or a name with an address in angle brackets."""
    text = str(env.str("MAIL_FROM", default="Pipelines Portal <portal@localhost>")).strip()
    if not (text.isprintable() and SENDER.fullmatch(text)):
        raise ImproperlyConfigured("MAIL_FROM must be an address, or as in Pipelines Portal <portal@example.com>.")
    return text


def domains(env: environ.Env, name: str) -> list[str]:
    """Such as emails end with, in small letters."""
    found = [text.lower().lstrip("@") for text in listed(env, name)]
    if not all(HOST.fullmatch(text) for text in found):
        raise ImproperlyConfigured(f"{name} must be domains such as example.com.")
    return found


def email(env: environ.Env, name: str) -> dict[str, Any]:
    """Django's settings for smtp://, smtp+tls:// and smtp+ssl:// URLs; of no URL, those that send nothing."""
    if not env.str(name, default="").strip():
        return {"EMAIL_BACKEND": NO_MAIL}
    try:
        settings = dict(env.email_url(name))
    except Exception:
        settings = {}
    if settings.get("EMAIL_BACKEND") not in MAIL_BACKENDS or not settings.get("EMAIL_HOST"):
        raise ImproperlyConfigured(f"{name} must be smtp://, smtp+tls:// or smtp+ssl:// with user:password@host:port.")
    return {setting: value for setting, value in settings.items() if setting in MAIL_SETTINGS}


def origins(env: environ.Env, name: str, default: list[str]) -> list[str]:
    """As browsers write them: scheme, host and port, nothing behind them."""
    given = [text.rstrip("/") for text in listed(env, name) or default]
    for text in given:
        bare = "{0.scheme}://{0.netloc}".format(urlsplit(text)) if is_http_url(text) else ""
        if text.lower() != bare.lower() or not _names_one_host(origin_of(text)):
            raise ImproperlyConfigured(f"{name} must be origins such as https://host or http://host:8000.")
    return [origin_of(text) for text in given]


def _names_one_host(origin: str) -> bool:
    """Not *.example.com: browsers would take it for many, and what compares origins for none."""
    host = urlsplit(origin).hostname or ""
    return bool(HOST.fullmatch(f"[{host}]" if ":" in host else host))


def port(env: environ.Env, name: str, default: int) -> int:
    return whole_number(env, name, default, "a port number", most=65535)


def bind(env: environ.Env) -> str:
    """BIND: the address that programs listen on."""
    return str(env.str("BIND", default="").strip() or "127.0.0.1")


def web_threads(env: environ.Env) -> int:
    """WEB_THREADS: requests that a process serves at once."""
    return whole_number(env, "WEB_THREADS", 8, least=2, most=1000)


def web_concurrency(env: environ.Env) -> int:
    """WEB_CONCURRENCY: web processes a program."""
    return whole_number(env, "WEB_CONCURRENCY", 1, most=256)


def networks(env: environ.Env, name: str) -> list[IPv4Network | IPv6Network]:
    try:
        found = [ip_network(text) for text in listed(env, name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be addresses or networks such as 10.0.0.0/8.") from error
    for network in found:
        if network.prefixlen == 0:
            raise ImproperlyConfigured(
                f"{name} must not be everybody: {network} is. Name the networks of your proxies."
            )
    return found


def data_dir(env: environ.Env) -> Path:
    """DATA_DIR, made when missing: databases, uploads, generated secrets. Nobody but the owner looks into it."""
    place = BASE_DIR / (env.str("DATA_DIR", default="").strip() or "var")
    # Whatever this process makes, the database's own files and archives among it, is its owner's alone.
    os.umask(0o077)
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR must be a folder that can be written: {error.strerror}.") from error
    # Asked once more: a folder that is there may be another's, or on a disk that is read only.
    if not os.access(place, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"DATA_DIR must be a folder that can be written: {place} cannot.")
    # Files that root makes in another user's folder, that user's programs cannot open.
    if os.geteuid() == 0 and place.stat().st_uid != 0:
        raise ImproperlyConfigured(f"DATA_DIR must be used by whom it belongs to: {place} is not root's.")
    keep_to_owner([place])
    return place


def allowed_hosts(env: environ.Env) -> list[str]:
    """ALLOWED_HOSTS and this machine: the two programs and their health checks call each other over loopback."""
    hosts = listed(env, "ALLOWED_HOSTS")
    if not all(host == "*" or HOST.fullmatch(host) for host in hosts):
        raise ImproperlyConfigured("ALLOWED_HOSTS must be host names such as portal.example.com: no scheme, no port.")
    return list(dict.fromkeys([*hosts, *LOOPBACK_HOSTS]))


def is_production(env: environ.Env) -> bool:
    """PRODUCTION, or whether ALLOWED_HOSTS names a host other than this machine."""
    hosts = allowed_hosts(env)
    production = flag(env, "PRODUCTION", any(host not in LOOPBACK_HOSTS for host in hosts))
    if production and "*" in hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS must not be * in production: name the hosts.")
    return production


def listens_on_loopback(env: environ.Env) -> bool:
    """Whether only this machine itself reaches what listens on BIND."""
    host = bind(env)
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def why_without_demo(env: environ.Env) -> str:
    """Return which setting keeps the demo off; "" if none does. Its passwords are published."""
    if is_production(env):
        return "this is production"
    if not listens_on_loopback(env):
        return f"BIND is {bind(env)}"
    if set(allowed_hosts(env)) != set(LOOPBACK_HOSTS):
        return "ALLOWED_HOSTS names another machine"
    return ""


def secret(env: environ.Env, name: str, file: Path, make: Callable[[], str], *, production: bool) -> str:
    """`name` from the environment; else, outside production, kept in `file` (mode 0600) and made on first use."""
    if given := str(env.str(name, default="")).strip():
        return given
    if production:
        raise ImproperlyConfigured(f"{name} must be set in production.")
    return kept_secret(file, make)


def secret_key(env: environ.Env, file: Path, *, production: bool) -> str:
    """SECRET_KEY; in production none that could be guessed."""
    key = secret(env, "SECRET_KEY", file, random_secret, production=production)
    if production and len(key) < LEAST_SECRET_KEY:
        raise ImproperlyConfigured(f"SECRET_KEY must have at least {LEAST_SECRET_KEY} characters.")
    return key


def random_secret() -> str:
    return secrets.token_urlsafe(50)
