"""The form for one task."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from tests.simulation.invariants import Broken, Expectations
from tests.simulation.office import Office
from tests.simulation.people.actions import FRENCH, Actions
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


class FormActions(Actions):
    def __init__(self, office: Office, expected: Expectations) -> None:
        super().__init__(office, expected)
        self.forms: list[Form] = []

    def forget_open_pages(self) -> None:
        """Close all forms, as after a restore: what one of them would send may have been sent since the backup."""
        self.forms = []

    def send_form(self) -> None:
        row = self._new_row()
        form = Form(self._browser(), self._new_token(), row.text, row.code, row.language)
        self.forms.append(form)
        self._send(form)

    def send_form_again(self) -> None:
        """Press the button twice, or go back and press it, or try again after a failure."""
        if not self.forms:
            self.send_form()
        else:
            self._send(world.chance.choice([self.forms[-1], *self.forms[-4:]]))

    def send_changed_form(self) -> None:
        """Change the text in a form that the portal showed again, or that a person returns to."""
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
        answer = self._post(form.browser, "tasks/new/", fields)
        if answer.status_code == 302:
            form.is_shown_again = False
            # Another action has just changed it, or the page leads to the row that it became and that was typed over.
            is_changed = form.text != text or "/grid/?at=" in answer["Location"]
            if text not in self.office.stored_texts() and not is_changed:
                raise Broken(f"lost from a form: {text!r} is not saved, and the page went on")
            # A draft does not count as saved: what the person types next replaces it.
            if text in self.office.submitted_texts() and not is_changed:
                self.expected.saved.add(text)
        elif token := re.search(r'name="token" value="([^"]+)"', answer.content.decode()):
            if text not in answer.content.decode():
                raise Broken(f"lost from a form: {text!r} is not on the page that is shown again")
            form.token, form.is_shown_again = token[1], True
            if world.happens("accepts", 0.5):
                form.accepted = re.findall(r'name="accept" value="([^"]*)"', answer.content.decode())
