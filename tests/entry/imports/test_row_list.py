"""The page of an import lists all its rows, with the tasks that they became."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from pipelines_portal.entry.drafts import list_drafts
from pipelines_portal.entry.imports import sent_rows
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.task_index.models import TaskNote, WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import make_task
from tests.fake_api import FakeApi, error
from tests.pages import text_of

from .conftest import Checked, work
from .making import GOOD, distinct, statuses
from .office import Office, address
from .test_sending import begin, send


def numbers(page: Any, sheet: Sheet, query: str = "") -> list[int]:
    """Return the numbers of the listed rows."""
    rows = page.get(address(sheet, "progress") + query).context["rows"].rows
    return [each.number for each in rows]


@pytest.fixture
def sent(page: Any, checked: Checked) -> Sheet:
    """Rows 2 to 6 are tasks: failed, escalated, finished, in progress, unknown. Row 7 is an error, 8 a duplicate."""
    sheet = checked([*distinct(5), ["No language", ""], ["Hello 0", "French"]])
    send(page, sheet, 5)
    work()
    sheet.refresh_from_db()
    ids = task_ids()
    index = WorkflowIndex.objects.start(OpenedWorkflow.objects.get())
    statuses = ("failed", "escalated", "finished", "in_progress")
    now = timezone.now()
    tasks = [make_task(task_id, status, now) for task_id, status in zip(ids, statuses, strict=False)]
    record_tasks(index, tasks, now)
    return sheet


def task_ids() -> list[int]:
    return [row.task_id or 0 for row in SubmissionRow.objects.filter(task_id__isnull=False).order_by("number")]


def test_a_filter_lists_the_rows_that_its_number_counts(page: Any, sent: Sheet) -> None:
    for query, expected in (
        ("", [2, 3, 4, 5, 6, 7, 8]),
        ("?status=created", [2, 3, 4, 5, 6]),
        ("?status=attention", [2, 3]),
        ("?status=failed", [2]),
        ("?status=in_progress", [5]),
        ("?status=errors", [7]),
        ("?status=duplicates", [8]),
        ("?status=skipped", []),
        ("?status=attention&after=2", [3]),
        ("?status=nonsense&after=x", [2, 3, 4, 5, 6, 7, 8]),
    ):
        shown = page.get(address(sent, "progress") + query)
        assert [each.number for each in shown.context["rows"].rows] == expected, query
        chip = next(chip for chip in shown.context["chips"] if chip.is_current)
        assert "after" in query or chip.count in (len(expected), None), query
    words = text_of(page.get(reverse("submissions:list")))
    assert "5 created" in words and ">1 with errors</a>" in words and ">1 duplicate</a>" in words
    first, second = task_ids()[:2]
    workflow = OpenedWorkflow.objects.get()
    TaskNote.objects.mark_as_mistakes(workflow, [first], "", sent.owner)
    TaskNote.objects.mute(workflow, {second: "escalated"}, "asked Ana", sent.owner)
    assert numbers(page, sent, "?status=attention") == []
    assert numbers(page, sent, "?status=failed") == [] and numbers(page, sent, "?status=escalated") == [3]


def test_a_row_shows_its_text_and_leads_to_its_task(page: Any, sent: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page continues after the last row."""
    words = text_of(page.get(address(sent, "progress")))
    first = words.split("<tbody>")[1].split("</tr>")[0]
    link = f'href="/keys/{sent.key_id}/workflows/42/tasks/{task_ids()[0]}/"'
    assert "Hello 0" in first and "Failed" in first and link in first
    assert ">5 tasks created</a>" in words and "<b>Target language</b> is missing" in words and "Same as row 2" in words
    monkeypatch.setattr(sent_rows, "ROWS_PER_PAGE", 3)
    words = text_of(page.get(address(sent, "progress") + "?status=created"))
    assert "Rows 2–4" in words and 'href="?status=created&amp;after=4#rows"' in words
    assert numbers(page, sent, "?status=created&after=4") == [5, 6]


def test_duplicates_and_skipped_rows_do_not_remain(page: Any, sent: Sheet) -> None:
    """Both can be sent after all."""
    words = text_of(page.get(address(sent, "progress")))
    assert "Duplicates <b>1</b>" in words and "Remaining: 1 row with errors</strong>" in words
    page.post(address(sent, "choose"), {"do": "twice"})
    words = text_of(page.get(address(sent, "progress")))
    assert "Ready <b>1</b>" in words and "Waiting" not in words, "nobody sends it"
    [draft] = list_drafts(sent.owner)
    assert draft.detail == "1 row with errors, 1 ready"
    left = sent.rows.filter(status__in=[Row.Status.TO_FIX, Row.Status.READY])
    assert left.update(status=Row.Status.SKIPPED) == 2
    sent.store_counts()
    shown = text_of(page.get(address(sent, "progress") + "?status=skipped"))
    assert ">2 skipped</a>" in shown and "Use these rows after all" in shown and "Remaining" not in shown


