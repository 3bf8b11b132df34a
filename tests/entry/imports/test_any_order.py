"""An import under any order of events, over the portal's own code: people who change, send, pause, stop and decide, a
worker that dies or stands still, answers that are late, lost or refusals, fields that become others.

STATE_MACHINE_SHRINK in the environment shortens a sequence that fails.
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import Phase
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pipelines_portal.entry.import_requests import settle_overdue
from pipelines_portal.entry.imports.jobs import work_now, work_on_next
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.rows.fixing import (
    CannotChange,
    change_rows,
    edit_row,
    last_change,
    send_anyway,
    skip_row,
    undo_change,
    undo_skip,
)
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.appeared import tasks_since
from pipelines_portal.submissions.models import Submission
from tests import samples
from tests.conftest import ACME, TRANSLATIONS
from tests.deciding import decide_honestly
from tests.factories import make_colleague, make_person, open_workflow, save_key, share_key
from tests.fake_api import FakeApi, Plan, fake_api
from tests.uploads.test_any_order import START, dying_at

from .invariants import Invariants
from .making import make_import

FAULTS = (
    "", "", "", "refused", "rate_limited", "lost_request", "lost_answer", "garbage", "too_large", "closed",
)  # fmt: skip
BAD = "bad"
# A person, or time, while the API is asked.
MEANWHILE = (
    (), (), ("pause",), ("stop",), ("stop", "fix"), ("lease",), ("lease", "work"), ("lease", "work", "nothing"),
    ("lease", "work", "created"), ("lease", "work", "nothing", "stop", "fix"), ("lease", "work", "nothing", "go on"),
    ("lease", "work", "nothing", "stop", "send", "work"), ("pause", "fix", "go on"), ("stop", "fix", "send"),
    ("schema",), ("make",), ("lease", "work", "nothing", "go on", "work"), ("pause", "stop"),
    ("pause", "hand over"), ("pause", "hand over", "go on"), ("stop", "delete"), ("stop", "delete", "restore", "send"),
)  # fmt: skip
DEEDS = (
    "send", "send", "first", "pause", "stop", "fix", "fix", "aside", "back", "twice", "undo", "created", "nothing",
    "schema", "lease", "look", "make", "delete", "restore", "hand over",
)  # fmt: skip
DEATH = st.one_of(st.none(), st.none(), st.tuples(st.integers(1, 25), st.booleans()))


class World:
    """A person, key, workflow and API for all sequences."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        api.load(samples.organization(ACME, samples.workflow(TRANSLATIONS)))
        api.rejects = BAD
        self.person = make_person("maria@acme.example")
        self.key = save_key(self.person, api.new_key(ACME))
        self.colleague = make_colleague()
        share_key(self.key, self.colleague)
        open_workflow(self.key, 42, name="Translations")
        self.client = Client()
        self.client.force_login(self.person)


