"""Which database a program goes to, and what it asks of it."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.shared.databases import database
from pipelines_portal.shared.env_file import Environment
from tests.settings_reader import PORTAL, read_settings


def test_what_a_database_url_asks_of_a_session_comes_beside_what_we_ask(tmp_path: Path) -> None:
    asked = "postgres://u@h/n?disable_server_side_cursors=false&options=-c%20lock_timeout%3D5s"
    read = "settings.DATABASES['default']"
    values = f"[{read}['DISABLE_SERVER_SIDE_CURSORS'], {read}['OPTIONS']['options']]"
    has_no_cursors, options = read_settings(PORTAL, values, DATA_DIR=str(tmp_path), DATABASE_URL=asked)
    assert has_no_cursors is False
    assert options.startswith("-c ") and "jit=off" in options and options.endswith("-c lock_timeout=5s")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("-c%20default_transaction_isolation=serializable", "default_transaction_isolation"),
        ("-c%20jit%3Doff%20-cDEFAULT_transaction_isolation%3Dserializable", "DEFAULT_transaction_isolation"),
        ("--default-transaction-read-only=on", "default-transaction-read-only"),
        ("-c%20transaction_deferrable%3Don", "transaction_deferrable"),
    ],
)
def test_how_transactions_go_is_not_for_a_url_to_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: str, named: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgres://u@h/n?options={options}")
    with pytest.raises(ImproperlyConfigured, match=f"an option that is not for PostgreSQL here: {named}\\."):
        database(Environment(), "DATABASE_URL", tmp_path / "portal.sqlite3")


@pytest.mark.parametrize("name", ["a#b", "a?b=c", "a%20b", "ä b", "a\nb"])
def test_databases_are_in_the_data_folder_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    """In an address these signs would mean something, and both programs' tables were in one file beside it."""
    (tmp_path / name).mkdir()
    file = read_settings(PORTAL, "settings.DATABASES['default']['NAME']", DATA_DIR=str(tmp_path / name))
    assert file == f"{tmp_path / name}/portal.sqlite3"