def test_a_person_without_the_key_sees_rows_without_links(office: Office, api: FakeApi) -> None:
    sheet = office.imported()
    office.post("ben", sheet, "send", rows=4)
    work()
    office.key.shares.all().delete()
    words = text_of(office.get("ben", sheet, "progress"))
    assert "Hello 0" in words and "/tasks/" not in words.split("<tbody>")[1].split("</table>")[0]


def test_a_sending_import_refreshes_the_page_that_is_shown(page: Any, checked: Checked) -> None:
    sheet = checked([GOOD, *distinct(3)])
    send(page, sheet, 4)
    here = address(sheet, "progress")
    words = text_of(page.get(f"{here}?status=waiting&after=2"))
    assert "Waiting <b>4</b>" in words
    assert saved_words(page, sheet) == ["Waiting"] * 4
    assert "Creating tasks… 0 of 4" in words and f'hx-get="{here}?status=waiting&amp;after=2"' in words
    part = page.get(f"{here}?status=waiting", headers={"HX-Request": "true", "HX-Target": "progress"})
    assert "<html" not in text_of(part) and 'hx-swap-oob="morph"' in text_of(part)


def test_rows_of_a_paused_import_are_not_called_sending(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    """The key is rejected, so their request waits. Rows whose request is on its way are being sent, paused or not."""
    sheet = checked(distinct(3))
    begin(sheet, person)
    scripted_api.routes["/tasks"] = lambda request: error(401, "unauthorized", "Invalid key")
    work()
    assert set(statuses(sheet).values()) == {"requested"}
    assert words_of_rows(page, sheet) == (["Ready"] * 3, ["Ready"] * 3, ["Waiting"] * 3)
    sheet.submissions.update(status=Submission.Status.SENDING, sending_until=timezone.now() + timedelta(hours=1))
    assert words_of_rows(page, sheet) == (["Sending"] * 3, ["Sending"] * 3, ["Creating…"] * 3)


def words_of_rows(page: Any, sheet: Sheet) -> tuple[list[str], list[str], list[str]]:
    """Return the states of the rows on the page of the import, in a download and in the grid."""
    listed = page.get(address(sheet, "progress")).context["rows"].rows
    shown = page.get(address(sheet, "page")).context["grid"].rows
    return [each.look.word for each in listed], saved_words(page, sheet), [each.look.word for each in shown]


def saved_words(page: Any, sheet: Sheet) -> list[str]:
    """Return the states of the rows in a download."""
    file = page.get(address(sheet, "rows", "all", "csv"))
    _, *saved = csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig")))
    return [each[3] for each in saved]


def test_all_rows_are_saved_with_their_tasks_and_statuses(page: Any, person: Any, sent: Sheet) -> None:
    """Filtered rows can be copied to be corrected, but not by a viewer."""
    ids = task_ids()
    answer = page.get(address(sent, "rows", "all", "csv"))
    header, *rows = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert header[2:] == [
        "Row in the file", "Status of the row", "Task in Pipelines", "Status of the task", "Errors in the row",
    ]  # fmt: skip
    assert rows[0] == ["Hello 0", "French", "2", "Created", str(ids[0]), "Failed", ""]
    assert rows[4] == ["Hello 4", "French", "6", "Created", str(ids[4]), "", ""]
    assert rows[5][2:] == ["7", "Error", "", "", "Target language is missing."] and rows[6][3] == "Duplicate"
    answer = page.get(address(sent, "rows", "all", "xlsx"))
    _, first, *_ = load_workbook(io.BytesIO(answer.getvalue())).worksheets[0].iter_rows(values_only=True)
    assert first == ("Hello 0", "French", 2, "Created", ids[0], "Failed", None)
    assert copied(page, sent, "?status=attention") == ids[:2]
    assert copied(page, sent, "?status=created") == ids
    assert copied(page, sent, "") == copied(page, sent, "?status=errors") == []
    person.role = "viewer"
    person.save()
    assert copied(page, sent, "?status=attention") == []


def copied(page: Any, sheet: Sheet, query: str) -> list[int]:
    """Return the tasks that the button on the page would copy."""
    words = text_of(page.get(address(sheet, "progress") + query))
    return [int(number) for number in re.findall(r'name="task" value="(\d+)"', words)]
