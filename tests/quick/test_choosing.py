from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests import quick
from tests.quick.choosing import choose

# The lines that each test runs, and the seconds of its cases.
RAN = {"page": range(100), "function": range(100, 120), "slow page": range(90), "rest": range(119, 121)}
TOOK = {"page": [0.1], "function": [0.01], "slow page": [5.0], "rest": [1.0], "table": [0.001] * 20}


def test_the_quickest_that_run_most_are_chosen() -> None:
    lines = {name: {("views.py", line) for line in ran} for name, ran in RAN.items()}
    assert choose(lines, {**TOOK, "tests/simulation/test_seeds.py::test_x": [1.0]}, share=0.2) == {
        "tests/simulation/test_seeds.py::test_x",
        "page",
        "function",
        "table",
    }


def test_a_file_with_a_new_test_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "NAMES", {"test_a.py::test_old", "test_a.py::test_other"})
    config = cast(Any, SimpleNamespace(rootpath=tmp_path))
    file = tmp_path / "test_a.py"
    file.write_text("def test_old() -> None: ...\n\ndef test_other() -> None: ...\n")
    assert quick.pytest_ignore_collect(file, config) is True
    file.write_text(file.read_text() + "\ndef test_new() -> None: ...\n")
    assert quick.pytest_ignore_collect(file, config) is None
    module = cast(Any, SimpleNamespace(nodeid="test_a.py"))
    left_out = [name for name in ("test_old", "test_new") if quick.pytest_pycollect_makeitem(module, name) == []]
    assert left_out == ["test_old"]
