"""The same text has the same value, or the same doubt, on each road that people take over HTTP.

What a text means stands in `written.py`. Where a road says something else today, it stands in OTHERWISE, which is
strict: what is right again must leave it.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from pipelines_portal.entry.models import Preset, Sheet
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow
from tests import archives, samples
from tests.each_case import each_case
from tests.factories import save_key, send
from tests.fake_api import FakeApi
from tests.htmx_page import HtmxPage
from tests.pages import text_of
from tests.uploads.choosing import check_archive, rows_of

from .generated import texts_of
from .roads import (
    FEW,
    ORGANIZATION,
    ROADS,
    Traveller,
    by_xlsx,
    cases_on,
    rows_file,
    set_clock,
    shown,
    step,
    upload_of,
    upload_rows,
    work,
)
from .written import CASES, NATIVE, NOW, ZONE, Case, Doubt

# Roads, why they say something else today, and the texts by field.
OTHERWISE: list[tuple[tuple[str, ...], str, dict[str, Any]]] = [
    (("start",), "the form writes a time with an offset in UTC", {"due": ("2026-03-30T10:15:00+02:00",)}),
]


def otherwise(road: str) -> dict[tuple[str, Any], str]:
    """Return why, by field and text, the road says something else today."""
    return {
        (name, text): why
        for roads, why, texts_by_field in OTHERWISE
        if road in roads
        for name, texts in texts_by_field.items()
        for text in texts
    }


@pytest.fixture
def at(page: Any, person: Any, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> Traveller:
    set_clock(monkeypatch, NOW)
    return Traveller(page, save_key(person, api.new_key(ORGANIZATION)), api)


def compare(road: str, cases: list[Case], found: list[Any]) -> None:
    """Fail unless the verdicts are the written ones, but for OTHERWISE: then it is an expected failure."""
    known = otherwise(road)
    differ = {
        (case.field, case.text): f"{case.field} {case.text!r}: {shown(verdict)}, not {shown(case.means)}"
        for case, verdict in zip(cases, found, strict=True)
        if shown(verdict) != shown(case.means)
    }
    taken = {(case.field, case.text) for case in cases} & known.keys()
    right = [f"{name} {text!r} is right now: take it out of OTHERWISE" for name, text in taken - differ.keys()]
    if wrong := [*(said for place, said in differ.items() if place not in known), *sorted(right)]:
        pytest.fail("\n".join([f"On the road {road!r}:", *wrong]), pytrace=False)
    if taken:
        pytest.xfail("; ".join(dict.fromkeys(known[place] for place in sorted(taken))))


@pytest.mark.full
@each_case("road", ROADS)
def test_a_text_means_what_was_written(at: Traveller, road: str) -> None:
    cases = cases_on(road, CASES)
    compare(road, cases, ROADS[road](at, cases))


def test_a_cell_of_a_spreadsheet_means_what_was_written(at: Traveller) -> None:
    compare("spreadsheet", NATIVE, by_xlsx(at, NATIVE))


@pytest.mark.full
def test_a_time_that_came_twice_and_says_which_has_one_value(at: Traveller) -> None:
    """Errors tell people to write it so."""
    cases = [Case("due", text) for text in ("2026-10-25 02:30+01:00", "2026-10-25T02:30:00+02:00")]
    said = {road: list(map(shown, ROADS[road](at, cases))) for road in ROADS if road not in FEW}
    assert all(verdict.startswith("ready") for verdicts in said.values() for verdict in verdicts)
    assert len(set(map(tuple, said.values()))) == 1, said


@pytest.mark.full
@each_case("road", [road for road in ROADS if road != "tray"])
def test_numbers_that_json_does_not_know_stay_texts(at: Traveller, road: str) -> None:
    """Python reads NaN and 1e400, and cannot write them."""
    cases = [
        Case("loudness", '{"a": NaN}', '{"a": NaN}'),
        Case("loudness", "[1e400]", "[1e400]"),
        Case("ranked", "[NaN]", ["[NaN]"]),
    ]
    compare(road, cases, ROADS[road](at, cases))


@pytest.mark.parametrize("start", ["task", "preset"])
def test_a_form_that_starts_from_values_sends_the_same(at: Traveller, start: str) -> None:
    """The page shows the values of a task, or of a preset, and what it shows is posted as it is."""
    values = [case.means for case in CASES if not isinstance(case.means, Doubt)]
    cases = [case for case in CASES if not isinstance(case.means, Doubt)]
    workflow = at.open_wide(cases)
    fields = {f"c{n}": value for n, value in enumerate(values)} | {"anchor": "first"}
    number = store_sent(at, workflow, fields) if start == "task" else store_preset(at, workflow, fields)
    address = reverse("new_task:create", args=[workflow.key_id, workflow.workflow_id])
    page = HtmxPage(at.browser, f"{address}?{start}={number}")
    at.browser.post(address, page.values_in(page.find("form#task-form")) | {"field-anchor": "again"})
    (sent,) = (task for task in at.tasks_of(workflow) if task["anchor"] == "again")
    compare("start", cases, [sent.get(f"c{n}") for n in range(len(cases))])


def store_sent(at: Traveller, workflow: OpenedWorkflow, fields: dict[str, Any]) -> int:
    submission = Submission.objects.draft(at.key.owner, workflow, [fields], uuid4(), Submission.Kind.FORM)
    send(submission, client_for(at.key))
    return max(at.api.tasks)


def store_preset(at: Traveller, workflow: OpenedWorkflow, fields: dict[str, Any]) -> int:
    place = {"key": at.key, "workflow_id": workflow.workflow_id}
    return Preset.objects.create(**place, author=at.key.owner, name="Usual", fields=fields).pk


@pytest.mark.parametrize(("path", "is_there"), [("img/cat.png", True), ("img/dog.png", False), ("12", False)])
def test_a_path_means_the_same_in_a_file_and_in_a_typed_row(at: Traveller, path: str, is_there: bool) -> None:
    archive, scan = archives.files("img/cat.png"), samples.field("scan", "file_upload", required=True)
    typed = {"typed": 1, "row-1-scan": path, "row-1-anchor": "x"}
    for given in (typed, {"rows_file": rows_file(f"scan,anchor\n{path},x\n")}):
        workflow = at.open(scan, samples.field("anchor"))
        answer = check_archive(at.browser, workflow, archive, zone=ZONE, **given)
        if is_there:
            assert rows_of(upload_of(workflow)) == [{"scan": path, "anchor": "x"}]
        else:
            assert not ZipUpload.objects.filter(submission__workflow_id=workflow.workflow_id)
            assert "isn’t in the ZIP file" in text_of(answer)


def test_a_word_in_a_file_means_the_day_on_which_it_was_uploaded(
    at: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words mean the day on which the file was chosen, also if its columns are matched again two days later."""
    workflow = at.open_rows()
    job = upload_rows(at, workflow, "rows.csv", b"anchor,when\nx,yesterday 9:00\n")
    at.browser.post(step(job, "rematch"))
    job.refresh_from_db()
    assert job.status == Sheet.Status.MATCHING
    set_clock(monkeypatch, NOW + timedelta(days=2))
    form = {"column-0": "field:anchor", "column-1": "field:due"}
    form |= {"seen": job.version, "decimal": "", "day_first": "", "zone": ZONE}
    assert at.browser.post(step(job, "match"), form).status_code == 302
    work()
    assert job.rows.get().fields == {"anchor": "x", "due": "2026-11-30T08:00:00Z"}


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_generated_texts_mean_the_same_on_all_roads(at: Traveller, seed: int) -> None:
    """3,000 texts, of which each road may say what it likes, as long as all say the same."""
    cases = texts_of(seed, 300)
    said: dict[Case, dict[str, str]] = {case: {} for case in cases}
    for road, take in ROADS.items():
        taken = cases_on(road, cases)
        for case, verdict in zip(taken, take(at, taken), strict=True):
            said[case][road] = shown(verdict)
    apart = {case: verdicts for case, verdicts in said.items() if len(set(verdicts.values())) > 1}
    for case, verdicts in apart.items():
        print(
            f"{case.field} {case.text!r}", *(f"    {road}: {verdict}" for road, verdict in verdicts.items()), sep="\n"
        )
    assert not apart, f"{len(apart)} of {len(cases)} texts"
