"""STORAGE_URL: what it takes, and that anything else stops the start with one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.external_api.storage.location import EmbeddedLocation, S3Location, parse_storage_url
from tests.external_api.server import PROJECT, manage

DEFAULT = Path("/data/storage")
HOST = "http://minio:9000"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", EmbeddedLocation(DEFAULT)),
        ("file:///srv/archives", EmbeddedLocation(Path("/srv/archives"))),
        ("s3://bucket", S3Location("bucket", None, None, "us-east-1")),
        (f"s3://bucket?endpoint={HOST}&region=eu", S3Location("bucket", HOST, HOST, "eu")),
        (
            f"s3://bucket?endpoint={HOST}&public_endpoint=https://files.example.com",
            S3Location("bucket", HOST, "https://files.example.com", "us-east-1"),
        ),
    ],
)
def test_a_storage_url_is_read(url: str, expected: EmbeddedLocation | S3Location) -> None:
    """S141: the embedded storage unless told otherwise."""
    assert parse_storage_url(url, DEFAULT) == expected


@pytest.mark.parametrize(
    "url",
    [
        "bucket",
        "s3://",
        "s3://bucket/folder",
        "s3://bucket?endpoint=minio:9000",
        "s3://b?regoin=eu",
        "file://x",
        "ftp://x/y",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    """S141: a slip of the pen must not send archives to another place."""
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL must be"):
        parse_storage_url(url, DEFAULT)


def test_a_bad_one_stops_the_start() -> None:
    """S141: in one sentence."""
    done = manage("check", check=False, STORAGE_URL="s3://")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("STORAGE_URL must be file:///folder or s3://bucket")


WITHOUT_BOTO3 = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *where: None if name == "boto3" else find(name, *where)
from pathlib import Path
from pipelines_portal.external_api.storage.location import parse_storage_url
print(parse_storage_url("", Path("/data")))
parse_storage_url("s3://bucket", Path("/data"))
"""


def test_a_bucket_without_what_talks_to_it_says_what_to_install() -> None:
    """Nobody else has to have it."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_BOTO3], cwd=PROJECT, capture_output=True, text=True)
    assert "EmbeddedLocation" in done.stdout
    assert "boto3 is not installed: run `make s3` once." in done.stderr
