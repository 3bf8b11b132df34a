"""Spreadsheets are read as other readers read them, but for what is listed with its reason."""

import pytest

from tests.spreadsheets.differential import EXPECTED, compare


@pytest.mark.parametrize("files", [range(40), pytest.param(range(40, 1_040), marks=pytest.mark.full)])
def test_readers_agree_but_for_what_is_listed(files: range) -> None:
    found = {name: seed for seed in files for name in compare(seed)}
    assert {name: seed for name, seed in found.items() if name not in EXPECTED} == {}


@pytest.mark.full
def test_every_listed_difference_is_met() -> None:
    """One that no file shows is not needed."""
    assert {name for seed in range(200) for name in compare(seed)} == set(EXPECTED)
