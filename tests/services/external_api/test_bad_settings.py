"""Bad settings: the server does not start, and says in one sentence what is wrong."""

import subprocess
import sys

import pytest

from tests.external_api.server import PROJECT
from tests.services.external_api.conftest import RunServer

WITHOUT_BOTO3 = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *where: None if name == "boto3" else find(name, *where)
from pathlib import Path
from pipelines_portal.external_api.storage.location import parse_storage_url
print(parse_storage_url("", Path("/data")))
parse_storage_url("s3://bucket", Path("/data"))
"""


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("EXTERNAL_API_KEY_LIMIT", "lots", "EXTERNAL_API_KEY_LIMIT must be a limit such as 600/minute."),
        pytest.param("CACHE_URL", "memcached://x", "CACHE_URL must be a Redis URL", marks=pytest.mark.full),
        pytest.param("TRUSTED_PROXIES", "x.example", "TRUSTED_PROXIES must be addresses", marks=pytest.mark.full),
        pytest.param("STORAGE_URL", "s3://", "STORAGE_URL must be file:///folder", marks=pytest.mark.full),
    ],
)
def test_a_bad_setting_stops_the_start(run_server: RunServer, name: str, value: str, sentence: str) -> None:
    """S65, S141: limits and the place of the storage are settings."""
    with pytest.raises(AssertionError, match="did not start") as stopped, run_server(**{name: value}):
        pass
    last = str(stopped.value).splitlines()[-1]
    assert last.startswith(name) and sentence in last


def test_a_bucket_without_boto3_says_what_to_install() -> None:
    """S141: boto3 is needed for buckets only."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_BOTO3], cwd=PROJECT, capture_output=True, text=True)
    assert "EmbeddedLocation" in done.stdout
    assert "boto3 is not installed: run `bin/install requirements-extras.txt`." in done.stderr
