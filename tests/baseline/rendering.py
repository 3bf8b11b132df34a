"""While the tests are measured, note which templates each one renders: a pytest plugin for reaching.py."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.quick import name_of

# The tests that render a template.
TESTS: defaultdict[str, set[str]] = defaultdict(set)
_now = {"test": ""}


def pytest_sessionstart() -> None:
    from django.test.signals import template_rendered

    template_rendered.connect(_note)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    _now["test"] = name_of(item)


def pytest_sessionfinish() -> None:
    from tests.quick.measuring import running  # a plugin, too, which pytest has to import first

    written = {name: sorted(tests) for name, tests in TESTS.items()}
    templates_beside(str(running().get_option("run:data_file"))).write_text(json.dumps(written))


def templates_beside(data_file: str) -> Path:
    return Path(data_file).with_suffix(".templates.json")


def _note(template: Any, **_: Any) -> None:
    TESTS[f"templates/{template.name}"].add(_now["test"])
