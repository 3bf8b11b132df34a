"""The .env file: each line of the example works without its "# ", and a file that cannot be read is reported."""

import re
from collections.abc import Iterator
from pathlib import Path

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.core import environment
from pipelines_portal.core.environment import read_env_file
from tests.external_api.server import PROJECT
from tests.settings_reader import EXTERNAL_API, PORTAL, read_settings

LINE = re.compile(r"^# ([A-Z][A-Z_]+=)", re.MULTILINE)
EXAMPLE = LINE.sub(r"\1", (PROJECT / ".env.example").read_text())


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An empty environment in the place of this process's own, into which files are read."""
    found: dict[str, str] = {}
    monkeypatch.setattr(environ.Env, "ENVIRON", found)
    yield found


def written(folder: Path, text: str) -> Path:
    file = folder / ".env"
    file.write_text(text)
    return file


@pytest.mark.parametrize("settings", [PORTAL, EXTERNAL_API])
def test_every_line_of_the_example_is_valid(tmp_path: Path, read: dict[str, str], settings: str) -> None:
    read_env_file(written(tmp_path, EXAMPLE))
    assert len(read) > 40
    assert not [value for value in read.values() if "#" in value or value != value.strip()]
    read_settings(settings, **read | {"DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=x  # what it is", "x"),
        ("A=x\t# what it is", "x"),
        ("A=  # nothing", ""),
        ("A=a#b", "a#b"),
        ("A=#b", "#b"),
        ("A='a #b'", "a #b"),
        ("A='a #b' # what it is", "a #b"),
        ('A="a #b" # what it is', "a #b"),
        ("export A=two words # and more", "two words"),
        ("A=$ecret", "$ecret"),
    ],
)
def test_a_comment_behind_a_value_is_removed(tmp_path: Path, read: dict[str, str], line: str, value: str) -> None:
    read_env_file(written(tmp_path, f"{line}\n"))
    assert read["A"] == value


def test_a_missing_file_is_ignored(tmp_path: Path, read: dict[str, str]) -> None:
    read_env_file(tmp_path / ".env")
    assert read == {}


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "BASE_DIR", tmp_path)
    (tmp_path / ".env").symlink_to(tmp_path / ".env")
    with pytest.raises(ImproperlyConfigured, match=r"The file .*/\.env cannot be read \(Too many levels"):
        environment.load_env()


def test_a_file_in_another_encoding_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "BASE_DIR", tmp_path)
    (tmp_path / ".env").write_bytes("OIDC_NAME=Büro".encode("latin-1"))
    with pytest.raises(ImproperlyConfigured, match=r"The file .*/\.env is not UTF-8"):
        environment.load_env()
