"""A number or a day with two meanings is asked about, and a button answers without creating anything."""

import re
from typing import Any
from uuid import uuid4

from django.http import QueryDict
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.forms import with_answer
from tests.fake_api import FakeApi
from tests.pages import text_of

from .test_entering import GOOD, open_triage
from .test_new import address


def test_a_button_answers_what_was_meant(page: Any, person: User, api: FakeApi) -> None:
    """Without creating anything. The answer is in the draft."""
    triage = open_triage(person, api)
    for name, typed, question, answers in (
        ("value", "1.240", "Is it 1240 or 1.24?", ["1240", "1.24"]),
        ("value", "1.245", "Is it 1.245 or 1245?", ["1.2450", "1245"]),
        ("value", "12 %", "Is it 0.12 or 12?", ["0.12", "12"]),
        ("received", "3/5/2026 9:00", "Is it 3 May or 5 March?", ["3 May 2026 09:00", "5 Mar 2026 09:00"]),
    ):
        form = GOOD | {f"field-{name}": typed, "zone": "Europe/Vienna", "token": uuid4()}
        asked = page.post(address(triage), form)
        assert (asked.status_code, question in text_of(asked)) == (422, True)
        found = re.findall(r'name="answer" value="([^"]*)"', asked.content.decode())
        assert found == [f"field-{name}:{text}" for text in answers]
        answered = page.post(address(triage), form | {"answer": found[0]})
        assert (answered.status_code, api.calls("POST")) == (200, [])
        assert f'value="{answers[0]}"' in answered.content.decode() or "2026-05-03" in answered.content.decode()
    assert "2026-05-03" in text_of(page.get(address(triage)))
    assert page.post(address(triage), form | {f"field-{name}": answers[0]}).status_code == 302


def test_no_button_drops_what_is_not_understood(page: Any, person: User, api: FakeApi) -> None:
    triage = open_triage(person, api)
    for typed in ("3/5/2026 10h30", "3/5/2026 10:15Z", "3/5/2026 at 9", "3/5/2026 110:15"):
        asked = page.post(address(triage), GOOD | {"field-received": typed, "zone": "Europe/Vienna", "token": uuid4()})
        assert (asked.status_code, 'name="answer"' in asked.content.decode()) == (422, False)
    for answer in ("", "x", "token:1", "field-nothing:1", "field-value"):
        shown = page.post(address(triage), GOOD | {"field-value": "1.240", "answer": answer, "token": uuid4()})
        assert shown.status_code == 200 and api.calls("POST") == []


def test_an_answer_can_be_kept(page: Any, person: User, api: FakeApi) -> None:
    triage = open_triage(person, api)
    for name, typed, answer, kept in (
        ("value", "12 %", "12", ("", "")),
        ("value", "1.240", "1240", (",", "")), ("value", "1.240", "1.24", (".", "")),
        ("received", "3/5/2026", "5 Mar 2026", ("", "month")), ("received", "3/5/2026", "3 May 2026", ("", "day")),
    ):  # fmt: skip
        User.objects.update(number_format="", date_format="")
        form = GOOD | {f"field-{name}": typed, "zone": "Europe/Vienna", "notation": "", "token": uuid4()}
        asked = page.post(address(triage), form).content.decode()
        assert ('name="always"' in asked) is (typed != "12 %")
        shown = page.post(address(triage), form | {"answer": f"field-{name}:{answer}", "always": f"field-{name}"})
        person.refresh_from_db()
        assert (person.number_format, person.date_format) == kept
        assert f'name="notation" value="{"".join(kept)}"' in shown.content.decode()


def test_the_likely_answer_comes_first(page: Any, person: User, api: FakeApi) -> None:
    triage = open_triage(person, api)
    for language, number, day in (
        ("de-AT,de;q=0.9", "1245", "3 May 2026"), ("en-US", "1.2450", "5 Mar 2026"), ("en-GB", "1.2450", "3 May 2026"),
    ):  # fmt: skip
        form = GOOD | {"field-value": "1.245", "field-received": "3/5/2026", "zone": "UTC", "token": uuid4()}
        asked = page.post(address(triage), form, headers={"accept-language": language}).content.decode()
        found = re.findall(r'name="answer" value="field-(\w+):([^"]*)"', asked)
        first = {name: next(text for each, text in found if each == name) for name, _ in found}
        assert first == {"value": number, "received": day}


def test_a_field_whose_name_has_a_colon_is_answered(page: Any, saved_key: Any, api: FakeApi) -> None:
    posted = QueryDict("field-a:b=3/5/2026&field-a=x&answer=field-a:b:3 May 2026 09:00")
    assert with_answer(posted).dict() == posted.dict() | {"field-a:b": "3 May 2026 09:00"}


def test_the_meaning_that_is_shown_is_that_of_the_form(page: Any, person: User, api: FakeApi) -> None:
    triage = open_triage(person, api)
    User.objects.update(date_format="month")
    place = reverse("new_task:time_read", args=[triage.key_id, triage.workflow_id])
    said = page.get(place, {"field-received": "3/5/2026", "zone": "Europe/Vienna", "notation": "day"})
    assert "3 May 2026" in text_of(said)
