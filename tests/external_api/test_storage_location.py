"""STORAGE_URL: the forms that it may have."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.external_api.storage.location import EmbeddedLocation, S3Location, parse_storage_url

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
    """S141: without one, it is the embedded storage."""
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
    """S141: a typing error must not send archives to another place."""
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL must be"):
        parse_storage_url(url, DEFAULT)
