"""What is shown when the portal itself fails leads to where it is told what became of what was sent."""

from typing import Any

import pytest

from tests.pages import text_of

LEADS = 'href="/submissions/">View Sent'


@pytest.fixture
def failing(page: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A person's browser, at a portal whose pages all fail."""

    def fail(*given: object, **named: object) -> None:
        raise RuntimeError("Oops")

    monkeypatch.setattr("pipelines_portal.web.rendering.render", fail)
    page.raise_request_exception = False
    return page


@pytest.mark.django_db
def test_what_was_sent_and_is_uncertain_leads_to_the_submissions(failing: Any) -> None:
    answer = failing.post("/account/confirm/", {})
    assert answer.status_code == 500
    assert "We don’t know if this was saved" in text_of(answer) and LEADS in text_of(answer)
    note = failing.post("/account/confirm/", {}, headers={"HX-Request": "true"})
    assert "<html" not in text_of(note) and LEADS in text_of(note)


@pytest.mark.django_db
def test_a_page_that_only_reads_leads_to_the_workflows(failing: Any) -> None:
    answer = failing.get("/account/")
    assert answer.status_code == 500
    assert "Try again" in text_of(answer) and LEADS not in text_of(answer)
    assert 'class="btn primary" href="/account/"' in text_of(answer)
