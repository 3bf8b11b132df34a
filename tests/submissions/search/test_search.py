"""What was sent is found by its words, by whoever may see it, and a task by its ID."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.submissions.models import Submission
from tests.each_case import each_case
from tests.factories import (
    GOOD,
    Desk,
    make_colleague,
    make_index,
    make_stranger,
    make_task,
    make_team,
    open_desk,
    open_workflow,
    share_key,
)
from tests.fake_api import FakeApi
from tests.submissions.search.sending import count_entries, send_texts


def look(at: Desk, words: str, **more: Any) -> str:
    answer = at.browser.get("/search/", {"q": words} | more)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def texts_of(tasks: Any) -> list[str]:
    return [row.found.brief.fields["input_text"] for row in tasks.rows]


def shown(at: Desk, words: str, **more: Any) -> list[str]:
    """The texts found on the first page, in order."""
    return texts_of(at.browser.get("/search/", {"q": words} | more).context["tasks"])


def all_pages(at: Desk, word: str) -> list[str]:
    found, query = [], f"?q={word}&limit=25"
    while query:
        tasks = at.browser.get(f"/search/{query}").context["tasks"]
        found += texts_of(tasks)
        query = tasks.older
    return found


def test_a_row_is_found_by_its_words_in_any_order_and_by_their_beginnings(desk: Desk) -> None:
    send_texts(desk, "The quick brown Fuchs", "A slow translation", "Übergrößen sofort")
    assert shown(desk, "fuchs quick") == ["The quick brown Fuchs"]
    assert shown(desk, "transl") == shown(desk, "translat") == shown(desk, "TRANSLATION slow") == ["A slow translation"]
    assert shown(desk, "tran") == shown(desk, "tra") == ["A slow translation"]
    assert shown(desk, "ubergros") == ["Übergrößen sofort"]
    assert shown(desk, "transport") == shown(desk, "quick slow") == []
    assert "No results" in look(desk, "transport")


def test_a_number_is_one_term_and_umlauts_are_found_however_they_are_spelled(desk: Desk) -> None:
    send_texts(desk, "Paid 1240.5", "Paid 1240.50", "At 1240 or 5", "2026-11-29T05:12:40Z 1240", "Größe 4", "groesse 5")
    assert shown(desk, "1240.5") == shown(desk, "paid 1.240,50") == ["Paid 1240.50", "Paid 1240.5"]
    assert shown(desk, "groesse") == shown(desk, "Größe") == ["groesse 5", "Größe 4"]
    assert shown(desk, "groess") == ["groesse 5", "Größe 4"]


def test_person_and_day_narrow_it(desk: Desk) -> None:
    colleague = make_colleague()
    share_key(desk.key, colleague)
    send_texts(desk, "Parcel mine")
    send_texts(desk, "Parcel theirs", by=colleague)
    old = send_texts(desk, "Parcel old")
    moment = timezone.now() - timedelta(days=9)
    Submission.objects.filter(pk=old.pk).update(created_at=moment)
    assert shown(desk, "parcel", sent=colleague.email) == ["Parcel theirs"]
    assert shown(desk, "parcel", sent="me", day="today") == ["Parcel mine"]
    assert shown(desk, "parcel", day=str(timezone.localdate(moment))) == ["Parcel old"]
    assert shown(desk, "parcel", status="failed") == []


@each_case("zone", ["Pacific/Apia", "America/New_York"])
def test_the_ends_of_all_time_are_days_too(desk: Desk, zone: str) -> None:
    desk.browser.cookies["zone"] = zone
    assert desk.browser.get("/submissions/?since=0001-01-01&until=9999-12-31").status_code == 200
    assert desk.browser.get("/search/?q=parcel&day=1800-01-01..9999-12-31").status_code == 200


def test_nobody_finds_what_they_may_not_see(desk: Desk, api: FakeApi) -> None:
    """The owner of the key finds all of it; who it is shared with only their own; a stranger nothing."""
    other_desk = open_desk(api, "paul@acme.example")
    colleague = make_colleague()
    share_key(desk.key, colleague)
    share_key(desk.key, other_desk.person)
    send_texts(desk, "Parcel of the owner")
    send_texts(desk, "Parcel of the colleague", by=colleague)
    assert shown(desk, "parcel") == ["Parcel of the colleague", "Parcel of the owner"]
    other_desk.browser.force_login(colleague)
    assert shown(other_desk, "parcel") == ["Parcel of the colleague"]
    other_desk.browser.force_login(other_desk.person)
    assert shown(other_desk, "parcel") == []
    assert look(other_desk, "parcel").count("Parcel of") == 0


def test_what_one_sent_is_found_when_the_key_is_gone(desk: Desk) -> None:
    send_texts(desk, "Parcel")
    desk.key.delete()
    assert shown(desk, "parcel") == ["Parcel"]


def test_a_number_finds_its_task_and_rows_with_the_text(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    submission = send_texts(desk, "Parcel 417000417")
    task_id = submission.rows.get().task_id
    place = f"/keys/{desk.key.pk}/workflows/{desk.workflow.workflow_id}/tasks/{task_id}/"
    for words in (f"{task_id}", f" #{task_id} "):
        assert f'href="{place}"' in look(desk, words)
    assert shown(desk, "417000417") == ["Parcel 417000417"]
    assert "Look for it in:" in look(other_desk, f"{task_id}")


def test_a_task_that_only_the_index_knows_is_found(desk: Desk) -> None:
    make_index(desk.workflow, [make_task(9876, "failed", timezone.now())])
    assert f"/workflows/{desk.workflow.workflow_id}/tasks/9876/" in look(desk, "9876")
    desk.browser.force_login(make_stranger())
    assert "/tasks/9876/" not in look(desk, "9876")


def test_a_task_of_two_workflows_is_found_in_both(desk: Desk) -> None:
    first, second = send_texts(desk, "One"), send_texts(desk, "Two")
    other = open_workflow(desk.key, 43, name="Others")
    Submission.objects.filter(pk=second.pk).update(workflow_id=43, workflow_name=other.name)
    task_id = first.rows.get().task_id
    second.rows.update(task_id=task_id)
    text = look(desk, f"{task_id}")
    assert f"/workflows/43/tasks/{task_id}/" in text
    assert f"/workflows/{desk.workflow.workflow_id}/tasks/{task_id}/" in text


def test_a_task_that_nobody_knows_is_looked_for_where_one_was_last(desk: Desk) -> None:
    text = look(desk, "987654321")
    assert "Look for it in:" in text
    assert f"/keys/{desk.key.pk}/workflows/{desk.workflow.workflow_id}/tasks/987654321/" in text


def test_what_was_sent_is_shown_as_text(desk: Desk) -> None:
    send_texts(desk, "<script>alert(1)</script> parcel")
    text = look(desk, "parcel")
    assert "<script>alert" not in text
    assert "<mark>parcel</mark>" in text


def test_the_newest_come_first_however_they_have_the_words(desk: Desk) -> None:
    texts = ["a red lamp", "red lampshade", "lamp red", "redder lamps", "lamp, not red"]
    send_texts(desk, *texts)
    assert shown(desk, "red lamp") == texts[::-1]


@each_case("count", [50, 51])
def test_pages_go_on_where_the_one_before_ended(desk: Desk, count: int) -> None:
    texts = [f"red lamp {n}" if n % 2 else f"lampshade {n}, red" for n in range(count)]
    send_texts(desk, *texts)
    assert all_pages(desk, "red+lamp") == texts[::-1]


def test_a_lead_finds_what_was_sent_through_the_team(desk: Desk, api: FakeApi) -> None:
    """Also what was sent before they became its lead; not what a member sent when the key was not shared with it."""
    other_desk = open_desk(api, "paul@acme.example")
    colleague = make_colleague()
    team = make_team(colleague, lead=None)
    share_key(desk.key, colleague)
    send_texts(desk, "Parcel of one's own", by=colleague)
    share_key(desk.key, team)
    send_texts(desk, "Parcel of the team", by=colleague)
    send_texts(desk, "Parcel of the owner")
    assert shown(other_desk, "parcel") == []
    team.memberships.create(user=other_desk.person, is_lead=True)
    assert shown(other_desk, "parcel") == ["Parcel of the team"]


def test_no_word_gives_access(desk: Desk, api: FakeApi) -> None:
    """Who may find a row is part of the index; what it says is not taken for that."""
    other_desk = open_desk(api, "paul@acme.example")
    stranger = other_desk.person.pk
    send_texts(desk, f"Parcel p{stranger} ~p{stranger} who p{stranger}")
    assert shown(other_desk, "parcel") == shown(other_desk, f"p{stranger}") == []
    assert shown(other_desk, f'parcel") OR who:(p{desk.person.pk}') == []


def test_what_was_not_sent_is_not_found_and_what_is_replaced_no_more(desk: Desk) -> None:
    desk.draft(GOOD | {"input_text": "Parcel unsent"})
    assert count_entries() == 0
    submission = send_texts(desk, "Parcel sent")
    assert shown(desk, "parcel") == ["Parcel sent"]
    Submission.objects.filter(pk=submission.pk).update(status="draft")
    assert shown(desk, "parcel") == []
    Submission.objects.draft(desk.person, desk.workflow, [GOOD], submission.token, "form")
    assert count_entries() == 0


def test_no_text_breaks_the_index(desk: Desk) -> None:
    texts = [
        "nul\0here parcel",
        "lone \ud800 parcel",
        "it's \"parcel\" ' : * ( ) ~ & | !",
        "parcel " * 30_000,
        "東京都 parcel",
    ]
    send_texts(desk, *texts)
    assert len(shown(desk, "parcel")) == len(texts)
    assert len(shown(desk, "東京都")) == 1
    assert len(shown(desk, "it's: (parcel)")) == 1
