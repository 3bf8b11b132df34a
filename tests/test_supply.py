"""All packages and scripts of others are pinned."""

import hashlib
import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from pipelines_portal import __version__
from tests.external_api.server import PROJECT

SOURCES = sorted((PROJECT / "requirements").glob("*.in"))
REQUESTED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)  # (\S.*)$", re.MULTILINE)
PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)(.*?)(?=^[\w.-]+(?:\[|==)|\Z)", re.MULTILINE | re.DOTALL)
RULES = tomllib.loads((PROJECT / "requirements" / "licences.toml").read_text())


def spelled(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def file_of(source: Path) -> Path:
    return PROJECT / ("requirements.txt" if source.stem == "run" else f"requirements-{source.stem}.txt")


def pins(file: Path) -> dict[str, str]:
    return {spelled(name): version for name, version, _ in PINNED.findall(file.read_text())}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_all_requirements_have_a_reason_and_are_pinned_with_hashes(source: Path) -> None:
    requested = {spelled(name): version for name, version, _ in REQUESTED.findall(source.read_text())}
    assert len(requested) == source.read_text().count("==")
    assert requested.items() <= pins(file_of(source)).items()
    assert [name for name, _, rest in PINNED.findall(file_of(source).read_text()) if "--hash=sha256:" not in rest] == []


def test_each_file_names_the_same_versions() -> None:
    run = pins(PROJECT / "requirements.txt")
    others = [pins(file_of(source)) for source in SOURCES]
    assert [name for other in others for name in other.keys() & run.keys() if other[name] != run[name]] == []


@pytest.mark.parametrize("script", RULES["within"], ids=lambda script: script["name"])
def test_scripts_that_packages_bring_are_what_the_list_says(script: dict[str, str]) -> None:
    file = Path(str(distribution(script["package"]).locate_file(script["file"])))
    assert hashlib.sha256(file.read_bytes()).hexdigest() == script["sha256"]
    assert f'"{script["version"]}"' in file.read_text()


def test_the_portal_says_which_version_it_is(page: Any) -> None:
    assert f"Pipelines Portal {__version__}" in page.get("/account/").content.decode()


def test_each_vulnerability_that_is_left_out_has_its_reason() -> None:
    ignored = tomllib.loads((PROJECT / "requirements" / "audit.toml").read_text())["ignored"]
    assert [name for name, reason in ignored.items() if len(reason.split()) < 4] == []
