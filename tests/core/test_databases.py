"""Which database a program uses, and with which options."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from pipelines_portal.core.preparation import refuse_older_database
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


@pytest.mark.django_db
def test_a_database_of_an_earlier_development_version_is_refused() -> None:
    refuse_older_database()
    MigrationRecorder(connection).record_applied("saved_keys", "0001_initial")
    with pytest.raises(ImproperlyConfigured, match="saved_keys.0001_initial.*use an empty database"):
        refuse_older_database()


@pytest.mark.django_db
def test_a_database_without_an_apps_first_migration_is_refused() -> None:
    """Its first migration had another name in an earlier development version."""
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("submissions", "0001_initial")
    with pytest.raises(ImproperlyConfigured, match="submissions.0002_search"):
        refuse_older_database()


@pytest.mark.django_db
def test_a_database_of_a_later_version_is_accepted() -> None:
    """While an upgrade exchanges programs one by one, the old ones run with the migrated database."""
    MigrationRecorder(connection).record_applied("submissions", "9999_of_the_next_version")
    MigrationRecorder(connection).record_applied("an_app_of_the_next_version", "0001_initial")
    refuse_older_database()
