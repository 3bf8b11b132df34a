"""Enter in a field presses the field's own button, on every page."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.fake_api import FakeApi

from .table import ACCESS, NOBODY
from .test_access import URLS, address_of
from .world import PEOPLE, World, make_world

TEXT_LIKE = {
    "text", "search", "email", "url", "tel", "password", "number", "date", "month", "week", "time", "datetime-local",
}  # fmt: skip
BUTTONS = {"submit", "image"}


@dataclass
class Control:
    """A text field or a submit button of a form."""

    tag: str
    attrs: dict[str, str | None]
    words: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        said = " ".join(" ".join(self.words).split())
        return said or self.attrs.get("name") or self.attrs.get("id") or ""

    @property
    def is_button(self) -> bool:
        return self.tag == "button" or self.attrs.get("type") in BUTTONS

    @property
    def presses(self) -> tuple[Any, ...]:
        return tuple(self.attrs.get(name) for name in ("formaction", "name", "value", "formmethod"))


class Forms(HTMLParser):
    """The text fields and submit buttons of each form, in their order. A form is named by its id or its place."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: dict[str, list[Control]] = {}
        self._form = ""
        self._button: Control | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self._form = values.get("id") or f"at line {self.getpos()[0]}"
        kind = values.get("type") or ("text" if tag == "input" else "submit")
        is_control = tag in ("input", "button") and kind in TEXT_LIKE | BUTTONS and "disabled" not in values
        owner = values.get("form") or self._form
        if is_control and owner:
            control = Control(tag, values)
            self.controls.setdefault(owner, []).append(control)
            self._button = control if tag == "button" else self._button

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        if tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._button:
            self._button.words.append(data)


def wrong_presses(html: str) -> Iterator[str]:
    """Yield each field in which Enter presses another button than its own, which is the next one in its form.

    Enter presses the first button of a form. With the value "enter", that one stands for the field's own: the view
    looks at which field was filled in.
    """
    for form, controls in Forms(html).controls.items():
        buttons = [control for control in controls if control.is_button]
        for place, control in enumerate(controls):
            if control.is_button or not buttons or buttons[0].attrs.get("value") == "enter":
                continue
            own = next((each for each in controls[place:] if each.is_button), buttons[-1])
            if own.presses != buttons[0].presses:
                yield f"{form}: Enter in “{control.name}” presses “{buttons[0].name}”, not “{own.name}”"


def test_enter_presses_the_button_of_the_field(db: None, before_api: FakeApi, settings: Any) -> None:
    world = make_world(before_api)
    world.sign_everybody_in()
    world.type_row()
    fields, wrong = 0, set[str]()
    for name in (name for name in sorted(URLS) if ACCESS[name].get != NOBODY):
        with transaction.atomic():
            address = address_of(name, world)
            html = html_of(world, first_who_sees(name), address)
            fields += sum(not control.is_button for each in Forms(html).controls.values() for control in each)
            wrong |= {f"{name}, {each}" for each in wrong_presses(html)}
            transaction.set_rollback(True)
    assert not wrong
    assert fields > 100, "the pages have fields"


def first_who_sees(name: str) -> str:
    """Return a person who may open the page: the owner of the key if possible, who sees most forms."""
    people = ("owner", "administrator", *PEOPLE)
    return next((person for person in people if ACCESS[name].get[PEOPLE.index(person)] == "."), "anonymous")


def html_of(world: World, person: str, address: str) -> str:
    browser = Client() if person == "anonymous" else world.browsers[person]
    answer = browser.get(address)
    return b"".join(answer).decode() if answer.get("Content-Type", "").startswith("text/html") else ""


@pytest.mark.parametrize(
    ("html", "is_right"),
    [
        ("<form><button>A</button><input><button formaction='/b'>B</button></form>", False),
        ("<form><input><button>A</button><button formaction='/b'>B</button></form>", True),
        (
            "<form id='f'></form><button form='f' name='other'>A</button><input form='f'><button form='f'>B</button>",
            False,
        ),
        ("<form><button type='button'>A</button><input type='search'><button>B</button></form>", True),
        ("<form><button disabled>A</button><input><button>B</button></form>", True),
        ("<form><button>A</button><input type='checkbox'><button name='b'>B</button></form>", True),
    ],
)
def test_a_wrong_button_is_found(html: str, is_right: bool) -> None:
    assert bool(list(wrong_presses(html))) is not is_right
