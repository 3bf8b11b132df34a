"""Which database a program uses, and with which options."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from pipelines_portal.core.preparation import FIRST, PACKAGE, RECORD, refuse_other_tables
from tests.settings_reader import PORTAL, read_settings


def test_options_of_a_database_url_are_added_to_ours(tmp_path: Path) -> None:
    asked = "postgres://u@h/n?options=-c%20lock_timeout%3D5s"
    read = "settings.DATABASES['default']['OPTIONS']['options']"
    options = read_settings(PORTAL, read, DATA_DIR=str(tmp_path), DATABASE_URL=asked)
    assert options.startswith("-c ") and "jit=off" in options and options.endswith("-c lock_timeout=5s")


@pytest.mark.parametrize("name", ["a#b?c", "ä%20b", "a\nb"])
def test_databases_are_in_the_data_folder_whatever_its_name(name: str, tmp_path: Path) -> None:
    """In a URL these characters would mean something."""
    (tmp_path / name).mkdir()
    file = read_settings(PORTAL, "settings.DATABASES['default']['NAME']", DATA_DIR=str(tmp_path / name))
    assert file == f"{tmp_path / name}/portal.sqlite3"


@pytest.fixture
def made_by_us(db: None) -> list[tuple[str, str]]:
    """The record of the initial migrations of the tests' database."""
    return [each for each in MigrationRecorder(connection).applied_migrations() if each[0] == RECORD]


def test_a_database_with_other_initial_migrations_is_refused(made_by_us: list[tuple[str, str]]) -> None:
    refuse_other_tables()
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*made_by_us[0])
    recorder.record_applied(made_by_us[0][0], made_by_us[0][1][:-1] + "x")
    with pytest.raises(ImproperlyConfigured, match="Move DATA_DIR away and keep its secrets"):
        refuse_other_tables()


def test_a_database_without_a_record_of_them_is_refused(made_by_us: list[tuple[str, str]]) -> None:
    recorder = MigrationRecorder(connection)
    for each in made_by_us:
        recorder.record_unapplied(*each)
    with pytest.raises(ImproperlyConfigured, match="Nothing was changed"):
        refuse_other_tables()


def test_a_database_of_a_later_version_is_accepted(made_by_us: list[tuple[str, str]]) -> None:
    """While an upgrade exchanges programs one by one, the old ones run with the migrated database."""
    recorder = MigrationRecorder(connection)
    recorder.record_applied("submissions", "9999_of_the_next_version")
    recorder.record_applied("an_app_of_the_next_version", FIRST)
    recorder.record_applied(RECORD, "an_app_of_the_next_version 0123456789abcdef")
    refuse_other_tables()


def test_each_app_has_one_migration() -> None:
    """Until the first release, a change of models makes this one migration again."""
    files = [file.stem for file in PACKAGE.glob("**/migrations/[0-9]*.py")]
    assert set(files) == {FIRST}
