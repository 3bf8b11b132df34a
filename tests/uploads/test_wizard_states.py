"""Step 2 of the wizard: its views, its templates and its scripts know the same words, and none that joins nothing."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from pipelines_portal.uploads.page_states import Instruction, State
from tests.each_case import each_case
from tests.factories import Desk, make_upload

PROJECT = Path(__file__).resolve().parents[2]
SCRIPTS = {path.stem: path.read_text() for path in (PROJECT / "static/js/zip-upload").glob("*.js")}
LISTS = SCRIPTS["states"]
SCRIPT = "\n".join(text for name, text in SCRIPTS.items() if name != "states")
VIEWS = "\n".join(path.read_text() for path in (PROJECT / "pipelines_portal/uploads/views").glob("*.py"))


class Attributes(HTMLParser):
    """The values of every attribute of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.values.setdefault(name, []).append(value or "")


def attributes_of_page(desk: Desk, settings: Any) -> dict[str, list[str]]:
    """The page with all its parts, also what it says of an earlier try."""
    upload = make_upload(desk, problem="The archive has not arrived.")
    address = reverse("uploads:send", args=[desk.key.pk, desk.workflow.workflow_id, upload.pk])
    return Attributes(desk.browser.get(address).content.decode()).values


def members(name: str) -> dict[str, str]:
    """One of the lists in states.js."""
    block = re.search(rf"const {name} = Object\.freeze\(\{{(.*?)\}}\)", LISTS, re.DOTALL)
    return dict(re.findall(r'(\w+): "([^"]+)"', block[1])) if block else {}


def used(name: str, text: str) -> set[str]:
    """The members of a list that a text sets, answers or goes to: to compare with one leads nowhere."""
    return set(re.findall(rf"(?<![.\w]){name}\.([A-Z_]+)", re.sub(rf"[!=]== {name}\.\w+", "", text)))


@pytest.mark.parametrize("words", [State, Instruction])
def test_portal_and_script_have_the_same_list(words: type[State] | type[Instruction]) -> None:
    assert members(words.__name__) == {member.name: member.value for member in words}


def test_every_state_has_one_part_of_its_own(desk: Desk, settings: Any) -> None:
    """Beside those it shares with others."""
    shown = attributes_of_page(desk, settings)
    own = [states for states in shown["data-when"] if " " not in states]
    assert sorted(own) == sorted(State)
    assert {state for states in shown["data-when"] for state in states.split()} == set(State)


def test_every_state_is_reached(desk: Desk, settings: Any) -> None:
    """By the page as it comes, by a view's answer, or by the script; and none that does not exist."""
    shown = attributes_of_page(desk, settings)
    first = {State(state).name for state in shown["data-state"]}
    assert first | used("State", VIEWS) | used("State", SCRIPT) == {state.name for state in State}


def test_every_instruction_is_given_and_followed() -> None:
    names = {instruction.name for instruction in Instruction}
    assert used("Instruction", VIEWS) == names
    assert set(re.findall(r"=== Instruction\.(\w+)", SCRIPT)) == names


def test_views_and_script_name_no_state_by_hand() -> None:
    answers = re.findall(r'"outcome": ([^,}]+)', VIEWS)
    assert len(answers) > 5
    assert [answer for answer in answers if not re.fullmatch(r"(State|Instruction)\.[A-Z_]+", answer)] == []
    assert re.findall(r'(?:show|stop)\(["\'`].*|outcome: ["\'`].*|outcome [!=]== ["\'`].*', SCRIPT) == []


def called(function: str) -> set[str]:
    return set(re.findall(rf'\b{function}\(\s*"([^"]+)"', SCRIPT))


def actions() -> set[str]:
    block = re.search(r"#actions = \{(.*?)\n  \};", SCRIPT, re.DOTALL)
    return set(re.findall(r'^    "?([a-z-]+)"?: \(', block[1], re.MULTILINE)) if block else set()


def mismatches() -> set[str]:
    return {value for name, value in members("Mismatch").items() if name in used("Mismatch", SCRIPT)}


def addresses() -> set[str]:
    return {name.lower() for name in re.findall(r"#urls\.(\w+)Url", SCRIPT)}


JOINED = {
    "data-do": actions,
    "data-text": lambda: called("text"),
    "data-notice": lambda: called("notice"),
    "data-sentence": mismatches,
}


@each_case("attribute", JOINED)
def test_what_the_page_marks_is_what_the_script_uses(desk: Desk, settings: Any, attribute: str) -> None:
    """No button without an action, no action without a button; texts, notices and sentences alike."""
    shown = attributes_of_page(desk, settings)
    assert set(shown[attribute]) == JOINED[attribute]()


def test_every_address_is_asked(desk: Desk, settings: Any) -> None:
    shown = attributes_of_page(desk, settings)
    given = {match[1] for name in shown if (match := re.fullmatch(r"data-(\w+)-url", name))}
    assert given == addresses()
