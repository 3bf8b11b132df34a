"""Submissions and uploads under any order of events, over the portal's own code: two tabs, the worker, answers that are
late, lost or senseless, a person who decides too early, and a process that dies before or after any of its writes.

STATE_MACHINE_SHRINK in the environment shortens a sequence that fails.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.http import Http404
from django.test import RequestFactory
from hypothesis import Phase, seed
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from pipelines_portal.api_client import PipelinesError
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.appeared import tasks_since
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.sending import send
from pipelines_portal.uploads import polling
from pipelines_portal.uploads.archive.preview import Preview
from pipelines_portal.uploads.choices import CheckedArchive, discard_choice, save_choice
from pipelines_portal.uploads.forms import ChosenFile
from pipelines_portal.uploads.models import OVER, Stage, ZipUpload
from pipelines_portal.uploads.polling import poll_if_due, poll_upload
from pipelines_portal.uploads.views import result as result_views
from pipelines_portal.uploads.views import send as send_views
from pipelines_portal.workflows.models import OpenedWorkflow
from tests import samples
from tests.conftest import ACME
from tests.factories import make_person, save_key
from tests.fake_api import FakeApi, Plan, fake_api

# Each its own sequences: one test of all would keep a core for minutes when there are others free.
PARTS = 4
START = datetime.fromisoformat("2026-03-30T12:00:00+00:00")
FILE = ChosenFile("scans.zip", 5, "", b"")
FAULTS = ("", "", "", "refused", "rate_limited", "lost_request", "lost_answer", "garbage")
# Faults are planned for these calls: something is changed, or a status is asked for.
PLANNED = r"^POST|/upload/"
ZIP_WORKFLOW, FORM_WORKFLOW = 57, 58
# What happens while the API is asked: nothing, or these one after the other.
WITH_FORMS = (
    (),
    ("wait",),
    ("wait", "decide"),
    ("wait", "decide", "send"),
    ("send",),
    ("make",),
    ("send other", "wait"),
)
# A call has a deadline shorter than the lease of a confirm: longer than that it cannot be on the way.
WITH_UPLOADS = (
    (), ("cancel",), ("renew",), ("stored",), ("choose",), ("work",), ("a while", "renew"), ("a while", "cancel"),
    ("process",), ("a while", "work"), ("arrives", "stored"), ("make",),
)  # fmt: skip
DEATH = st.one_of(st.none(), st.none(), st.tuples(st.integers(1, 6), st.booleans()))
WAITS = (1, 31, 100, 400, 4000, 60_000)
PROGRESS = ("chosen", "start", "arrives", "wait", "confirm unheard", "stored", "process")
ELSEWHERE = ("sweep", "decide", "make", "forget", "release a", "choose", "arrives", "process", "stop", *WAITS)
TO_DO = ("start", "renew", "take over", "stored", "cancel", "look", "page", "work", "arrives", "process", "stop")


class Killed(BaseException):
    """The process dies here: nothing catches it."""


@contextmanager
def dying_at(write: int | None, after: bool) -> Iterator[None]:
    """The process that acts within dies before or after its nth write; what was not committed is undone."""
    if write is None:
        yield
        return
    left = [write]

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("INSERT", "UPDATE", "DELETE")):
            return execute(sql, params, many, context)
        left[0] -= 1
        if left[0] == 0 and not after:
            raise Killed
        answer = execute(sql, params, many, context)
        if left[0] == 0:
            raise Killed
        return answer

    with connection.execute_wrapper(count):
        try:
            yield
        except Killed:
            pass


class World:
    """One person, key and API, with a workflow for archives and one for the form; made once, for all sequences."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        scan = {kind: [samples.field("scan", kind, required=True)] for kind in ("file_upload", "short_text")}
        invoices = samples.workflow(ZIP_WORKFLOW, "Invoices", fields=scan["file_upload"])
        api.load(samples.organization(ACME, invoices, samples.workflow(FORM_WORKFLOW, fields=scan["short_text"])))
        api.rejects = "bad"
        self.person = make_person("maria@acme.example")
        self.key = save_key(self.person, api.new_key(ACME))
        self.workflow = OpenedWorkflow.objects.create(
            key=self.key, workflow_id=ZIP_WORKFLOW, name="Invoices", status="ACTIVE", has_file_fields=True
        )
        self.form_workflow = OpenedWorkflow.objects.create(
            key=self.key, workflow_id=FORM_WORKFLOW, name="Texts", status="ACTIVE"
        )


