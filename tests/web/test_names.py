"""Names that change what stands around them, in lists and in mails, are refused wherever names are given."""

from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.accounts.forms import NameForm, PasskeyForm
from pipelines_portal.accounts.models import User
from pipelines_portal.keys.forms import RenameKeyForm, SavedKeyForm
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people.forms import AcceptForm, TeamForm
from pipelines_portal.people.models import Invitation
from pipelines_portal.web.form_fields import one_line
from pipelines_portal.web.mail import send_mail

# A mail's next header, a mail's own first words, text turned around, nothing at all.
BAD = [
    "a\rBcc: x@else.example",
    "You are locked out\nGo to else.example",
    "Maria \u202eretsbeW",
    "\u200b",
    "\u2060\u00ad",
]
GOOD = ["Maria Weber", "名前", "O’Brien-Łukasz 2", "می\u200cخواهم", "👩\u200d🔬", "ACME / R&D (Köln)"]
FORMS = [NameForm, TeamForm]


def forms(name: str, person: User) -> list[Any]:
    data = {"name": name}
    asked = [
        AcceptForm(Invitation(email="new@acme.example"), data),
        SavedKeyForm(person, data),
        RenameKeyForm(SavedKey(owner=person), data),
        PasskeyForm(data, user=person),
    ]
    return [*(form(data) for form in FORMS), *asked]


@pytest.mark.parametrize("name", BAD)
def test_a_name_is_one_line_that_is_seen(name: str, person: User) -> None:
    for form in forms(name, person):
        assert "Remove line breaks" in str(form.errors.get("name")), form


@pytest.mark.parametrize("name", GOOD)
def test_names_of_people_are_names(name: str, person: User) -> None:
    for form in forms(name, person):
        assert "name" not in form.errors, form


def test_what_an_idp_calls_somebody_is_made_one_line() -> None:
    assert one_line("Maria\r\n\u202eWeber\0") == "Maria   Weber"


@pytest.mark.django_db
def test_a_mails_subject_is_one_line_whatever_is_named_in_it(settings: Any, mailoutbox: Any) -> None:
    settings.MAIL_IS_ON = True
    context = {
        "invitation": {
            "invited_by": User(email="a@acme.example", name="a\rBcc: x@else.example"),
            "ends_at": timezone.now(),
            "get_role_display": "Operator",
            "teams": {"all": []},
        },
        "link": "https://portal",
    }
    assert send_mail("new@acme.example", "people/invitation_mail.txt", context)
    assert mailoutbox[0].subject == "a Bcc: x@else.example invited you to Pipelines Portal"
