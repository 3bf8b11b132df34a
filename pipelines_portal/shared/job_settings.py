"""TASKS_BACKEND: where jobs wait for a worker."""

from hashlib import sha256
from importlib.util import find_spec
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.shared import environment
from pipelines_portal.shared.web_addresses import split

DATABASE: dict[str, Any] = {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}
NO_URL = "TASKS_BACKEND is redis: set TASKS_URL to redis://host:6379/0, or CACHE_URL, which is taken otherwise."
NOT_INSTALLED = "TASKS_BACKEND is redis, and django-tasks-rq is not installed: run `make redis-jobs` once."
# No job of ours has an end set by the clock: an archive may take hours.
NO_TIMEOUT = -1


def job_settings(env: environ.Env, program: str, secret_key: str) -> dict[str, Any]:
    """Django's settings for it, to be taken over as they are. All machines have the same SECRET_KEY."""
    if environment.one_of(env, "TASKS_BACKEND", "database", "redis") == "database":
        return {"TASKS": {"default": DATABASE}, "JOBS_IN_REDIS": False}
    backend = "pipelines_portal.shared.redis_jobs.backend.RedisBackend"
    queue = {"URL": _url(env), "DEFAULT_TIMEOUT": NO_TIMEOUT}
    # Of this installation's: another one may share the Redis. The first goes first.
    own = f"{program}-{sha256(secret_key.encode()).hexdigest()[:8]}"
    queues = [own, f"{own}-later"]
    return {
        "TASKS": {"default": {"BACKEND": backend, "QUEUES": ["default", *queues]}, "waiting": DATABASE},
        "JOBS_IN_REDIS": True,
        "JOB_QUEUES": queues,
        "RQ": {"COMMIT_MODE": "auto"},
        "RQ_QUEUES": dict.fromkeys(["default", *queues], queue),
        "RQ_SHOW_ADMIN_LINK": False,
    }


def _url(env: environ.Env) -> str:
    url: str = env.str("TASKS_URL", default="") or env.str("CACHE_URL", default="")
    parts = split(url)
    if not url or parts is None or parts.scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured(NO_URL)
    if find_spec("django_tasks_rq") is None:
        raise ImproperlyConfigured(NOT_INSTALLED)
    return url
