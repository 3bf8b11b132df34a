"""A form and its draft keep the formats with which they were typed. A later choice changes no value that was shown."""

from typing import Any
from uuid import uuid4

from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import SubmissionRow
from tests.conftest import EVERY_TYPE
from tests.each_case import each_case
from tests.factories import open_workflow
from tests.pages import text_of

GOOD = {"field-short": "A", "field-sure": "true"}


def hidden(html: str, name: str) -> str:
    return html.split(f'name="{name}" value="')[1].partition('"')[0]


@each_case(("then", "text", "later"), [(",", "2,000", "."), (".", "2.000", ","), (",", "2,000", "")])
def test_a_draft_means_what_it_meant(page: Any, saved_key: Any, then: str, text: str, later: str) -> None:
    workflow = open_workflow(saved_key, EVERY_TYPE)
    address = reverse("new_task:create", args=[workflow.key_id, workflow.workflow_id])
    User.objects.update(number_format=then)
    opened = text_of(page.get(address))
    typed = GOOD | {"field-amount": text, "token": uuid4(), "notation": hidden(opened, "notation")}
    page.post(reverse("new_task:draft_save", args=[workflow.key_id, workflow.workflow_id]), typed)
    User.objects.update(number_format=later)
    found = text_of(page.get(address))
    assert f'value="{text}"' in found and hidden(found, "notation") == then
    page.post(address, typed | {"token": uuid4(), "notation": hidden(found, "notation")})
    assert [row.fields["amount"] for row in SubmissionRow.objects.all()] == [2]


def test_what_was_undecided_is_asked_about(page: Any, saved_key: Any) -> None:
    workflow = open_workflow(saved_key, EVERY_TYPE)
    address = reverse("new_task:create", args=[workflow.key_id, workflow.workflow_id])
    User.objects.update(number_format=",")
    answer = page.post(address, GOOD | {"field-amount": "1.000", "token": uuid4(), "notation": ""})
    assert answer.status_code == 422
    assert "Is it 1000 or 1?" in text_of(answer)
