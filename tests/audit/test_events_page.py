"""The audit log for administrators, with its filters and the file."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from pipelines_portal.accounts.models import Role
from pipelines_portal.audit.filters import EventFilters, page_of_events
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Group, Verb, verbs_named
from pipelines_portal.people.administration import change_role
from tests.each_case import each_case
from tests.people.cast import Cast


def page(cast: Cast, query: str = "", path: str = "/people/events/") -> str:
    answer = cast.client("administrator").get(f"{path}{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_each_event_is_a_sentence_with_its_time_and_address(cast: Cast) -> None:
    cast.client("administrator").post(f"/people/{cast.member.pk}/role/", {"role": "viewer"})
    cast.team.add_member(cast.stranger, by=cast.lead)
    record(Verb.SETTING_CHANGED, by=None, label="ENCRYPTION_KEYS")
    html = re.sub(r"</?a[^>]*>", "", page(cast).split("<tbody>")[1])
    when = Event.objects.latest("id").at
    assert f'title="{when:%Y-%m-%d %H:%M:%S} UTC"' in html
    changed = "admin@acme.example changed the role of Ana Costa from operator to viewer"
    added = "lead@acme.example added stranger@acme.example to team Intake"
    assert html.index("System changed ENCRYPTION_KEYS") < html.index(added) < html.index(changed)
    assert '<span class="id">127.0.0.1</span>' in html


def sentence(verb: Verb, **values: Any) -> str:
    return Event(verb=verb, actor_email="ana@acme.example", target_label="Photos", **values).sentence


ACCEPTED = {"inviter": "Maria Weber", "teams": ["Photos", "Night desk"], "role": "viewer"}
OWNERS = {"former_owner": "ana@acme.example", "owner": "ben@acme.example"}
LEFT = {"person": "ana@acme.example", "lead": False}


@pytest.mark.parametrize(
    ("verb", "detail", "words"),
    [
        # What people do to themselves has a sentence of its own.
        (Verb.MEMBER_ADDED, LEFT, "joined team Photos"),
        (Verb.MEMBER_REMOVED, LEFT, "left team Photos"),
        (Verb.INVITATION_ACCEPTED, ACCEPTED, "accepted Maria Weber’s invitation and joined Photos, Night desk"),
        (Verb.KEY_CHECKED, {"result": "works"}, "checked API key Photos: it works"),
        (Verb.KEY_CHECKED, {"result": "rejected"}, "checked API key Photos: it was rejected"),
        (Verb.KEY_CHECKED, {"result": "unknown"}, "checked API key Photos: Pipelines didn’t respond"),
        (
            Verb.KEY_TRANSFERRED,
            OWNERS,
            "made ben@acme.example the owner of API key Photos (before: ana@acme.example)",
        ),
        (Verb.IMPORT_STOPPED, {"how": "pause"}, "paused import Photos"),
        (Verb.SUBMISSION_DECIDED, {"tasks": 0}, "decided that the unconfirmed send Photos created nothing"),
        (Verb.SUBMISSION_DECIDED, {"tasks": 1}, "decided that the unconfirmed send Photos created 1 task"),
        (Verb.SUBMISSION_DECIDED, {"tasks": 3}, "decided that the unconfirmed send Photos created 3 tasks"),
        (Verb.SUBMISSION_SENT, {"import": "t.csv", "batch": 2}, "sent batch 2 of import t.csv: Photos"),
        (Verb.SUBMISSION_SENT, {}, "sent Photos"),
        (Verb.PERSON_RENAMED, {"before": "Ana Weber", "kind": "removed"}, "removed their name (Ana Weber)"),
        (
            Verb.LEAD_CHANGED,
            {"person": "ben@acme.example", "lead": False},
            "removed ben@acme.example as lead of Photos",
        ),
        (Verb.KEY_REPLACED, {"before": "0b7d"}, "replaced key …0b7d with API key Photos"),
    ],
)
def test_a_sentence_says_what_happened(verb: Verb, detail: dict[str, Any], words: str) -> None:
    assert sentence(verb, detail=detail) == f"ana@acme.example {words}"


def test_a_size_is_a_fact() -> None:
    assert Event(verb=Verb.IMPORT_BEGUN, detail={"size": 4685}).facts == ["Size 4.6 KB"]


@pytest.mark.parametrize(
    ("expiry", "ends", "words"),
    [
        ("30", "2026-12-01", "set the expiry of API key Photos to 2026-12-01"),
        ("never", "", "set API key Photos to never expire"),
        ("", "", "set the expiry of API key Photos to not known"),
    ],
)
def test_an_expiry_is_told_by_its_date_alone(expiry: str, ends: str, words: str) -> None:
    """30 days count from the day on which the key was created, not from this event."""
    event = Event(verb=Verb.KEY_EXPIRY_SAID, target_label="Photos", detail={"expiry": expiry, "ends": ends})
    assert (event.sentence, event.further_facts) == (f"System {words}", [])


def test_ids_of_tasks_are_no_numbers_of_tasks() -> None:
    for task_ids, fact in (([412], "task 412"), ([410, 412], "task IDs: 410, 412")):
        event = Event(verb=Verb.MISTAKES_MARKED, target_label="Photos", detail={"tasks": task_ids})
        assert event.facts == event.further_facts == [fact]


def test_a_list_about_one_target_names_it(cast: Cast) -> None:
    make_events(cast)
    assert "Only events about team Intake" in page(cast, f"?target=team:{cast.team.pk}&since=2999-01-01")
    assert f"Only events about person {cast.stranger}" in page(cast, f"?target=user:{cast.stranger.pk}")
    assert "Only events about one person or thing" in page(cast, "?target=team:999")
    assert "Only events about" not in page(cast)


def test_every_event_has_a_sentence_even_without_details() -> None:
    for verb in Verb:
        assert sentence(verb).startswith("ana@acme.example") and "{" not in sentence(verb), verb


def test_facts_of_the_sentence_are_not_repeated() -> None:
    detail = {"person": "ben@acme.example", "lead": True, "via": "groups"}
    event = Event(verb=Verb.MEMBER_ADDED, actor_email="ana@acme.example", target_label="Photos", detail=detail)
    assert event.further_facts == ["via: groups"]


def make_events(cast: Cast) -> None:
    """Record four events: a member who is added, made a lead and made a viewer, and a sign-in that is refused."""
    cast.team.add_member(cast.stranger, by=cast.lead)
    cast.team.set_lead(cast.stranger, True, by=cast.administrator)
    change_role(cast.stranger, Role.VIEWER, by=cast.administrator)
    record(Verb.SIGN_IN_REFUSED, by=None, actor_email="who@else.example")


SHOWN = {
    "?person=LEAD@acme.example": ["member-added"],
    "?person=who@else.example": ["sign-in-refused"],
    "?person=Else": ["sign-in-refused"],
    "?person=ho@else.example": ["sign-in-refused"],
    "?person=acme": ["role-changed", "lead-changed", "member-added"],
    "?person=admin%25": [],
    "?verb=teams&person=lead@": ["member-added"],
    "?verb=teams": ["lead-changed", "member-added"],
    "?verb=lead-changed": ["lead-changed"],
    "?verb=people&person=admin@acme.example": ["role-changed"],
    "?verb=signing-in": ["sign-in-refused"],
    "?target=team:{team}": ["lead-changed", "member-added"],
    "?target=team:{team}&person=admin@acme.example": ["lead-changed"],
    "?target=team:999": [],
    "?verb=keys": [],
    "?since={today}&until={today}": ["sign-in-refused", "role-changed", "lead-changed", "member-added"],
    "?until={yesterday}": [],
    "?since={tomorrow}": [],
    "?until=9999-12-31&verb=teams": ["lead-changed", "member-added"],
}


def test_filters(cast: Cast) -> None:
    make_events(cast)
    now, client = datetime.now(UTC), cast.client("administrator")
    days = {"today": now, "yesterday": now - timedelta(days=1), "tomorrow": now + timedelta(days=1)}
    for query, expected in SHOWN.items():
        query = query.format(team=cast.team.pk, **{name: f"{day:%Y-%m-%d}" for name, day in days.items()})
        found = client.get(f"/people/events/{query}").context["events"]
        assert [event.verb for event in found] == expected, query


@each_case("query", ["?since=yesterday", "?verb=nonsense", "?target=<script>", "?target=team"])
def test_an_invalid_filter_is_an_error_of_the_form(cast: Cast, query: str) -> None:
    make_events(cast)
    for path in ("/people/events/", "/people/events/export.csv"):
        answer = cast.client("administrator").get(path + query)
        assert answer.status_code == 422
        assert "<script>" not in answer.content.decode().replace("<script ", "")


def test_reversed_days_are_an_error_of_the_field(cast: Cast) -> None:
    make_events(cast)
    day = datetime.now(UTC) + timedelta(days=2)
    answer = cast.client("administrator").get(f"/people/events/?since={day:%Y-%m-%d}&until=2026-01-01")
    html = answer.content.decode()
    assert answer.status_code == 422 and "No events" not in html
    assert re.search(r'id="id_until_error">.*?“To” can’t be before “From”\.', html, re.DOTALL)


@each_case("query", ["", "?verb=teams", "?person=admin@acme.example", "?verb=team-renamed"])
def test_pages_follow_each_other_without_gap_or_double(cast: Cast, query: str) -> None:
    now = timezone.now()
    verbs = [Verb.TEAM_RENAMED, Verb.TEAM_CREATED, Verb.MEMBER_ADDED]
    Event.objects.bulk_create(
        # Several share a moment.
        Event(verb=verbs[n % 3], actor_email="admin@acme.example", at=now - timedelta(seconds=n // 4))
        for n in range(130)
    )
    client, seen, before = cast.client("administrator"), [], ""
    while True:
        context = client.get(f"/people/events/{query or '?x='}&before={before}").context
        seen += [event.pk for event in context["events"]]
        before = context["next_before"]
        if not before:
            break
    kinds = {"?verb=teams": verbs, "?verb=team-renamed": verbs[:1]}.get(query, verbs)
    expected = Event.objects.filter(verb__in=kinds).order_by("-at", "-id").values_list("pk", flat=True)
    assert seen == list(expected)


@each_case("before", ["x", "0", "-1", "9" * 40, "²"])
def test_a_page_behind_nothing_is_the_first(cast: Cast, before: str) -> None:
    make_events(cast)
    assert len(cast.client("administrator").get(f"/people/events/?before={before}").context["events"]) == 4


ASKED = {
    "audit_newest_first": EventFilters(),
    "audit_by_email": EventFilters(email="admin@acme.example"),
    "audit_by_target": EventFilters(target_type="team", target_id="3"),
}


# Without these settings, PostgreSQL reads and sorts so small a table as a whole.
NO_SCANS = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
OUT_OF_ORDER = {"sqlite": "TEMP B-TREE", "postgresql": "Sort"}


@pytest.mark.parametrize(("index", "filters"), ASKED.items())
@pytest.mark.parametrize("with_before", [False, True])
def test_each_filter_is_read_along_its_index(cast: Cast, index: str, filters: EventFilters, with_before: bool) -> None:
    """The database sorts nothing, so a page does not cost more with more events."""
    make_events(cast)
    before = Event.objects.latest("id").pk if with_before else None
    with CaptureQueriesContext(connection) as captured:
        page_of_events(filters, before, 51)
    plan = page_plan(captured[-1]["sql"])
    assert re.search(rf"(INDEX|using) {index}\b", plan)
    assert OUT_OF_ORDER[connection.vendor] not in plan
    if filters != EventFilters() or with_before:
        assert re.search(r"SEARCH|Index Cond", plan)


def test_each_verb_of_a_group_is_read_along_its_index(cast: Cast) -> None:
    make_events(cast)
    with CaptureQueriesContext(connection) as captured:
        page_of_events(EventFilters(verbs=verbs_named("teams")), None, 51)
    (query,) = captured
    assert query["sql"].count(" LIMIT 51") == len(verbs_named("teams")) + 1
    plan = page_plan(query["sql"])
    assert plan.count("audit_by_verb") == len(verbs_named("teams"))
    assert "audit_newest_first" not in plan


def page_plan(statement: str) -> str:
    """Return the query plan of the database."""
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(NO_SCANS)
        cursor.execute(f"{explain} {statement}".replace("%", "%%"))
        return " ".join(str(line) for line in cursor.fetchall())


def test_every_verb_is_in_one_group_and_no_group_is_empty() -> None:
    assert {verb.group for verb in Verb} == set(Group)
    assert sorted(verb for name in Group for verb in verbs_named(name)) == sorted(Verb.values)


def test_files_of_submissions_are_found_among_submissions() -> None:
    """An administrator looks there for people who saved all submissions as a file."""
    assert [name for name in Group if Verb.SUBMISSIONS_EXPORTED in verbs_named(name)] == ["submissions"]


def saved(cast: Cast, query: str = "") -> list[str]:
    answer: Any = cast.client("administrator").get(f"/people/events/export.csv{query}")
    assert answer.streaming
    return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()


def test_the_file_holds_what_the_filters_find_and_is_an_event(cast: Cast) -> None:
    make_events(cast)
    head, *rows = saved(cast, "?verb=teams")
    assert head == (
        '"Time (UTC)","Event","Person","Target","IP address","Details","Event name","Target type","Target ID"'
    )
    assert re.match(r'"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",', rows[0])
    assert ["lead-changed" in rows[0], "member-added" in rows[1], len(rows)] == [True, True, 2]
    assert "person: stranger@acme.example" in rows[1]
    newest = Event.objects.latest("id")
    assert (newest.verb, newest.actor_email, newest.detail) == (
        "events-exported", "admin@acme.example", {"filters": ["verb teams"]},
    )  # fmt: skip


def test_the_log_is_also_saved_as_a_spreadsheet(cast: Cast) -> None:
    make_events(cast)
    answer: Any = cast.client("administrator").get("/people/events/export.xlsx?verb=teams")
    _, *rows = load_workbook(io.BytesIO(answer.getvalue())).worksheets[0].iter_rows(values_only=True)
    moments = Event.objects.filter(verb__in=verbs_named("teams")).order_by("-at").values_list("at", flat=True)
    assert [row[0] for row in rows] == [moment.replace(tzinfo=None, microsecond=0) for moment in moments]


def test_no_cell_runs_as_a_formula(cast: Cast) -> None:
    record(Verb.TEAM_RENAMED, by=None, label="=HYPERLINK(1)", was="+1+1")
    assert "'=HYPERLINK(1)" in saved(cast)[2]


def test_no_secret_is_in_an_event(cast: Cast) -> None:
    from tests.people.test_invite import invite, links_in

    (link,) = links_in(invite(cast.client("administrator"), "tom@acme.example"))
    assert link.split("/invitation/")[1].strip("/") not in "\n".join(saved(cast))


def test_the_log_line_names_actor_and_target(cast: Cast, caplog: Any, django_capture_on_commit_callbacks: Any) -> None:
    """The line is written after the commit. An act that is rolled back has none."""
    caplog.set_level("INFO", logger="pipelines_portal.audit")
    with django_capture_on_commit_callbacks(execute=True):
        change_role(cast.member, Role.VIEWER, by=cast.administrator)
        assert "role-changed" not in caplog.text
    assert f"role-changed user={cast.administrator.pk} " in caplog.text
    assert f'person="{cast.member.pk}"' in caplog.text
