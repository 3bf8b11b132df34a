"""Under coverage.py, note which lines each test runs and for how long: a plugin for choosing.py."""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

from . import name_of

# The CPU seconds of the cases of each test, with the programs that they start.
SECONDS: defaultdict[str, list[float]] = defaultdict(list)


def running() -> coverage.Coverage:
    measured = coverage.Coverage.current()
    assert measured, "Only `python -m tests.quick.choosing` measures tests."
    return measured


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    running().switch_context(name_of(item))
    began = sum(os.times()[:4])
    try:
        return (yield)
    finally:
        SECONDS[name_of(item)].append(sum(os.times()[:4]) - began)
        running().switch_context("")


def pytest_sessionfinish() -> None:
    seconds_beside(str(running().get_option("run:data_file"))).write_text(json.dumps(SECONDS))


def seconds_beside(data_file: str) -> Path:
    return Path(data_file).with_suffix(".json")
