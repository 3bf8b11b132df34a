"""Parse STORAGE_URL. The settings import this module, so it must not import models."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs

from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.core.web_addresses import is_http_url, split

REGION = re.compile(r"[a-z0-9-]{1,60}", re.IGNORECASE)
NOT_INSTALLED = "STORAGE_URL names a bucket, and boto3 is not installed: run `bin/install requirements-extras.txt`."
EXPECTED = "STORAGE_URL must be file:///folder or s3://bucket?endpoint=https://host&region=name."


@dataclass(frozen=True)
class EmbeddedLocation:
    """A folder on this machine. Archives are uploaded to the API's own port."""

    folder: Path


@dataclass(frozen=True)
class S3Location:
    """A bucket. Browsers reach it at `public_endpoint`."""

    bucket: str
    endpoint: str | None
    public_endpoint: str | None
    region: str


def parse_storage_url(url: str, default_folder: Path) -> EmbeddedLocation | S3Location:
    """Return the location of archives and files. An empty `url` means the embedded storage in `default_folder`."""
    if not url:
        return EmbeddedLocation(default_folder)
    parts = split(url)
    if parts is None:
        raise ImproperlyConfigured(EXPECTED)
    if parts.scheme == "file" and not parts.netloc and parts.path:
        return EmbeddedLocation(Path(parts.path))
    if parts.scheme == "s3" and parts.netloc and not parts.path.strip("/"):
        return _s3_location(parts.netloc, parse_qs(parts.query))
    raise ImproperlyConfigured(EXPECTED)


def _s3_location(bucket: str, query: dict[str, list[str]]) -> S3Location:
    options = {name: values[-1] for name, values in query.items()}
    if set(options) - {"endpoint", "public_endpoint", "region"}:
        raise ImproperlyConfigured(EXPECTED)
    endpoint, region = options.get("endpoint"), options.get("region", "us-east-1")
    public_endpoint = options.get("public_endpoint", endpoint)
    if not all(url is None or is_http_url(url) for url in (endpoint, public_endpoint)) or not REGION.fullmatch(region):
        raise ImproperlyConfigured(EXPECTED)
    if find_spec("boto3") is None:
        raise ImproperlyConfigured(NOT_INSTALLED)
    return S3Location(bucket, endpoint, public_endpoint, region)