class AnyOrder(Invariants, RuleBasedStateMachine):
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.now = START
        self.api = self.world.api
        self.api.forget()
        self.api.now = lambda: self.now
        self.api.workflows[TRANSLATIONS].fields = list(samples.TRANSLATION_FIELDS)
        self.patches: list[Any] = [
            patch("django.utils.timezone.now", lambda: self.now),
            patch("time.sleep", lambda seconds: None),
        ]
        for each in self.patches:
            each.start()
        self.texts = 0
        # How often a row may be a task: once, and again for each time that a person said that nothing came of it.
        self.permitted: Counter[str] = Counter()
        self.of_row: dict[str, int] = {}

    def teardown(self) -> None:
        try:
            self.drain()
        finally:
            for each in reversed(self.patches):
                each.stop()
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    # --- what may happen -------------------------------------------------------------------------------------------

    @initialize(count=st.integers(3, 6), odd=st.sets(st.integers(0, 5), max_size=2), per=st.integers(1, 4))
    def begin(self, count: int, odd: set[int], per: int) -> None:
        """Rows of which the API rejects some; one that is not good, and one that equals the first."""
        rows = [[self.text(index + 2, is_bad=index in odd), "French"] for index in range(count)]
        rows += [[self.text(count + 2), "Germn"], [rows[0][0], "French"]]
        self.count = len(rows)
        schema = client_for(self.world.key).schema(42)
        self.pk: UUID = make_import(self.world.key, schema, rows, rows_per_request=per).pk
        work_now(self.import_job())
        self.check()

    @rule(
        fault=st.sampled_from(FAULTS), meanwhile=st.sampled_from(MEANWHILE), is_early=st.booleans(), death=DEATH,
        nth=st.integers(0, 4), presses=st.sampled_from(["send", "send", "first", ""]),
    )  # fmt: skip
    def work(self, fault: str, meanwhile: tuple[str, ...], is_early: bool, death: Any, nth: int, presses: str) -> None:
        """Work, and let something else happen before the API acts or before its response arrives."""
        if presses:
            self.do(presses)
        happens = self.happening(meanwhile)
        plan = Plan(fault, happens, None) if is_early else Plan(fault, None, happens)
        self.api.plans = [*[Plan()] * nth, plan, *[Plan(fault)] * 2 * (fault in ("refused", "rate_limited"))]
        with dying_at(*(death or (None, False))):
            work_on_next()
        self.api.plans = []
        self.check()

    @rule(what=st.sampled_from(DEEDS), death=DEATH)
    def happen(self, what: str, death: Any) -> None:
        with dying_at(*(death or (None, False))):
            self.do(what)
        self.check()

    # --- how -------------------------------------------------------------------------------------------------------

    def text(self, number: int, *, is_bad: bool = False) -> str:
        self.texts += 1
        text = f"row {number}, {self.texts}{BAD if is_bad else ''}"
        self.of_row[text] = number
        return text

    def happening(self, deeds: tuple[str, ...]) -> Callable[[], None] | None:
        """One level deep: what happens meanwhile asks an API that is well."""

        def run() -> None:
            plans, self.api.plans = self.api.plans, []
            for what in deeds:
                self.do(what)
            self.api.plans = plans

        return run if deeds else None

    def do(self, what: str) -> None:
        deeds: dict[str, Callable[[], object]] = {
            "send": lambda: self.post("send"),
            "go on": lambda: self.post("send"),
            "first": lambda: self.post("send", one_row_first="on"),
            "pause": lambda: self.post("pause"),
            "delete": lambda: self.post("delete"),
            "restore": lambda: self.post("restore"),
            "hand over": self.transfer,
            "stop": lambda: self.post("stop"),
            "work": work_on_next,
            "look": lambda: self.get("detail"),
            "lease": self.time_passes,
            "make": lambda: self.api.create(1, TRANSLATIONS, input_text="someone else's"),
            "schema": self.change_schema,
            "created": lambda: self.decide(is_honest=True),
            "nothing": lambda: self.decide(is_honest=False),
            "undo": self.undo,
            "fix": lambda: self.change(
                (ImportRow.Status.TO_FIX, ImportRow.Status.REJECTED, ImportRow.Status.READY), self.typed
            ),
            "aside": lambda: self.change((ImportRow.Status.READY, ImportRow.Status.DUPLICATE), skip_row),
            "back": lambda: self.change((ImportRow.Status.SKIPPED,), undo_skip),
            "twice": lambda: self.change((ImportRow.Status.DUPLICATE,), send_anyway),
        }
        deeds[what]()

    def address(self, name: str) -> str:
        return reverse(f"imports:{name}", args=[self.world.key.pk, 42, self.pk])

    def post(self, name: str, **data: Any) -> None:
        self.world.client.post(self.address(name), data | {"owner": self.import_job().owner_id})

    def transfer(self) -> None:
        """To the other one of the two who use the key, and back."""
        owner = self.world.person if self.import_job().owner == self.world.colleague else self.world.colleague
        self.world.client.post(self.address("transfer"), {"owner": owner.email})

    def get(self, name: str) -> str:
        answer = self.world.client.get(self.address(name), follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    def time_passes(self) -> None:
        """Let more time pass than any lease lasts."""
        self.now += timedelta(minutes=30)

    def change_schema(self) -> None:
        """Add or remove a field."""
        workflow = self.api.workflows[TRANSLATIONS]
        has_more = len(workflow.fields) > len(samples.TRANSLATION_FIELDS)
        workflow.fields = [*samples.TRANSLATION_FIELDS, *([] if has_more else [samples.field("domain")])]

    def decide(self, *, is_honest: bool) -> None:
        """A person says what came of requests that nobody heard of: what appeared, or (too early) nothing."""
        for lost in Submission.objects.filter(group=self.pk, status="unconfirmed").order_by("created_at"):
            lost.key = self.world.key
            appeared = tasks_since(lost, client_for(self.world.key)).ids
            if is_honest and appeared:
                decide_honestly(lost, self.api, appeared, self.world.person)
            elif lost.decide_not_created(self.world.person):
                for number in lost.rows.values_list("number", flat=True):
                    self.permitted[str(number)] += 1

    def change(self, statuses: tuple[str, ...], decide: Any) -> None:
        """The first row that stands so, or that did a moment ago."""
        found = self.rows().filter(status__in=statuses).values_list("number", flat=True)[:1]
        try:
            change_rows(self.import_job(), self.world.person, "Edit rows", lambda: list(found), decide)
        except CannotChange:
            pass

    def typed(self, row: ImportRow) -> bool:
        return edit_row(row, {"input_text": self.text(row.number), "target_language": "French"})

    def undo(self) -> None:
        change = last_change(self.import_job())
        try:
            undo_change(self.import_job(), change.number if change else 0)
        except CannotChange:
            pass

    def drain(self) -> None:
        """All is well again: people decide and fix what is left, and send. Then every row is a task."""
        self.api.plans = []
        self.do("restore")
        for _ in range(12):
            self.time_passes()
            while work_on_next():
                pass
            settle_overdue(self.import_job())
            self.decide(is_honest=True)
            if (
                self.import_job().status == ImportJob.Status.CHECKED
                and self.import_job().counts().created == self.count
            ):
                break
            for statuses, decide in (
                ((ImportRow.Status.SKIPPED,), undo_skip), ((ImportRow.Status.DUPLICATE,), send_anyway),
                ((ImportRow.Status.TO_FIX, ImportRow.Status.REJECTED), self.typed),
            ):  # fmt: skip
                numbers = list(self.rows().filter(status__in=statuses).values_list("number", flat=True))
                if self.import_job().status in (ImportJob.Status.CHECKED, ImportJob.Status.PAUSED):
                    change_rows(self.import_job(), self.world.person, "Edit rows", lambda n=numbers: n, decide)  # type: ignore[misc]
            self.post("send")
        self.check()
        self.check_ends()
        self.get("detail")


@pytest.mark.full
@pytest.mark.timeout(600)
def test_no_row_is_lost_or_sent_twice_in_any_order(db: None, static_root: None, settings: Any) -> None:
    """S6, S86, S127, S181."""
    with fake_api() as api:
        settings.PIPELINES_API_URL = api.url
        AnyOrder.world = World(api)
        # A sequence takes a second: it has eight steps, each of which does several things.
        sequences = how().max_examples // 5
        phases = (Phase.generate, Phase.shrink) if "STATE_MACHINE_SHRINK" in os.environ else (Phase.generate,)
        run_state_machine_as_test(
            AnyOrder,
            settings=how(max_examples=sequences, stateful_step_count=8, report_multiple_bugs=False, phases=phases),
        )
