"""What others wrote stands under static/vendor as it came: listed, with its licence, hash by hash."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[1]
VENDOR = PROJECT / "static" / "vendor"
PACKAGES: list[dict[str, Any]] = tomllib.loads((VENDOR / "vendor.toml").read_text())["package"]


def folder_of(package: dict[str, Any]) -> Path:
    return VENDOR / f"{package['name']}-{package['version']}"


def test_nothing_is_there_that_the_list_does_not_name() -> None:
    listed = {folder_of(package) / name for package in PACKAGES for name in package["files"]}
    assert {path for path in VENDOR.rglob("*") if path.is_file()} == listed | {VENDOR / "vendor.toml"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_each_file_is_as_it_came(package: dict[str, Any]) -> None:
    found = {name: hashlib.sha256((folder_of(package) / name).read_bytes()).hexdigest() for name in package["files"]}
    assert found == {name: file["sha256"] for name, file in package["files"].items()}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_each_comes_with_its_licence_and_is_used(package: dict[str, Any]) -> None:
    assert package["licence"] and package["source"] and "LICENSE" in package["files"]
    ours = [*(PROJECT / "static" / "js").rglob("*.js"), *(PROJECT / "templates").rglob("*.html")]
    assert any(f"vendor/{folder_of(package).name}/" in path.read_text() for path in ours)
