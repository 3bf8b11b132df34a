"""Warnings in rows beside an archive: a row goes along once a person has accepted what the rule says of it."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Acceptance, Submission
from pipelines_portal.submissions.outcomes import Outcome
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.archives import files
from tests.conftest import FILE_AND_FIELDS
from tests.factories import open_workflow
from tests.pages import text_of

from .choosing import address, check_archive, rows_of

ROWS = b"photo,caption,stars\ncat.png,A cat,4\ncat.png,Cheese,2\ncat.png,A cow,x\ncat.png,Cheese,3\n"


@pytest.fixture
def rule(saved_key: SavedKey, workflow: OpenedWorkflow) -> WorkflowRule:
    value = {"op": "at least", "number": "4"}
    return WorkflowRule.objects.create(
        key=saved_key, workflow_id=workflow.workflow_id, position=1, kind="compare", field="stars", value=value,
        is_warning=True,
    )  # fmt: skip


@pytest.fixture
def workflow(page: Client, saved_key: SavedKey) -> OpenedWorkflow:
    return open_workflow(saved_key, FILE_AND_FIELDS)


@pytest.fixture
def form() -> dict[str, Any]:
    return {"token": str(uuid4())}


def check(page: Client, workflow: OpenedWorkflow, **posted: Any) -> HttpResponse:
    return check_archive(page, workflow, files("cat.png"), **posted)


def with_file(form: dict[str, Any]) -> dict[str, Any]:
    return form | {"rows_file": SimpleUploadedFile("rows.csv", ROWS)}


def carried(shown: HttpResponse) -> dict[str, str]:
    found = re.findall(r'name="(corrections_of|corrections|accepted)" value="([^"]*)"', shown.content.decode())
    return {name: unescape(value) for name, value in found}


def marks(shown: HttpResponse) -> list[str]:
    return re.findall(r'name="accept" value="([^"]+)"', shown.content.decode())


@pytest.mark.usefixtures("rule")
def test_open_warnings_are_left_out_and_asked_about(page: Client, workflow: OpenedWorkflow, form: Any) -> None:
    shown = check(page, workflow, **with_file(form))
    words = text_of(shown)
    assert "1 task ready, 2 rows to look at, 1 row has errors" in words
    assert "2 rows to look at and 1 with an error are left out." in words
    assert "I’ve checked it: <bdi>2</bdi> is right" in words and shown.content.count(b'class="odd"') == 2
    assert len(marks(shown)) == 2 and ZipUpload.objects.get().rows_left_out == 3
    again = check(page, workflow, **with_file(form), **carried(shown))
    assert len(rows_of(ZipUpload.objects.get())) == 1, "a second press accepts nothing"
    assert marks(again) == marks(shown) and not Acceptance.objects.exists()


@pytest.mark.usefixtures("rule")
def test_what_is_ticked_goes_along_and_stays_accepted(
    page: Client, workflow: OpenedWorkflow, form: Any, person: Any
) -> None:
    shown = check(page, workflow, **with_file(form))
    shown = check(page, workflow, **with_file(form), **carried(shown), accept=marks(shown)[0])
    assert "2 tasks ready, 1 row to look at" in text_of(shown) and "1 warning accepted" in text_of(shown)
    shown = check(page, workflow, **with_file(form), **carried(shown), accept=marks(shown)[0])
    upload = ZipUpload.objects.get()
    assert [row["stars"] for row in rows_of(upload)] == [4, 2, 3] and upload.submission.accepted_count == 2
    found = Acceptance.objects.order_by("row__index")
    assert [(each.row.index, each.value, each.short, each.by) for each in found] == [
        (1, "2", "Below 4", person), (2, "3", "Below 4", person)
    ]  # fmt: skip
    upload.submission.claim(0, until=None)
    upload.submission.record(Outcome(Submission.Status.CREATED, "", 3, 0, {}, (7, 8, 9)))
    ZipUpload.objects.update(stage=Stage.COMPLETED)
    assert "2 accepted" in text_of(page.get("/submissions/"))
    assert "1 row was not sent" in text_of(page.get(f"{address(workflow)}{upload.pk}/result/"))


@pytest.mark.usefixtures("rule")
def test_a_later_check_replaces_what_was_accepted(page: Client, workflow: OpenedWorkflow, form: Any) -> None:
    shown = check(page, workflow, **with_file(form))
    shown = check(page, workflow, **with_file(form), **carried(shown), accept=marks(shown))
    assert Submission.objects.get().accepted_count == 2
    shown = check(page, workflow, **with_file(form), **carried(shown), take_back="1")
    assert Submission.objects.get().accepted_count == 0 and not Acceptance.objects.exists()
    assert len(marks(shown)) == 2 and len(rows_of(ZipUpload.objects.get())) == 1


@pytest.mark.usefixtures("rule")
def test_it_holds_for_this_row_value_and_version(page: Client, workflow: OpenedWorkflow, form: Any) -> None:
    shown = check(page, workflow, **with_file(form))
    first, last = marks(shown)
    assert first.startswith("3-") and last.startswith("5-")
    accepted = carried(shown) | {"accept": [first, last.replace("5-", "3-"), "3-1.1.xyz", "nonsense"]}
    shown = check(page, workflow, **with_file(form), **accepted)
    assert marks(shown) == [last], "another row with the value was not looked at"
    shown = check(page, workflow, **with_file(form), **carried(shown), **{"cell-3-stars": "1"})
    assert len(marks(shown)) == 2, "another value was not looked at"
    shown = check(page, workflow, **with_file(form), **carried(shown), **{"cell-3-stars": "2"})
    assert marks(shown) == [first, last], "and the first one is looked at again"
    shown = check(page, workflow, **with_file(form), **carried(shown), accept=[first, last])
    WorkflowRule.objects.update(version=2)
    assert len(marks(check(page, workflow, **with_file(form), **carried(shown)))) == 2


def test_a_reason_is_asked_for_and_kept(page: Client, workflow: OpenedWorkflow, form: Any, rule: WorkflowRule) -> None:
    WorkflowRule.objects.filter(pk=rule.pk).update(needs_reason=True)
    shown = check(page, workflow, **with_file(form))
    mark = marks(shown)[0]
    shown = check(page, workflow, **with_file(form), **carried(shown), accept=mark, **{f"why-{mark}": " "})
    assert "Enter a reason." in text_of(shown) and len(rows_of(ZipUpload.objects.get())) == 1
    assert "Enter a reason." not in text_of(check(page, workflow, **with_file(form), **carried(shown)))
    shown = check(page, workflow, **with_file(form), **carried(shown), accept=mark, **{f"why-{mark}": "By phone"})
    check(page, workflow, **with_file(form), **carried(shown))
    assert Acceptance.objects.get().reason == "By phone"


@pytest.mark.usefixtures("rule")
def test_typed_rows_wait_for_it_since_they_would_be_lost(page: Client, workflow: OpenedWorkflow, form: Any) -> None:
    form |= {"typed": 2, "row-1-photo": "cat.png", "row-1-caption": "A", "row-1-stars": "2"}
    form |= {"row-2-photo": "cat.png", "row-2-caption": "B", "row-2-stars": "5"}
    shown = check(page, workflow, **form)
    assert "Nothing is uploaded until they’re accepted or changed." in text_of(shown)
    assert not ZipUpload.objects.exists() and 'name="cell-' not in shown.content.decode()
    check(page, workflow, **form, **carried(shown), accept=marks(shown))
    assert len(rows_of(ZipUpload.objects.get())) == 2 and Acceptance.objects.get().row.index == 0


@pytest.mark.usefixtures("rule")
def test_rows_of_a_draft_stay_in_it_while_some_are_left_out(
    page: Client, workflow: OpenedWorkflow, person: Any
) -> None:
    values = [{"photo": "cat.png", "caption": "A", "stars": 4}, {"photo": "cat.png", "caption": "B", "stars": 2}]
    draft = Submission.objects.draft(person, workflow, values, uuid4(), Submission.Kind.ZIP)
    form = {"rows_from": str(draft.pk), "token": str(draft.token)}
    shown = check(page, workflow, **form)
    assert "1 row to look at is left out." in text_of(shown)
    for _ in range(2):
        check(page, workflow, **form, **carried(shown))
        assert list(draft.read_fields()) == values and rows_of(ZipUpload.objects.get()) == values[:1]
    check(page, workflow, **form, **carried(shown), accept=marks(shown))
    upload = ZipUpload.objects.get(submission=draft)
    assert rows_of(upload) == values and Acceptance.objects.get().row.submission == draft


def test_rows_of_a_draft_that_break_a_rule_never_go_along(
    page: Client, workflow: OpenedWorkflow, person: Any, rule: WorkflowRule
) -> None:
    """Pipelines would take them: of other errors it says so itself."""
    WorkflowRule.objects.update(is_warning=False)
    values = [{"photo": "cat.png", "caption": "A", "stars": 4}, {"photo": "cat.png", "caption": "B", "stars": 2}]
    draft = Submission.objects.draft(person, workflow, values, uuid4(), Submission.Kind.ZIP)
    check(page, workflow, rows_from=str(draft.pk), token=str(draft.token))
    assert rows_of(ZipUpload.objects.get()) == values[:1] and list(draft.read_fields()) == values
