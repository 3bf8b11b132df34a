"""Instructions for a workflow and hints for its fields: who writes them, and where they are read."""

from typing import Any

import pytest
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.workflows.models import WorkflowNote
from pipelines_portal.workflows.notes import LONGEST_HINT, LONGEST_INSTRUCTIONS
from pipelines_portal.workflows.opening import forget_workflow, open_workflow
from pipelines_portal.workflows.templatetags.workflow_pages import linked
from tests.conftest import TRANSLATIONS
from tests.factories import Desk, browser_of, make_person, make_team, share_key

TEXT = "Use formal German.\nHandbook: https://wiki.example/a?b=1&c=2."


def fields(desk: Desk) -> str:
    return f"/keys/{desk.key.pk}/workflows/{TRANSLATIONS}/fields/"


def shown(desk: Desk, by: User | None = None) -> str:
    return (browser_of(by) if by else desk.browser).get(fields(desk)).content.decode()


def new_task(desk: Desk) -> str:
    return desk.browser.get(fields(desk).replace("fields/", "tasks/new/")).content.decode()


def save(desk: Desk, browser: Client | None = None, **texts: str) -> Any:
    """Post the notes as a page does that was opened now, with these changes."""
    stored = dict(WorkflowNote.objects.values_list("field", "text"))
    seen = {f"initial-hint-{name}" if name else "initial-instructions": text for name, text in stored.items()}
    kept = {name.removeprefix("initial-"): text for name, text in seen.items()}
    return (browser or desk.browser).post(fields(desk), seen | kept | texts)


def stored() -> dict[str, str]:
    return dict(WorkflowNote.objects.values_list("field", "text"))


def test_instructions_and_hints_are_shown_at_the_form(desk: Desk) -> None:
    assert TEXT not in new_task(desk)
    answer = save(desk, instructions=TEXT, **{"hint-input_text": "As the customer wrote it"})
    assert (answer.status_code, answer.url) == (302, fields(desk))
    page = new_task(desk)
    assert "Use formal German.<br>" in page
    assert (
        '<a href="https://wiki.example/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">'
        "https://wiki.example/a?b=1&amp;c=2</a>." in page
    )
    assert '<span class="help" id="id_field-input_text_hint">As the customer wrote it</span>' in page
    assert 'aria-describedby="id_field-input_text_hint' in page
    event = Event.objects.get(verb="workflow-notes-changed")
    assert event.detail["fields"] == ["input_text", "instructions"]


def test_a_changed_hint_is_shown_at_once_and_an_empty_one_is_removed(desk: Desk) -> None:
    save(desk, **{"hint-input_text": "First"})
    assert "First" in new_task(desk)
    save(desk, **{"hint-input_text": "Second"})
    assert "First" not in new_task(desk)
    save(desk, **{"hint-input_text": " \r\n "})
    assert stored() == {}
    assert "_hint" not in new_task(desk)


def test_saving_nothing_new_leaves_no_event(desk: Desk) -> None:
    save(desk, instructions=TEXT)
    save(desk)
    assert Event.objects.filter(verb="workflow-notes-changed").count() == 1


def test_people_of_the_key_read_them_and_leads_write_them(desk: Desk) -> None:
    lead, member = make_person("lead@acme.example"), make_person("member@acme.example")
    lead_elsewhere = make_person("else@acme.example")
    share_key(desk.key, make_team(member, lead=lead))
    make_team(lead=lead_elsewhere, name="Elsewhere")
    share_key(desk.key, lead_elsewhere)
    assert save(desk, browser_of(lead), instructions=TEXT).status_code == 302
    assert WorkflowNote.objects.get().person == lead
    for reader in (member, lead_elsewhere):
        page = shown(desk, reader)
        assert "Use formal German." in page
        assert "<textarea" not in page
        assert save(desk, browser_of(reader), instructions="Mine").status_code == 403
    assert stored() == {"": TEXT}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("instructions", "x" * (LONGEST_INSTRUCTIONS + 1), "at most 2000 characters"),
        ("hint-input_text", "x" * (LONGEST_HINT + 1), "at most 300 characters"),
        ("instructions", "The key is pk_live_" + "a" * 40, "That looks like an API key"),
    ],
)
def test_a_wrong_text_is_named_at_its_field(desk: Desk, name: str, text: str, sentence: str) -> None:
    answer = save(desk, **{name: text, "hint-target_language": "Ask first"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert f'id="id_{name}_error"' in page
    assert "Ask first" in page
    assert stored() == {}


def test_texts_are_cleaned(desk: Desk) -> None:
    save(desk, instructions="One\r\nTwo\rThree\u202e four\x07\x00", **{"hint-input_text": "a\u2028b"})
    assert stored() == {"": "One\nTwo\nThree  four", "input_text": "a b"}


def test_two_people_who_change_different_texts_both_keep_theirs(desk: Desk) -> None:
    save(desk, instructions="Old", **{"hint-input_text": "Old hint"})
    opened = {
        "initial-instructions": "Old", "instructions": "Old", "initial-hint-input_text": "Old hint",
        "hint-input_text": "Old hint",
    }  # fmt: skip
    assert desk.browser.post(fields(desk), opened | {"instructions": "Theirs"}).status_code == 302
    assert desk.browser.post(fields(desk), opened | {"hint-input_text": "Mine"}).status_code == 302
    assert stored() == {"": "Theirs", "input_text": "Mine"}


def test_a_text_that_somebody_else_changed_is_shown_before_it_is_replaced(desk: Desk) -> None:
    save(desk, instructions="Old")
    opened = {"initial-instructions": "Old"}
    desk.browser.post(fields(desk), opened | {"instructions": "Theirs"})
    answer = desk.browser.post(fields(desk), opened | {"instructions": "Mine"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Someone else changed it to “Theirs”. Save again to replace it." in page
    assert 'name="initial-instructions" value="Theirs"' in page
    assert stored() == {"": "Theirs"}
    assert (
        desk.browser.post(fields(desk), {"initial-instructions": "Theirs", "instructions": "Mine"}).status_code == 302
    )
    assert stored() == {"": "Mine"}


def test_notes_stay_when_the_workflow_is_taken_off_the_list(desk: Desk) -> None:
    save(desk, instructions=TEXT)
    forget_workflow(desk.workflow, desk.person)
    open_workflow(desk.key, desk.client, TRANSLATIONS, desk.person)
    assert "Use formal German." in new_task(desk)


def test_notes_of_another_key_or_workflow_are_not_shown(desk: Desk) -> None:
    WorkflowNote.objects.create(key=desk.key, workflow_id=TRANSLATIONS + 1, text="Elsewhere")
    assert "Elsewhere" not in new_task(desk) + shown(desk)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://a.example/b, please", 'See <a href="https://a.example/b">https://a.example/b</a>, please'),
        ("(HTTP://A.example)", '(<a href="HTTP://A.example">HTTP://A.example</a>)'),
        ("javascript:alert(1) data:text/html,x //a.example", "javascript:alert(1) data:text/html,x //a.example"),
        (
            'https://a.example/"onclick=x <b>',
            '<a href="https://a.example/">https://a.example/</a>&quot;onclick=x &lt;b&gt;',
        ),
        (
            "https://a.example/<script>alert(1)</script>",
            '<a href="https://a.example/">https://a.example/</a>&lt;script&gt;alert(1)&lt;/script&gt;',
        ),
        ("https:// https://...", "https:// https://..."),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(text: str, expected: str) -> None:
    assert linked(text).replace(' target="_blank" rel="noopener noreferrer"', "") == expected
