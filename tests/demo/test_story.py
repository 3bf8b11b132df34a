"""The demo's past, which the product itself writes at the times of the story."""

import io
import json
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.attention.models import GroupEvent, ProblemGroup
from pipelines_portal.demo.orders import LARGE
from pipelines_portal.demo.replay import RecordedApi, clock_at
from pipelines_portal.demo.story import (
    BEN,
    INVOICES,
    MARIA,
    NOVEMBER,
    ORDER_ENTRY,
    QUARTER,
    QUARTER_ROWS,
    RECEIPTS,
    RETURNS,
    TODAY,
    TOM,
    TRANSLATIONS,
)
from pipelines_portal.demo.try_it import things_to_try
from pipelines_portal.entry.models import Sheet, TypedDraft
from pipelines_portal.external_api.demo import orders
from pipelines_portal.external_api.demo.other_work import CLAUSES, TRANSCRIPTS, TRIAGE, plan_other_work
from pipelines_portal.external_api.workflows.field_types import describe, has_file_fields, has_only_file_fields
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications.models import Notification
from pipelines_portal.submissions.models import Acceptance, RecordedField, Submission, SubmissionRow
from pipelines_portal.task_index.counts import counts_and_known
from pipelines_portal.web.api_connection import standing_in
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.external_api.server import PROJECT
from tests.factories import browser_of
from tests.pages import text_of

START = datetime(2026, 11, 30, 9, 12, tzinfo=UTC)
ORGANIZATIONS = PROJECT / "pipelines_portal/external_api/demo/organizations.json"
# A few of the requests are enough: those of the last days, and the file of Friday with fewer rows.
ROWS_OF_FILE, SENDS = 40, 60


@pytest.fixture(scope="session")
def told() -> dict[str, Any]:
    """The story as the External API tells it, but shorter."""
    sends = [send for send in orders.plan_sends(START)[-SENDS:] if send.at.date() >= (START - timedelta(3)).date()]
    texts = [asdict(send) | {"at": send.at.isoformat(), "workflow": ORDER_ENTRY, "tasks": []} for send in sends]
    tasks: dict[int, list[dict[str, Any]]] = {ORDER_ENTRY: [], RECEIPTS: []}
    for number, order in enumerate(orders.build_orders(sends, START), 1000):
        if len(texts[order.send]["tasks"]) < ROWS_OF_FILE:
            texts[order.send]["tasks"].append({"id": number, "fields": order.fields})
            tasks[ORDER_ENTRY].append(task(number, sends[order.send].at, order.progress))
    receipts = list(orders.build_receipts(START))
    at = orders.receipts_sent_at(START)
    tasks[RECEIPTS] += [task(number, at, progress) for number, (_, progress) in enumerate(receipts, 800)]
    known = json.loads(ORGANIZATIONS.read_text())["organizations"][0]
    texts += add_stopped(known["workflows"], tasks)
    return {
        "start": START.isoformat(),
        "key": "pk_live_" + "d" * 40,
        "organization": known["name"],
        "workflows": [workflow(each, tasks.get(each["id"], [])) for each in known["workflows"]],
        "sends": texts,
        "receipts": {"at": at.isoformat(), "rows": [fields for fields, _ in receipts]},
    }