class AnyOrder(RuleBasedStateMachine):
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.now = START
        self.api = self.world.api
        self.api.forget()
        self.api.now = lambda: self.now
        self.patches: list[Any] = [
            patch("django.utils.timezone.now", lambda: self.now),
            patch("time.sleep", lambda seconds: None),
        ]
        for each in self.patches:
            each.start()
        self.values = 0
        # What each submission's rows hold, in order; and how often a person let them out.
        self.sent: dict[UUID, list[str]] = {}
        self.permitted: Counter[UUID] = Counter()
        self.kind, self.arrives_at_last = "", False
        self.jobs: list[tuple[str, str]] = []

    def teardown(self) -> None:
        try:
            self.drain()
            self.check(at_rest=True)
        finally:
            for each in reversed(self.patches):
                each.stop()
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    # --- what may happen -------------------------------------------------------------------------------------------

    @initialize(
        rows=st.integers(1, 3), bad=st.integers(0, 1), kind=st.sampled_from(["form", "zip"]),
        got_to=st.sampled_from(PROGRESS), tells=st.booleans(), arrives=st.booleans(),
    )  # fmt: skip
    def begin(self, rows: int, bad: int, kind: str, got_to: str, tells: bool, arrives: bool) -> None:
        """Forms, or an upload that has come some way already."""
        self.kind, self.arrives_at_last, self.api.reports_counts_of_failed = kind, arrives, tells
        if kind == "form":
            self.add_form(rows, bad)
            return self.add_form(rows, 0)
        self.choose(rows, bad)
        for deed in PROGRESS[1 : PROGRESS.index(got_to) + 1]:
            self.do(deed, "a")
        return None

    def add_form(self, rows: int, bad: int) -> None:
        values = self.new_values(rows, bad)
        made = Submission.objects.draft(
            self.world.person, self.world.form_workflow, self.fields(values), uuid4(), "form"
        )
        self.sent[made.pk] = values

    def choose(self, rows: int, bad: int) -> None:
        """The first check of a page, or another one of the same page."""
        latest = ZipUpload.objects.select_related("submission").order_by("created_at").last()
        token = latest.submission.token if latest else uuid4()
        values = self.new_values(rows, bad)
        checked = CheckedArchive(Preview(is_derived=False, task_count=rows), self.fields(values), values)
        upload = save_choice(self.world.person, self.world.workflow, FILE, checked, token)
        self.sent[upload.submission_id] = values
        self.permitted[upload.submission_id] = 1

    @precondition(lambda self: self.kind == "form")
    @rule(
        fault=st.sampled_from(FAULTS), meanwhile=st.sampled_from(WITH_FORMS), is_early=st.booleans(), death=DEATH,
        which=st.integers(0, 1),
    )  # fmt: skip
    def send(self, fault: str, meanwhile: tuple[str, ...], is_early: bool, death: Any, which: int) -> None:
        """A form goes out; something else happens before the API acts, or before its answer comes."""
        self.act("send" if which == 0 else "send other", fault, meanwhile, is_early, death, "a")

    @precondition(lambda self: self.kind == "zip")
    @rule(
        what=st.sampled_from(TO_DO), fault=st.sampled_from(FAULTS), meanwhile=st.sampled_from(WITH_UPLOADS),
        is_early=st.booleans(), death=DEATH, tab=st.sampled_from(["a", "b"]),
    )  # fmt: skip
    def go_on(self, what: str, fault: str, meanwhile: tuple[str, ...], is_early: bool, death: Any, tab: str) -> None:
        """A person or the worker does something about an upload."""
        self.act(what, fault, meanwhile, is_early, death, tab)

    @rule(
        what=st.sampled_from(
            ["sweep", "decide", "make", "forget", "release a", "choose", "arrives", "process", "stop", *WAITS]
        )
    )
    def happen(self, what: Any) -> None:
        if isinstance(what, int):
            self.now += timedelta(seconds=what)
            Submission.objects.all().settle_overdue()
        else:
            self.do(what, "a")

    def act(self, what: str, fault: str, meanwhile: tuple[str, ...], is_early: bool, death: Any, tab: str) -> None:
        happening = self.happening(meanwhile, tab)
        first = Plan(fault, happening, None, PLANNED) if is_early else Plan(fault, None, happening, PLANNED)
        self.api.plans = [first, *[Plan(fault, on=PLANNED) for _ in range(2)]]  # of all tries of a call
        with dying_at(*(death or (None, False))):
            self.do(what, tab)
        self.api.plans = []
        self.check()

    def api_processes(self, stops_after: int | None) -> None:
        for upload_id in list(self.api.uploads):
            self.api.process(upload_id, stops_after)

    def time_passes(self, seconds: int) -> None:
        """400 is longer than any lease, 100 than a tab's silence; then someone opens a page."""
        self.now += timedelta(seconds=seconds)
        Submission.objects.all().settle_overdue()

    def confirm_unheard(self) -> None:
        """The API took it, and what came back made no sense."""
        self.api.fail("garbage", on=PLANNED)
        self.do("look", "a")
        self.api.plans = []

    def archive_arrives(self) -> None:
        for upload in ZipUpload.objects.exclude(remote_upload_id=None):
            self.api.store(upload.remote_upload_id)

    def work(self) -> None:
        """The worker comes to one of its jobs, late perhaps."""
        self.sweep()
        if self.jobs:
            poll_upload.func(*self.jobs.pop())

    # --- how -------------------------------------------------------------------------------------------------------

    @property
    def workflow_id(self) -> int:
        return FORM_WORKFLOW if self.kind == "form" else ZIP_WORKFLOW

    def created(self) -> list[tuple[int, str]]:
        """Each task at the API, with the value of the row that it came from."""
        return [(task.id, task.fields["scan"]) for task in self.api.tasks.values()]

    def new_values(self, rows: int, bad: int) -> list[str]:
        start, self.values = self.values, self.values + rows
        return [f"{number}{'-bad' if number - start < bad else ''}.png" for number in range(start, start + rows)]

    def fields(self, values: list[str]) -> list[dict[str, Any]]:
        return [{"scan": value} for value in values]

    def happening(self, deeds: tuple[str, ...], tab: str) -> Callable[[], None]:
        """One level deep: what happens meanwhile asks an API that is well."""

        def run() -> None:
            plans, self.api.plans = self.api.plans, []
            for what in deeds:
                self.do(what, "b" if tab == "a" else "a")
            self.api.plans = plans

        return run

    def do(self, what: str, tab: str) -> None:
        deeds: dict[str, Callable[[], object]] = {
            "wait": lambda: self.time_passes(400),
            "a while": lambda: self.time_passes(100),
            "send": lambda: self.send_form(0),
            "send other": lambda: self.send_form(-1),
            "sweep": self.sweep,
            "decide": self.decide,
            "make": lambda: self.api.create(1, self.workflow_id, scan="someone else's"),
            "choose": lambda: self.choose(1, 0),
            "work": self.work,
            "confirm unheard": self.confirm_unheard,
            "arrives": self.archive_arrives,
            "process": lambda: self.api_processes(None),
            "stop": lambda: self.api_processes(1),
        }
        if what in deeds:
            deeds[what]()
        elif upload := self.upload():
            self.wizard(what, upload, tab)

    def send_form(self, which: int) -> None:
        drafts = list(Submission.objects.filter(kind="form", status="draft").order_by("created_at", "pk"))
        if not drafts:
            return
        one = drafts[which]
        self.permitted[one.pk] += 1
        try:
            send(one, client_for(self.world.key))
        except PipelinesError:
            pass

    def decide(self) -> None:
        """A person who looks what appeared, and takes all of it for their own."""
        for one in Submission.objects.filter(status="unconfirmed"):
            appeared = tasks_since(one, client_for(self.world.key)) if one.newest_task_id_before is not None else None
            if appeared and appeared.ids and one.row_count:
                one.decide_created(appeared.ids[: one.row_count], one.owner, indexes=range(len(appeared.ids)))
            else:
                one.decide_not_created(one.owner)

    def upload(self) -> ZipUpload | None:
        return ZipUpload.objects.select_related("submission").order_by("created_at", "pk").first()

    def wizard(self, what: str, upload: ZipUpload, tab: str) -> None:
        where = (self.world.key.pk, ZIP_WORKFLOW, upload.pk)
        more = {"renew": {"renew": "1"}, "take over": {"take_over": "1"}}.get(what, {})
        views: dict[str, Any] = {
            "start": send_views.upload_start, "renew": send_views.upload_start, "take over": send_views.upload_start,
            "stored": send_views.upload_stored, "cancel": send_views.upload_cancel, "look": result_views.upload_poll,
            "release a": send_views.upload_release, "beat b": send_views.upload_heartbeat,
        }  # fmt: skip
        if what == "forget":
            return discard_choice(self.world.person, upload.submission.token, "")
        if what == "page":
            return poll_if_due(ZipUpload.objects.with_submission().get(pk=upload.pk))
        request = RequestFactory().post("/", {"tab": tab, **more})
        request.user = self.world.person
        request.htmx = None  # type: ignore[attr-defined]
        try:
            answer = views[what](request, *where)
        except Http404:
            return None
        assert answer.status_code < 500 or answer.status_code == 502, answer.content
        return None

    def sweep(self) -> None:
        """As `enqueue_due`, with the jobs kept until a worker comes to them."""
        queue = SimpleNamespace(enqueue=lambda *job: self.jobs.append(job))
        with patch.object(polling, "poll_upload", queue):
            polling.enqueue_due()

    def drain(self) -> None:
        """All is well again, and time goes on: nothing may be left hanging."""
        self.api.plans = []
        if self.arrives_at_last:
            self.archive_arrives()
        for hours in (0, 1, 20, 40):
            self.now += timedelta(hours=hours)
            for upload_id in list(self.api.uploads):
                self.api.process(upload_id)
            Submission.objects.all().settle_overdue()
            self.sweep()
            while self.jobs:
                poll_upload.func(*self.jobs.pop())
            is_over = not Submission.objects.filter(status="sending").exists()
            if is_over and not ZipUpload.objects.exclude(next_poll_at=None).exists():
                return

    # --- what must hold --------------------------------------------------------------------------------------------

    def check(self, *, at_rest: bool = False) -> None:
        submissions = {one.pk: one for one in Submission.objects.all()}
        rows = list(SubmissionRow.objects.all())
        unattributed = list(UnattributedTask.objects.all())
        claims = Counter([row.task_id for row in rows if row.task_id] + [task.task_id for task in unattributed])
        assert not [task for task, count in claims.items() if count > 1], "A task is claimed twice."
        assert set(claims) <= set(self.api.tasks), "A task is claimed that does not exist."
        self.check_rows(submissions, rows)
        self.check_sendings(submissions)
        if at_rest:
            self.check_ends(submissions, claims)

    def check_rows(self, submissions: dict[UUID, Submission], rows: list[SubmissionRow]) -> None:
        made: dict[str, list[int]] = {}
        for task_id, value in self.created():
            made.setdefault(value, []).append(task_id)
        uploads = {upload.submission_id: upload for upload in ZipUpload.objects.defer("entries", "preview")}
        for row in rows:
            one = submissions[row.submission_id]
            ids = made.get(self.sent[one.pk][row.index], [])
            if row.status == "created" and not one.is_decided_by_person:
                assert row.task_id in ids, "A row claims a task that belongs to another submission."
            if ids and row.status in ("waiting", "rejected"):
                assert self.is_open(one, uploads.get(one.pk)), f"A {row.status} row of a {one.status} one has a task."

    def is_open(self, one: Submission, upload: ZipUpload | None) -> bool:
        """Whether the portal says that the last word is not spoken, or has only a person's word for it."""
        on_its_way = upload is not None and (upload.confirming_until is not None or upload.stage in ("stored",))
        return (
            one.status in ("sending", "unconfirmed")
            or one.is_decided_by_person
            or on_its_way
            or one.unattributed_tasks.exists()
        )

    def check_sendings(self, submissions: dict[UUID, Submission]) -> None:
        """No row makes more tasks than a person let it."""
        made = Counter(value for _, value in self.created())
        for pk, values in self.sent.items():
            if pk in submissions:
                assert max(made[value] for value in values) <= max(self.permitted[pk], 1), "Sent without being told to."

    def check_ends(self, submissions: dict[UUID, Submission], claims: Counter[int]) -> None:
        told = {value: pk for pk, values in self.sent.items() for value in values}
        for task_id, value in self.created():
            if value in told and told[value] in submissions and not claims[task_id]:
                one = submissions[told[value]]
                is_told = one.status == "unconfirmed" or one.is_decided_by_person or one.is_earlier_try_uncertain
                assert is_told, f"Nobody claims a task of a {one.status} one."
        assert not [one for one in submissions.values() if one.status == "sending"], "A sending never ends."
        for upload in ZipUpload.objects.exclude(stage__in=OVER):
            assert upload.stage in (Stage.CHOSEN, Stage.UPLOADING), f"An upload stays {upload.stage}."
            assert upload.next_poll_at is None, "An upload is asked for without end."


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_lost_doubled_or_denied_in_any_order(db: None, settings: Any, part: int) -> None:
    """S86, S160, S164 to S166: each task is claimed by one row or is unattributed, what is said not to exist does not,
    nothing is sent twice without a person, and every upload ends."""
    with fake_api() as api:
        settings.PIPELINES_API_URL, settings.UPLOAD_ORIGINS = api.url, [api.origin]
        AnyOrder.world = World(api)
        # To make a failure shorter takes minutes: asked for when there is one.
        phases = (Phase.generate, Phase.shrink) if "STATE_MACHINE_SHRINK" in os.environ else (Phase.generate,)
        run_state_machine_as_test(
            seed(part)(AnyOrder),
            settings=how(stateful_step_count=3, report_multiple_bugs=False, phases=phases),
        )
