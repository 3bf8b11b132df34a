"""What was sent is found by its words, by whoever may see it, and a task by its ID."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.utils import timezone

from pipelines_portal.search import finding
from pipelines_portal.search.models import Word
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import RowBlock, Submission
from tests.factories import GOOD, Desk, make_colleague, make_team, open_desk, open_workflow, share_key
from tests.fake_api import FakeApi
from tests.search.sending import index_words, send_texts
from tests.statements import before_statement


def look(at: Desk, words: str, **more: Any) -> str:
    answer = at.browser.get("/search/", {"q": words} | more)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def shown(at: Desk, words: str, **more: Any) -> list[str]:
    """The texts found, newest first."""
    context = at.browser.get("/search/", {"q": words} | more).context
    return ["".join(part.text for part in hit["parts"]) for hit in context.get("hits") or []]


def all_pages(at: Desk, word: str) -> list[str]:
    found, address = [], f"/search/?q={word}"
    while address:
        context = at.browser.get(address).context
        found += ["".join(part.text for part in hit["parts"]) for hit in context["hits"]]
        address = f"/search/{context['further']}" if context["further"] else ""
    return found


def test_a_row_is_found_by_its_words_in_any_order_and_by_their_beginnings(desk: Desk) -> None:
    send_texts(desk, "The quick brown Fuchs", "A slow translation", "Übergrößen sofort")
    assert shown(desk, "fuchs quick") == ["The quick brown Fuchs"]
    assert shown(desk, "transl") == shown(desk, "translat") == shown(desk, "TRANSLATION slow") == ["A slow translation"]
    assert shown(desk, "tran") == shown(desk, "tra") == ["A slow translation"]
    assert shown(desk, "ubergros") == ["Übergrößen sofort"]
    assert shown(desk, "transport") == shown(desk, "quick slow") == []
    assert "Nothing that was sent says “transport”" in look(desk, "transport")


def test_what_only_looks_alike_in_the_index_is_not_shown(desk: Desk) -> None:
    """“trans…” and “tran…” share their tokens with other words: what they hold is compared."""
    send_texts(desk, "transport", "transit", "translation")
    assert shown(desk, "transl") == ["translation"]
    assert shown(desk, "transi") == ["transit"]


def test_newest_first_page_by_page_and_nothing_twice(desk: Desk) -> None:
    texts = [f"Parcel {n:03}" for n in range(60)]
    send_texts(desk, *texts)
    assert all_pages(desk, "parcel") == texts[::-1]


def test_candidates_that_are_none_cost_a_bounded_page_and_the_search_goes_on(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(finding, "MOST_OPENED", 10)
    send_texts(desk, "translator", *[f"transport {n}" for n in range(30)])
    answer = desk.browser.get("/search/", {"q": "transla"})
    assert "The newest rows were looked through; there are older ones." in answer.content.decode()
    for _ in range(5):
        if answer.context["hits"]:
            break
        answer = desk.browser.get(f"/search/{answer.context['further']}")
    assert "translator" in answer.content.decode()


def test_state_person_workflow_and_day_narrow_it(desk: Desk) -> None:
    colleague = make_colleague()
    share_key(desk.key, colleague)
    send_texts(desk, "Parcel mine")
    send_texts(desk, "Parcel theirs", by=colleague)
    old = send_texts(desk, "Parcel old")
    Submission.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=9))
    assert shown(desk, "parcel", who=colleague.pk) == ["Parcel theirs"]
    assert shown(desk, "parcel", who=desk.person.pk, since=timezone.localdate()) == ["Parcel mine"]
    assert shown(desk, "parcel", until=timezone.localdate() - timedelta(days=5)) == ["Parcel old"]
    assert shown(desk, "parcel", state="rejected") == []
    assert len(shown(desk, "parcel", workflow=desk.workflow.workflow_id, state="done")) == 3


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"since": "tomorrow"}, "since"),
        ({"since": "2026-02-30"}, "since"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "until"),
        ({"who": "1 OR 1=1"}, "who"),
        ({"workflow": "x"}, "workflow"),
        ({"state": "draft"}, "state"),
        ({"before": "-1"}, "before"),
        ({"before": "9" * 40}, "before"),
        ({"q": "x" * 201}, "q"),
        ({"who": "9" * 30}, "who"),
    ],
)
def test_nonsense_in_the_address_is_told_at_its_field(desk: Desk, said: dict[str, str], field: str) -> None:
    answer = desk.browser.get("/search/", {"q": "parcel"} | said)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]


@pytest.mark.parametrize("zone", ["Pacific/Apia", "America/New_York", "UTC"])
@pytest.mark.parametrize("address", ["/search/?q=parcel&", "/submissions/?"])
def test_the_ends_of_all_time_are_days_too(desk: Desk, address: str, zone: str) -> None:
    desk.browser.cookies["zone"] = zone
    for days in ("until=9999-12-31", "since=0001-01-01", "since=0001-01-01&until=9999-12-31"):
        assert desk.browser.get(address + days).status_code == 200, days


@pytest.mark.parametrize("share", [2, 9])
def test_words_that_only_begin_like_it_follow_and_none_is_lost_or_shown_twice(desk: Desk, share: int) -> None:
    """However the whole words lie among them, and on however many pages."""
    texts = [f"Lamp {n}" if n % share == 0 else f"Lampshade {n}" for n in range(120)]
    send_texts(desk, *texts)
    found = all_pages(desk, "lamp")
    assert sorted(found) == sorted(texts)


def test_what_cannot_be_found_yet_is_told_to_whom_it_concerns(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    send_texts(desk, "Parcel")
    behind = "is not found yet"
    assert behind not in look(desk, "parcel")
    Submission.objects.update(has_words=False)
    for words in ("parcel", "nothing"):
        assert behind in look(desk, words)
        assert behind not in look(other_desk, words)
    index_words()
    assert behind not in look(desk, "nothing")


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


def test_a_lead_finds_what_the_team_sent_since_they_joined(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    colleague = make_colleague()
    team = make_team(colleague, lead=other_desk.person)
    share_key(desk.key, team)
    before = send_texts(desk, "Parcel before", by=colleague)
    Submission.objects.filter(pk=before.pk).update(
        created_at=team.memberships.get(user=colleague).joined_at - timedelta(days=1)
    )
    send_texts(desk, "Parcel since", by=colleague)
    send_texts(desk, "Parcel of the owner")
    assert shown(other_desk, "parcel") == ["Parcel since"]


def test_what_one_sent_is_found_when_the_key_is_gone(desk: Desk) -> None:
    send_texts(desk, "Parcel")
    desk.key.delete()
    assert shown(desk, "parcel") == ["Parcel"]


def test_a_task_is_gone_to_by_its_id(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    submission = send_texts(desk, "Parcel")
    task_id = submission.rows.get().task_id
    for words in (f"{task_id}", f" #{task_id} "):
        answer = desk.browser.get("/search/", {"q": words})
        assert answer["Location"] == f"/keys/{desk.key.pk}/workflows/{desk.workflow.workflow_id}/tasks/{task_id}/"
    assert f"Task {task_id} was not sent from here" in look(other_desk, f"{task_id}")


def test_a_task_of_two_workflows_is_asked_about(desk: Desk) -> None:
    first, second = send_texts(desk, "One"), send_texts(desk, "Two")
    other = open_workflow(desk.key, 43, name="Others")
    Submission.objects.filter(pk=second.pk).update(workflow_id=43, workflow_name=other.name)
    task_id = first.rows.get().task_id
    second.rows.update(task_id=task_id)
    text = look(desk, f"{task_id}")
    assert "More than one workflow has a task with this ID" in text
    assert f"/workflows/43/tasks/{task_id}/" in text


def test_a_task_that_was_not_sent_from_here_is_looked_for_where_one_was_last(desk: Desk) -> None:
    text = look(desk, "987654321")
    assert "Task 987654321 was not sent from here" in text
    assert f"/keys/{desk.key.pk}/workflows/{desk.workflow.workflow_id}/tasks/987654321/" in text


def test_a_number_in_quotes_is_a_word(desk: Desk) -> None:
    submission = send_texts(desk, "Invoice 417000417")
    submission.rows.update(task_id=417000417)
    assert shown(desk, '"417000417"') == ["Invoice 417000417"]


def test_what_was_not_sent_has_no_words_and_what_is_replaced_loses_them(desk: Desk) -> None:
    desk.draft(GOOD | {"input_text": "Parcel unsent"})
    index_words()
    assert shown(desk, "parcel") == []
    submission = send_texts(desk, "Parcel sent")
    Submission.objects.filter(pk=submission.pk).update(state="draft")
    save_draft(desk.person, desk.key, desk.workflow, [GOOD], submission.token, "form")
    assert not Word.objects.exists()
    assert not Submission.objects.get(pk=submission.pk).has_words


def test_it_may_be_killed_anywhere_and_done_twice(desk: Desk) -> None:
    from pipelines_portal.search import keeping
    from pipelines_portal.submissions.sending import send

    submission = send(
        desk.draft(*({"input_text": f"Parcel {n}", "target_language": "French"} for n in range(700))), desk.client
    )

    def die() -> None:
        raise KeyboardInterrupt

    with before_statement("INSERT INTO search_word", die, nth=4), pytest.raises(KeyboardInterrupt):
        keeping.keep_next()
    assert not Submission.objects.get(pk=submission.pk).has_words
    index_words()
    whole = set(Word.objects.values_list("token", "row_id"))
    keeping.keep_words(submission)
    assert set(Word.objects.values_list("token", "row_id")) == whole
    assert len(shown(desk, "parcel 699")) == 1
    assert len(shown(desk, "parcel 12")) == 1


def test_it_is_found_under_a_rotated_key_and_after_the_older_one_is_gone(desk: Desk, settings: Any) -> None:
    send_texts(desk, "Parcel")
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    assert shown(desk, "parcel") == ["Parcel"]
    before = Word.objects.count()
    call_command("rotate_encryption", verbosity=0)
    settings.ENCRYPTION_KEYS = [new]
    assert shown(desk, "parcel") == ["Parcel"]
    assert Word.objects.count() == before


def test_what_a_worker_without_the_key_left_out_is_found_after_the_rotation(desk: Desk, settings: Any) -> None:
    old, new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *old]
    send_texts(desk, "Parcel")
    Word.objects.all().delete()
    Submission.objects.update(has_words=False)
    settings.ENCRYPTION_KEYS = old
    index_words()
    settings.ENCRYPTION_KEYS = [new, *old]
    assert shown(desk, "parcel") == []
    call_command("rotate_encryption", verbosity=0)
    assert shown(desk, "parcel") == ["Parcel"]


def test_what_can_no_longer_be_opened_is_left_out(desk: Desk) -> None:
    """Its tokens are there, and nobody can compare."""
    send_texts(desk, "Parcel one")
    kept = send_texts(desk, "Parcel two")
    RowBlock.objects.exclude(submission=kept).update(data=Fernet(Fernet.generate_key()).encrypt(b"x"))
    assert shown(desk, "parcel") == ["Parcel two"]


def test_what_was_sent_is_shown_as_text(desk: Desk) -> None:
    send_texts(desk, "<script>alert(1)</script> parcel")
    text = look(desk, "parcel")
    assert "<script>alert" not in text
    assert "<mark>parcel</mark>" in text
