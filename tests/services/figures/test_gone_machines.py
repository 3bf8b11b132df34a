"""Folders of figures that nobody fills any more."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines_portal.shared.figures import page
from pipelines_portal.shared.figures.gone_machines import forget_gone_machines
from pipelines_portal.worker import duties

from .conftest import Both

pytestmark = pytest.mark.full

DAY = 24 * 3600
WHAT = "Figures of machines that are gone"


def made(folder: Path, days: float, *, file_days: float | None = None) -> Path:
    """As long ago."""
    folder.mkdir(parents=True)
    (folder / "counter_1.db").touch()
    for path, ago in ((folder / "counter_1.db", days if file_days is None else file_days), (folder, days)):
        os.utime(path, (time.time() - ago * DAY,) * 2)
    return folder


@pytest.fixture
def figures(tmp_path: Path, settings: Any) -> Path:
    settings.FIGURES_FOLDER = made(tmp_path / "figures/this/portal", 30)
    return tmp_path / "figures"


def test_a_week_after_its_last_sign_a_folder_of_this_program_goes(figures: Path) -> None:
    gone, quiet = made(figures / "gone/portal", 8), made(figures / "quiet/portal", 6)
    counting = made(figures / "counting/portal", 30, file_days=1)
    of_other = made(figures / "other/external_api", 30)
    assert forget_gone_machines() == 1
    assert not gone.parent.exists()
    assert all(folder.exists() for folder in (quiet, counting, of_other, figures / "this/portal"))
    assert forget_gone_machines() == 0


def test_a_machine_that_tidies_or_is_asked_for_its_figures_is_there(figures: Path, settings: Any) -> None:
    """However long it counts nothing."""
    for sign in (forget_gone_machines, page.text):
        os.utime(figures / "this/portal", (time.time() - 30 * DAY,) * 2)
        (figures / "this/portal/counter_1.db").unlink(missing_ok=True)
        sign()
        assert time.time() - (figures / "this/portal").stat().st_mtime < DAY


def test_the_portals_worker_does_so() -> None:
    assert WHAT in [duty.what for duty in duties.TIDYING]


def test_the_apis_tidying_does_so(both: Both) -> None:
    """A folder of a container that is no more."""
    folder = Path(both.api.env["DATA_DIR"], "figures/gone/external_api")
    made(folder, 8)
    assert f"{WHAT}: 1 removed" in both.api.manage("tidy")
    assert not folder.exists()
