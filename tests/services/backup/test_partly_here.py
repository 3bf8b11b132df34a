"""A place in use of which one database is not here is not saved as if all of it were."""

from pathlib import Path

import pytest

from .places import refused, run

pytestmark = [pytest.mark.sqlite, pytest.mark.full]
# Both where they are unless the environment says otherwise.
UNSET = {"DATABASE_URL": "", "EXTERNAL_API_DATABASE_URL": ""}


@pytest.mark.parametrize("name", ["portal.sqlite3", "external_api.sqlite3"])
def test_one_that_is_missing_ends_it_with_a_sentence(old: Path, tmp_path: Path, name: str) -> None:
    (old / name).rename(tmp_path / "away")
    said = refused(old, "backup", str(tmp_path / "backup.tar"), **UNSET)
    assert f"{old / name} is not there, and the other database is. Nothing was saved." in said
    assert not (tmp_path / "backup.tar").exists()
    assert run(old, "backup", str(tmp_path / "backup.tar"), "--partly", **UNSET).returncode == 0


def test_before_the_vendors_api_there_is_no_external_api(old: Path, tmp_path: Path) -> None:
    (old / "external_api.sqlite3").unlink()
    vendors = UNSET | {"PIPELINES_API_URL": "https://pipelines.example.com"}
    assert run(old, "backup", str(tmp_path / "backup.tar"), **vendors).returncode == 0


def test_one_without_tables_is_no_database(old: Path, tmp_path: Path) -> None:
    (old / "external_api.sqlite3").write_bytes(b"")
    said = refused(old, "backup", str(tmp_path / "backup.tar"), **UNSET)
    assert "external_api.sqlite3 holds no tables" in said
    assert not (tmp_path / "backup.tar").exists()
