"""Pages, styles and the External API agree with the one definition of the task statuses."""

import re

import pytest

from pipelines_portal.api_client.task_status import (
    CAN_BE_STUCK,
    NEEDS_ATTENTION,
    TaskStatus,
    icon_of,
    is_open,
    label_of,
)
from tests.external_api.server import PROJECT


def test_the_external_api_has_the_same_statuses() -> None:
    schemas = (PROJECT / "pipelines_portal" / "external_api" / "tasks" / "schemas.py").read_text()
    documented = re.search(r"^TaskStatus = Literal\[(.*)\]", schemas, re.MULTILINE)
    assert documented and set(re.findall(r'"(\w+)"', documented[1])) == {status.value for status in TaskStatus}


@pytest.mark.parametrize("status", TaskStatus)
def test_each_status_has_an_icon_and_a_color(status: TaskStatus) -> None:
    assert f'id="s-{status}"' in (PROJECT / "templates" / "_partials" / "symbols.html").read_text()
    assert f"--{status}:" in (PROJECT / "static" / "css" / "tokens.css").read_text()
    assert (
        status == TaskStatus.PENDING
        or f'[data-status="{status}"]' in (PROJECT / "static" / "css" / "components.css").read_text()
    )


def test_properties_of_each_status() -> None:
    assert NEEDS_ATTENTION == ("failed", "escalated", "quarantined")
    assert set(CAN_BE_STUCK) == {"pending", "in_progress", "escalated", "quarantined"}
    assert {status for status in TaskStatus if not status.is_open} == {"failed", "finished"}


def test_an_unknown_status_counts_as_open() -> None:
    assert (label_of("on_hold"), icon_of("on_hold"), is_open("on_hold")) == ("on_hold", "pending", True)
