"""An import that was read and checked, before a real External API."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines_portal.imports.jobs import work_alone, work_now
from pipelines_portal.imports.matching import Column, Matching
from pipelines_portal.imports.models import Import, LineBlock, State
from pipelines_portal.saved_keys.access import client_for

GOOD = ["Hello", "French"]
HEADER = ["Text to translate", "Target language"]
NAMES = ["input_text", "target_language"]

Checked = Callable[..., Import]


@pytest.fixture
def checked(page: Any, person: Any, saved_key: Any, opened: Any) -> Checked:
    """`checked([["Hello", "French"], …])`: an import of these rows, from line 2 on, read and checked."""

    def make(rows: list[list[str]], **values: Any) -> Import:
        workflow = opened(42) if not hasattr(make, "workflow") else make.workflow  # type: ignore[attr-defined]
        make.workflow = workflow  # type: ignore[attr-defined]
        schema = client_for(saved_key).schema(42).model_dump(mode="json")
        columns = [Column(header, name) for header, name in zip(HEADER, NAMES, strict=True)]
        of = Import.objects.create(
            owner=person, sender=person, key=saved_key, workflow_id=42, workflow_name="Translations", schema=schema,
            file_name="rows.csv", size_bytes=1, state=State.CHECKING, matching=Matching(0, columns).kept(), **values,
        )  # fmt: skip
        keep_lines(of, [HEADER, *rows])
        work_now(of)
        assert of.state == State.CHECKED, of.problem
        return of

    return make


def keep_lines(of: Import, lines: list[list[str]]) -> None:
    numbered = [[number, cells] for number, cells in enumerate(lines, 1)]
    for number in range(0, len(numbered), 500):
        block = json.dumps(numbered[number : number + 500]).encode()
        LineBlock.objects.create(of=of, number=number // 500, data=LineBlock.packed(block))


def states(of: Import) -> dict[int, str]:
    """By row number."""
    of.refresh_from_db()
    return dict(of.rows.filter(generation=of.generation).values_list("number", "state"))


def work() -> None:
    """As the worker, until nothing is due."""
    while work_alone():
        pass
