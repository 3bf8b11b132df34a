"""Step 3: the result of the check."""

from typing import Any

import pytest

from pipelines_portal.entry.models import ErrorGrouping, Fault, ImportRow
from pipelines_portal.submissions.models import Submission
from tests.factories import browser_of, make_colleague, share_key
from tests.pages import queries_of, text_of

from .conftest import Checked, work
from .making import GOOD, distinct, statuses

BAD = ["", "French"]
GERMN = ["Hello", "Germn"]


def check_of(import_job: Any, *more: str) -> str:
    place = f"/keys/{import_job.key_id}/workflows/{import_job.workflow_id}/import/{import_job.pk}"
    return f"{place}/check/{''.join(f'{each}/' for each in more)}"


def test_counts_reasons_and_the_rows_to_fix_are_shown(page: Any, checked: Checked) -> None:
    import_job = checked([GOOD, BAD, GERMN, ["Bye", "Germn"]])
    html = text_of(page.get(check_of(import_job)))
    assert "<dt>Ready to send</dt><dd>1</dd>" in html
    assert '<dt>To fix</dt><dd class="toned">3</dd>' in html
    assert "3 rows to fix, for 2 reasons" in html
    assert "Target language must be one of French, German, Spanish" in html
    assert "“Germn”" in html
    assert "Text to translate is missing" in html
    assert 'aria-label="Target language, row 4"' in html
    assert "Nothing is sent yet." in html


def test_only_the_rows_to_fix_are_shown_fifty_at_a_time(page: Any, checked: Checked) -> None:
    import_job = checked([GERMN] * 60 + [GOOD])
    first, second = (page.get(f"{check_of(import_job)}?page={number}").content.decode() for number in (1, 2))
    assert (first.count('<tr id="row-'), second.count('<tr id="row-')) == (50, 10)
    assert "51 to 60 of 60" in text_of(page.get(f"{check_of(import_job)}?page=9"))


def test_rows_are_filtered_by_field_and_by_reason(page: Any, checked: Checked) -> None:
    import_job = checked([BAD, GERMN])
    assert '<tr id="row-2"' not in page.get(f"{check_of(import_job)}?field=target_language").content.decode()
    group = import_job.error_groups.get(field_name="input_text")
    html = page.get(f"{check_of(import_job)}?reason=alike-{group.pk}").content.decode()
    assert '<tr id="row-2"' in html
    assert '<tr id="row-3"' not in html


def test_duplicates_name_the_task_and_its_sender(page: Any, checked: Checked) -> None:
    colleague = make_colleague()
    first = checked([GOOD])
    first.status = "sending"
    first.save()
    work()
    Submission.objects.update(owner=colleague)
    task = Submission.objects.get().rows.get().task_id
    import_job = checked([GOOD, ["Bye", "French"], ["Bye", "French"]])
    assert statuses(import_job) == {2: "duplicate", 3: "ready", 4: "duplicate"}
    html = text_of(page.get(check_of(import_job)))
    assert f">task {task}</a>, sent by <bdi>Ben Okafor</bdi>" in html
    assert "Row 4 equals row 3 of the file." in html


@pytest.mark.parametrize("show", ["ready", "aside", "twice", "nonsense"])
def test_rows_of_every_status_are_listed(page: Any, checked: Checked, show: str) -> None:
    assert page.get(f"{check_of(checked([GOOD, BAD]))}?show={show}").status_code == 200


@pytest.mark.parametrize("query", ["page=0", "page=x", "reason=one-99999999999999999999", "reason=x", "field=x"])
def test_invalid_parameters_of_the_url_are_ignored(page: Any, checked: Checked, query: str) -> None:
    assert page.get(f"{check_of(checked([BAD]))}?{query}").status_code == 200


def test_the_number_of_queries_does_not_grow_with_rows(page: Any, checked: Checked) -> None:
    few = queries_of(page, check_of(checked([BAD, GERMN])))
    many = queries_of(page, check_of(checked([BAD, GERMN] * 700)))
    assert many <= few


def test_viewers_see_the_check_and_change_nothing(page: Any, checked: Checked, person: Any) -> None:
    import_job = checked([BAD, GOOD])
    person.role = "viewer"
    person.save()
    page.force_login(person)
    html = page.get(check_of(import_job)).content.decode()
    assert "Save and check again" not in html
    assert "Send 1 row" not in html
    assert page.post(check_of(import_job, "undo"), {"number": 1}).status_code == 403


def test_a_reason_for_each_row_does_not_make_an_endless_page(page: Any, checked: Checked, person: Any) -> None:
    """An API may quote the value in its message about a row."""
    import_job = checked([[f"Hello {number}", "French"] for number in range(300)])
    import_job.rows.update(status=ImportRow.Status.REJECTED)
    faults = {number: [Fault("input_text", f"Hello {number} says nothing")] for number in range(2, 302)}
    ErrorGrouping(import_job).add(faults)
    shown = page.get(check_of(import_job))
    words = text_of(shown)
    assert "for 300 reasons" in words and "And 200 rarer reasons" in words
    assert len(shown.content) < 600_000
    assert "Hello 51 says nothing" in words


def sent_earlier(checked: Checked, rows: list[list[str]], name: str = "first.csv") -> None:
    first = checked(rows)
    first.file_name, first.status = name, "sending"
    first.save()
    work()


def test_rows_that_another_import_sent_are_said_in_one_line_and_skipped(page: Any, checked: Checked) -> None:
    rows = distinct(9)
    sent_earlier(checked, rows, "Pasted rows")
    import_job = checked([*rows, BAD])
    html = text_of(page.get(check_of(import_job)))
    sent = Submission.objects.get().sent_at
    assert f'9 of 10 rows were sent today at <time datetime="{sent:%Y-%m-%dT%H:%M:%SZ}"' in html
    assert "(<bdi>Pasted rows</bdi>)." in html
    assert "Skip them" in html
    assert "The same values go out once" not in html, "one line says it"
    page.post(check_of(import_job, "decide"), {"do": "aside"})
    assert list(statuses(import_job).values()) == ["set_aside"] * 9 + ["to_fix"]
    assert "were sent today" not in text_of(page.get(check_of(import_job)))


def test_a_few_duplicates_are_named_one_by_one(page: Any, checked: Checked) -> None:
    rows = distinct(10)
    sent_earlier(checked, rows[:7])
    html = text_of(page.get(check_of(checked(rows))))
    assert "were sent today" not in html
    assert "The same values go out once" in html


def test_the_name_of_an_import_that_the_person_may_not_see_is_left_out(page: Any, checked: Checked) -> None:
    """The key is shared with a colleague, who sees only what they sent."""
    sent_earlier(checked, distinct(3), "secret.csv")
    colleague = make_colleague()
    import_job = checked(distinct(3), owner=colleague)
    share_key(import_job.key, colleague)
    html = text_of(browser_of(colleague).get(check_of(import_job)))
    assert "3 of 3 rows were sent today" in html
    assert "secret.csv" not in html
