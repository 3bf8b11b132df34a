"""Reading the settings of limits. A bad value stops the start with one sentence."""

import environ
from django.core.exceptions import ImproperlyConfigured
from limits import RateLimitItem, parse

from pipelines_portal.shared.web_addresses import split

REDIS_SCHEMES = ("redis://", "rediss://", "redis+unix://")


def rate_limit(env: environ.Env, name: str, default: str) -> RateLimitItem:
    try:
        limit = parse(env.str(name, default=default))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a limit such as {default}.") from error
    if limit.amount < 1:
        raise ImproperlyConfigured(f"{name} must allow at least 1 request.")
    return limit


def redis_url(env: environ.Env, name: str) -> str:
    url = str(env.str(name, default="")).strip()
    if url and not (url.startswith(REDIS_SCHEMES) and split(url)):
        raise ImproperlyConfigured(f"{name} must be a Redis URL such as redis://127.0.0.1:6379/0.")
    return url
