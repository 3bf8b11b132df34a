"""Reading the settings of limits. A bad value stops the start with one sentence."""

import environ
from django.core.exceptions import ImproperlyConfigured
from limits import RateLimitItem, parse


def rate_limit(env: environ.Env, name: str, default: str) -> RateLimitItem:
    try:
        limit = parse(env.str(name, default=default))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a limit such as {default}.") from error
    if limit.amount < 1:
        raise ImproperlyConfigured(f"{name} must allow at least 1 request.")
    return limit
