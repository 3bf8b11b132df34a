"""Read rate limits from the environment."""

import environ
from django.core.exceptions import ImproperlyConfigured
from limits import RateLimitItem, parse


def rate_limit(env: environ.Env, name: str, default: str) -> RateLimitItem:
    """Return the limit that the variable `name` sets. Raise ImproperlyConfigured if it is not a limit."""
    try:
        limit = parse(env.str(name, default=default))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a limit such as {default}.") from error
    if limit.amount < 1:
        raise ImproperlyConfigured(f"{name} must allow at least 1 request.")
    return limit
