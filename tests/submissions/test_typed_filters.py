"""The query box of Sent."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from pipelines_portal.submissions.models import Submission
from tests.each_case import each_case
from tests.factories import (
    Desk,
    browser_of,
    make_colleague,
    make_index,
    make_person,
    make_task,
    make_team,
    send,
    share_key,
)
from tests.fake_api import FakeApi
from tests.pages import text_of
from tests.submissions.search.sending import send_texts
from tests.submissions.test_list import ADDRESS, shown


def sent(desk: Desk, **values: Any) -> Submission:
    submission = send(desk.draft({"input_text": "Hello", "target_language": "French"}, kind="import"), desk.client)
    Submission.objects.filter(pk=submission.pk).update(**values)
    return submission


@each_case(
    ("typed", "query"),
    [
        ("status:unconfirmed", "?status=unconfirmed"),
        ('status:"partly created"', "?status=partly_created"),
        ("workflow:42", "?workflow=42"),
        ("workflow:transl", "?workflow=42"),
        ("import:orders", "?import=orders"),
        ("warnings:accepted", "?warnings=accepted"),
        ("type:import", "?kind=import"),
        ("created:27.11.2026", "?since=2026-11-27&until=2026-11-27"),
        ("sent:me status:rejected hello", "?status=rejected&q=hello"),
    ],
)
def test_conditions_become_parameters(desk: Desk, typed: str, query: str) -> None:
    answer = desk.browser.get(ADDRESS, {"q": typed})
    assert answer.status_code == 302
    assert sorted(answer["Location"].split("?")[1].split("&")) == sorted(query[1:].split("&"))


@each_case(
    ("typed", "error"),
    [
        ("stauts:rejected", "No condition is called stauts. Try status:rejected"),
        ("status:lost", "“lost” isn’t found. Use "),
        ("sent:nobody", "“nobody” isn’t found."),
        ("created:soon", "“soon” isn’t a day."),
        ("not:created:today", "Use “not” with status, workflow, type"),
        ("not:status:lost", "“lost” isn’t found. Use "),
    ],
)
def test_a_wrong_condition_is_named_and_the_list_stays(desk: Desk, typed: str, error: str) -> None:
    one = sent(desk)
    answer = desk.browser.get(ADDRESS, {"q": typed})
    html = text_of(answer)
    assert answer.status_code == 422 and error in html and shown(html) == [str(one.pk)]
    assert typed in html.split('id="query"')[1].split(">")[0]


def test_words_find_files_and_values(desk: Desk) -> None:
    by_value = send_texts(desk, "A parcel from Graz")
    by_name = sent(desk, group_name="parcels.csv", group="11111111-1111-4111-8111-111111111111")
    sent(desk)
    html = text_of(desk.browser.get(ADDRESS, {"q": "parcel"}))
    assert sorted(shown(html)) == sorted([str(by_value.pk), str(by_name.pk)])
    assert shown(text_of(desk.browser.get(ADDRESS, {"import": "PARC"}))) == [str(by_name.pk)]
    assert shown(text_of(desk.browser.get(ADDRESS, {"q": "nothing"}))) == []


def test_words_find_no_values_that_the_reader_cannot_see(desk: Desk) -> None:
    ben = make_colleague()
    share_key(desk.key, make_team(ben))
    send_texts(desk, "A secret parcel")
    assert shown(text_of(browser_of(ben).get(ADDRESS, {"q": "parcel", "who": "team"}))) == []


def test_not_leaves_out(desk: Desk) -> None:
    created, rejected = sent(desk), sent(desk, status="rejected")
    form = send(desk.draft({"input_text": "Hi", "target_language": "French"}), desk.client)
    answer = desk.browser.get(ADDRESS, {"q": "not:status:rejected"}, follow=True)
    html = text_of(answer)
    assert answer.redirect_chain and '<span class="key">not:status:</span>' in html
    assert sorted(shown(html)) == sorted([str(created.pk), str(form.pk)])
    both = text_of(desk.browser.get(ADDRESS, {"q": "-type:import not:status:rejected"}, follow=True))
    assert shown(both) == [str(form.pk)]
    assert shown(text_of(desk.browser.get(ADDRESS, {"q": "not:status:created -type:form"}, follow=True))) == [
        str(rejected.pk)
    ]
    assert shown(text_of(desk.browser.get(ADDRESS, {"q": "not:workflow:42"}, follow=True))) == []


def test_not_leaves_out_an_import_and_accepted_warnings(desk: Desk) -> None:
    sent(desk, group_name="Tickets für May.csv", group="11111111-1111-4111-8111-111111111111")
    accepted, other = sent(desk, accepted_count=1), sent(desk)
    answer = desk.browser.get(ADDRESS, {"q": 'not:import:"tickets für"'}, follow=True)
    assert sorted(shown(text_of(answer))) == sorted([str(accepted.pk), str(other.pk)])
    answer = desk.browser.get(f"{answer.redirect_chain[-1][0]}&q=-warnings:accepted", follow=True)
    assert shown(text_of(answer)) == [str(other.pk)] and "tickets für" in text_of(answer)


def test_what_others_sent_is_counted_if_nothing_is_ones_own(desk: Desk) -> None:
    ben, lena = make_colleague(), make_person("lena@acme.example")
    share_key(desk.key, make_team(ben, desk.person, lead=lena))
    send_texts(desk, "A parcel from Graz")
    by_lead = text_of(browser_of(lena).get(ADDRESS, {"q": "parcel"}))
    assert "No results under Me" in by_lead and 'href="?who=team&amp;q=parcel">1 under Everyone</a>' in by_lead
    assert "under Everyone" not in text_of(browser_of(ben).get(ADDRESS, {"q": "parcel"}))


def test_chips_name_the_filters(desk: Desk) -> None:
    html = text_of(desk.browser.get(f"{ADDRESS}?status=rejected&workflow=42&since=2026-11-01&until=2026-11-27"))
    chips = [part.split("</span>")[0] for part in html.split('<span class="key">')[1:]]
    assert chips == ["status:", "workflow:", "created:"] and "1 Nov 2026–27 Nov 2026" in html
    assert "<select" not in html.split("<main")[1].split("</main>")[0]


def test_tasks_that_need_attention_are_counted(desk: Desk, api: FakeApi) -> None:
    one = send(desk.draft({"input_text": "Hello", "target_language": "French"}), desk.client)
    task_id = one.rows.get().task_id or 0
    assert "need attention" not in text_of(desk.browser.get(ADDRESS)).split("<tbody>")[1]
    make_index(desk.workflow, [make_task(task_id, "failed", timezone.now())])
    html = text_of(desk.browser.get(ADDRESS))
    link = html.split("1 needs attention</a>")[0].rsplit('<a href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert reverse("tasks:list", args=[desk.key.pk, 42]) in link
    assert f'id="t{task_id}"' in text_of(desk.browser.get(link))


@each_case(
    ("typed", "first"),
    [
        ("st", "status:"),
        ("status:par", 'status:"partly created"'),
        ("created:t", "created:today"),
        ("sent:m", "sent:me"),
        ("no", "not:"),
        ("not:t", "not:type:"),
        ("-status:rej", "-status:rejected"),
    ],
)
def test_conditions_are_offered(desk: Desk, typed: str, first: str) -> None:
    answer = desk.browser.get(reverse("submissions:suggestion_list"), {"text": typed})
    assert answer.json()["values"][0][0] == first