def add_stopped(workflows: list[dict[str, Any]], tasks: dict[int, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Add the tasks of the other workflows that stopped or were typed in a grid, and return who sent them."""
    texts, number = [], count(2000)
    steps = {each["id"]: len(each["nodes"]) for each in workflows}
    for work in plan_other_work(START, {each["id"]: each["fields"] for each in workflows}):
        if work.send.kind != "grid" and work.tasks[0][1].status == "finished":
            continue
        rows = [(next(number), fields, progress) for fields, progress in work.tasks]
        of_api = [task(pk, work.send.at, progress, steps[work.workflow]) for pk, _, progress in rows]
        tasks.setdefault(work.workflow, []).extend(of_api)
        if work.send.sender:
            sent = [{"id": pk, "fields": fields} for pk, fields, _ in rows]
            texts.append(asdict(work.send) | {"at": work.send.at.isoformat(), "workflow": work.workflow, "tasks": sent})
    return texts


def task(number: int, created_at: datetime, progress: orders.Progress, total: int = 4) -> dict[str, Any]:
    done = len(progress.step_seconds)
    open_steps = total - done
    summary = {"total": total, "finished": done, "in_progress": min(open_steps, 1), "pending": max(open_steps - 1, 0)}
    times = {
        "created_at": f"{created_at:%Y-%m-%dT%H:%M:%SZ}",
        "updated_at": f"{progress.updated_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    return {"id": number, "status": progress.status, "node_summary": summary} | times


def workflow(known: dict[str, Any], tasks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "workflow": {name: known[name] for name in ("id", "name", "status")},
        "schema": {
            "fields": [describe(field) for field in known["fields"]],
            "has_file_upload_fields": has_file_fields(known["fields"]),
            "has_only_file_upload_fields": has_only_file_fields(known["fields"]),
        },
        "tasks": sorted(tasks, key=lambda each: -each["id"]),
    }


@pytest.mark.full
def test_the_story_is_told_tried_and_watched(
    db: None, static_root: None, told: dict[str, Any], client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, because telling the story takes two seconds."""
    load(told, monkeypatch)
    assert_product_wrote_it(told)
    load(told, monkeypatch)
    assert_product_wrote_it(told)
    api = RecordedApi(told["workflows"], START)
    with standing_in(api), clock_at(START + timedelta(hours=1)):
        assert_things_are_one_press_away(client)
        assert_import_is_sent_slowly_and_once(api, monkeypatch)
    Submission.objects.filter(status="unconfirmed").update(status="created")
    Submission.objects.filter(pk=Submission.objects.filter(kind="form").values("pk")[:1]).update(status="unconfirmed")
    names = [thing.name for thing in things_to_try(User.objects.get(email=MARIA))]
    assert "Decide about an answer that was lost" not in names, "november.zip was decided; this is another one"
    settings.DEMO_IS_ON = False
    assert things_to_try(User.objects.get(email=BEN)) == []


def load(story: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(story)))
    call_command("load_demo", "--story")


def assert_product_wrote_it(story: dict[str, Any]) -> None:
    people_sent = [send for send in story["sends"] if send["sender"]]
    created = SubmissionRow.objects.filter(task_id__isnull=False)
    assert created.count() == sum(len(each["tasks"]) for each in people_sent)
    sent = [task for send in people_sent if send["workflow"] == ORDER_ENTRY for task in send["tasks"]]
    rows = SubmissionRow.objects.filter(submission__workflow_id=ORDER_ENTRY, task_id__isnull=False)
    assert {task_id: fields["order_number"] for task_id, fields in rows.values_list("task_id", "fields")} == {
        task["id"]: task["fields"]["order_number"] for task in sent
    }
    assert not rows.exclude(submission__status="created").exists()
    statuses = Counter(Submission.objects.values_list("status", flat=True))
    assert (statuses["unconfirmed"], statuses["rejected"], statuses["sending"], statuses["draft"]) == (1, 1, 0, 1)
    lost = Submission.objects.get(status="unconfirmed")
    assert (lost.workflow_id, lost.row_count, lost.newest_task_id_before) == (RECEIPTS, 93, 0)
    assert Submission.objects.get(status="draft").workflow_id == INVOICES
    assert {job.file_name: (job.owner.email, job.row_counts) for job in Sheet.objects.filter(size_bytes__gt=0)} == {
        NOVEMBER: (BEN, {"created": ROWS_OF_FILE}),
        QUARTER: (TOM, {"ready": QUARTER_ROWS - 380, "to_fix": 12, "to_look": 368}),
        RETURNS: (BEN, {"ready": 116, "to_fix": 3}),
        TODAY: (TOM, {"ready": 240}),
    }
    assert rows_in_grid() == {"ready": 3, "to_fix": 1, "to_look": 3}, "a fourth warning was accepted"
    assert Counter(WorkflowRule.objects.values_list("is_on", flat=True)) == {True: 8, False: 1}
    assert not RecordedField.objects.filter(done_at=None).exists(), "all order numbers are known"
    large = sum(task["fields"]["gross"] > LARGE for task in sent)
    assert large and Acceptance.objects.filter(by__email=BEN, short="Above 25,000").count() == large
    assert TypedDraft.objects.get().owner.email == MARIA
    assert set(Notification.objects.values_list("person__email", flat=True)) == {BEN, MARIA}
    assert SavedKey.objects.get().expires_at == START + timedelta(days=12)
    assert_groups_have_their_story(story)
    opened = list(OpenedWorkflow.objects.select_related("key", "index"))
    assert set(counts_and_known(opened)[0]) == {each.pk for each in opened}, "nothing is left to count"
    assert not Submission.objects.filter(created_at__gt=START).exists()


def assert_groups_have_their_story(story: dict[str, Any]) -> None:
    groups = {
        (group.workflow.workflow_id, group.status, group.step): group
        for group in ProblemGroup.objects.filter(is_single=False).select_related("workflow", "owner")
    }
    states = {
        place: (group.task_count, group.state, str(group.owner or "")) for place, group in groups.items()
        if place[0] not in (INVOICES, ORDER_ENTRY)
    }  # fmt: skip
    assert states == {
        (TRIAGE, "escalated", 1): (17, "open", "Lena Novak"),
        (TRIAGE, "escalated", 3): (6, "muted", ""),
        (TRANSCRIPTS, "failed", 1): (34, "muted", "Maria Weber"),
        (TRANSLATIONS, "quarantined", 1): (9, "open", ""),
        (TRANSLATIONS, "in_progress", 3): (8, "open", ""),
        (CLAUSES, "failed", 12): (3, "open", ""),
        (CLAUSES, "in_progress", 5): (6, "open", ""),
    }
    facts = {place: [fact["label"] for fact in group.facts] for place, group in groups.items() if group.facts}
    assert facts == {
        (ORDER_ENTRY, "failed", 1): ["TR"],
        (TRIAGE, "escalated", 1): ["5"],
        (TRIAGE, "escalated", 3): ["Chat"],
        (TRANSCRIPTS, "failed", 1): ["Longer than 60 minutes"],
        (TRANSLATIONS, "quarantined", 1): ["Tom Fischer"],
        (TRANSLATIONS, "in_progress", 3): ["Grid rows"],
    }
    orders_failed = groups[ORDER_ENTRY, "failed", 1]
    assert (str(orders_failed.owner), groups[TRIAGE, "escalated", 1].came_back_at) == (
        "Maria Weber", START - timedelta(minutes=7),
    )  # fmt: skip
    for muted in (groups[TRANSCRIPTS, "failed", 1], groups[TRIAGE, "escalated", 3]):
        assert muted.mute_until == datetime(2026, 12, 1, 12, tzinfo=UTC)
    notes = GroupEvent.objects.filter(kind="note").values_list("group", flat=True)
    assert Counter(notes) == {orders_failed.pk: 2, groups[TRIAGE, "escalated", 1].pk: 1}
    assert not GroupEvent.objects.filter(at__gt=START).exists()


def assert_things_are_one_press_away(client: Client) -> None:
    ben, place = User.objects.get(email=BEN), [SavedKey.objects.get().pk, ORDER_ENTRY]
    client.force_login(ben)
    things = things_to_try(ben)
    assert len(things) == 5
    assert "Add a rule" not in {thing.name for thing in things}, "he may not"
    for thing in things:
        answer = client.post(thing.url) if thing.is_post else client.get(thing.url)
        assert answer.status_code == (302 if thing.is_post else 200), thing
    assert rows_in_grid() == {"ready": 4, "to_fix": 2}, "six rows with two mistakes"
    corrected = {"country": ["Austria", "AT"], "gross": ["12o.50", "120.50"]}
    rows = [{"number": n, "new": False, "cells": {name: corrected[name]}} for n, name in ((2, "country"), (5, "gross"))]
    client.post(reverse("sheets:new_cells", args=place), json.dumps({"rows": rows}), content_type="application/json")
    assert rows_in_grid() == {"ready": 6}
    client.post(things[0].url)
    assert rows_in_grid() == {"ready": 4, "to_fix": 2}, "none is used already"
    maria = browser_of(User.objects.get(email=MARIA))
    hers = {thing.name: thing for thing in things_to_try(User.objects.get(email=MARIA))}
    assert len(hers) == 5
    assert "Add rule" in text_of(maria.get(hers["Add a rule"].url))
    failed = ProblemGroup.objects.filter(status="failed").exclude(state="muted").order_by("-task_count")[0]
    group = hers[f"See why {failed.task_count:,} tasks failed"]
    assert "Failed after step 1 of 4" in text_of(maria.get(group.url))
    again = Sheet.objects.filter(file_name=NOVEMBER).latest("created_at")
    assert again.row_counts == {"duplicate": ROWS_OF_FILE, "ready": 30}
    assert again.get_absolute_url() == reverse("sheets:page", args=[again.pk])


def rows_in_grid() -> dict[str, int]:
    typed = Sheet.objects.filter(size_bytes=0, owner__email=BEN, name="").latest("created_at")
    return {status: count for status, count in typed.row_counts.items() if status != "created"}


def assert_import_is_sent_slowly_and_once(api: RecordedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    ids = count(5000)
    monkeypatch.setattr(api, "_create", lambda path: created([next(ids) for _ in range(16)]))
    for _ in range(2):
        call_command("play_demo")
    today = Sheet.objects.get(file_name=TODAY)
    sent = SubmissionRow.objects.filter(submission__in=today.submissions.all()).values_list("fields", flat=True)
    assert [fields["country"] for fields in sent if fields].count("TR") == 2, "few tasks fail while people watch"
    assert (today.status, today.row_counts, today.submissions.count()) == ("checked", {"created": 240}, 15)


def created(ids: list[int]) -> dict[str, Any]:
    return {"success_count": len(ids), "error_count": 0, "errors": [], "task_ids": ids}
