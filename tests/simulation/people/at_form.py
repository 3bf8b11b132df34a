"""The form for one task."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from tests.simulation.invariants import Broken, Expectations
from tests.simulation.office import Office
from tests.simulation.people.person import FRENCH, Person
from tests.simulation.world import world


@dataclass
class Form:
    """A form that is open in a browser."""

    browser: Client
    token: str
    text: str
    code: str = ""
    language: str = FRENCH
    is_shown_again: bool = False
    # The warnings that are ticked as accepted.
    accepted: list[str] = field(default_factory=list)


class AtForm(Person):
    def __init__(self, office: Office, expected: Expectations) -> None:
        super().__init__(office, expected)
        self.forms: list[Form] = []

    def forget_open_pages(self) -> None:
        """After a restore: what a page that is still open would send may have been sent since."""
        self.forms = []

    def send_form(self) -> None:
        form = Form(self._browser(), self._new_token(), self._text_of_row(), self._new_code(), self._language())
        self.forms.append(form)
        self._send(self.forms[-1])

    def send_form_again(self) -> None:
        """Press the button twice, or go back and press it, or try again after a failure."""
        if not self.forms:
            self.send_form()
        else:
            self._send(world.chance.choice([self.forms[-1], *self.forms[-4:]]))

    def send_changed_form(self) -> None:
        """Change the text in a form that the portal showed again, or to which a person goes back."""
        if shown := [form for form in self.forms if form.is_shown_again] or self.forms[-2:]:
            self.change_form(world.chance.choice(shown))

    def change_form(self, form: Form) -> None:
        self.expected.saved.discard(form.text)
        form.text, form.code = self._new_text(), self._new_code()
        self._send(form)

    def _send(self, form: Form) -> None:
        text = form.text
        self.expected.requested.add(text)
        fields: dict[str, Any] = {
            "field-input_text": text,
            "field-target_language": form.language,
            "token": form.token,
            "then": "list",
        }
        fields |= {"field-notes": form.code} if form.code else {}
        fields |= {"accept": form.accepted} if form.accepted else {}
        world.note(f"    {text} {form.code}".rstrip())
        try:
            answer = self._post(form.browser, "tasks/new/", fields)
        finally:
            self._permit_hidden(form.browser, text)
        if answer.status_code == 302:
            form.is_shown_again = False
            is_changed = form.text != text  # somebody changed it in another window meanwhile
            if text not in self.office.stored_texts() and not is_changed:
                raise Broken(f"lost from a form: {text!r} is not saved, and the page went on")
            if (
                text in self.office.submitted_texts() and not is_changed
            ):  # a draft gives way to what the person types next
                self.expected.saved.add(text)
        elif token := re.search(r'name="token" value="([^"]+)"', answer.content.decode()):
            if text not in answer.content.decode():
                raise Broken(f"lost from a form: {text!r} is not on the page that is shown again")
            form.token, form.is_shown_again = token[1], True
            if world.chance.random() < 0.5:
                form.accepted = re.findall(r'name="accept" value="([^"]*)"', answer.content.decode())

    def _permit_hidden(self, browser: Client, text: str) -> None:
        """A form does not tell the colleague that the owner of the key sent the same."""
        colleague = self.office.people[1]
        if self.office.owner_of(browser) == colleague and self.office.owners_of(text) > {colleague.pk}:
            self.expected.permitted[text] = max(self.expected.permitted[text], 1)
