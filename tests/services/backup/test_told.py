"""A backup that is told to end."""

import signal
from pathlib import Path

import pytest

from tests import starting
from tests.live import wait_until

from .places import env_of, put_a_large_file, stored

pytestmark = [pytest.mark.sqlite, pytest.mark.full]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_while_it_saves_leaves_nothing(number: int, old: Path, tmp_path: Path) -> None:
    """Whole databases among it, and what holds archives: the next backup may be called otherwise."""
    large, folder = put_a_large_file(old), tmp_path / "backups"
    folder.mkdir()
    with (tmp_path / "said").open("wb") as said:
        process = starting.start(
            "manage.py", "backup", str(folder / "one.tar"), env=env_of(old), errors=said.fileno(), output=said.fileno()
        )
    draft = folder / ".one.tar.draft" / "draft"
    wait_until(lambda: draft.exists() and draft.stat().st_size > 300_000, "it to be half there")
    process.send_signal(number)
    assert process.wait(60) != 0
    large.unlink()
    assert list(folder.iterdir()) == []
    assert set(stored(old)) == {"archives/0a-1.zip", "files/0a-1/0"}, "nothing is held any more"
    assert (tmp_path / "said").read_text() == ""
