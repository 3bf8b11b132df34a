"""A pytest plugin, `-p tests.quick`: it leaves out the tests in left_out.txt, so that `make check` takes a minute.

The list is chosen by measurement (see choosing.py): the other tests run nearly every line that all tests run. A new
test is not in it and runs, but a new case of a listed test does not. `make test` does not use this plugin.
"""

import re
from pathlib import Path

import pytest

LEFT_OUT = Path(__file__).with_name("left_out.txt")
NAMES = frozenset(LEFT_OUT.read_text().split())
TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)
OTHER_TEST = re.compile(r"^(async def test_|class Test|\w+ = \w+\.TestCase)", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not load a file if all of its tests are left out."""
    if collection_path.suffix != ".py":
        return None
    path = collection_path.relative_to(config.rootpath).as_posix()
    text = collection_path.read_text()
    tests = [] if OTHER_TEST.search(text) else TEST.findall(text)
    return True if tests and all(f"{path}::{name}" in NAMES for name in tests) else None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str) -> list[pytest.Item] | None:
    return [] if f"{collector.nodeid}::{name}" in NAMES else None


def name_of(item: pytest.Item) -> str:
    """Return the test's ID without its parameters."""
    return item.nodeid.partition("[")[0]
