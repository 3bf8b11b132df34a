"""The control keys that 100 tickets of 11 fields take in the grid and in the form, typed in Chromium.

An operator who knows the keys types the tickets of a fixed seed and pins what stays the same for a while. In the grid
the number counts up, and Tab leaves a cell. In the form Enter leaves a field, the first letter chooses an option, and
each ticket is sent by "Create and add another". Of the values, 60 % are those of one of the last ten tickets.
Arrows, Tab, Enter, Ctrl, Alt, function keys and such are counted; letters, digits and Shift are the text itself.

Claims:
  control keys for 100 tickets in the grid, those that create them among them    at most 600
  control keys for 100 tickets in the form, likewise                             at most 900
  values that differ from the typed tickets, in either                           at most 0
BENCH_TICKETS reduces the number of tickets; the claims about keys are then those of as many.
"""

import json
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect, sync_playwright
from shared.measuring import claim, size
from shared.person import Person
from shared.programs import ExternalApi, external_api, portal, run_bench, workflow

TICKETS, MOST_KEYS_IN_GRID, MOST_KEYS_IN_FORM = size("BENCH_TICKETS", 100), 600, 900
GRID_WORKFLOW, FORM_WORKFLOW = 42, 43
ZONE = "Europe/Vienna"
Ticket = dict[str, str]
COUNTRIES, CHANNELS, TEAMS = ["Austria", "Germany", "Switzerland"], ["Email", "Phone", "Web shop"], ["North", "South"]
DAYS = [f"2026-11-{day} 09:00" for day in range(23, 28)]


def field(name: str, kind: str = "short_text", **more: Any) -> dict[str, Any]:
    return {"name": name, "title": name.replace("_", " ").capitalize(), "type": kind, "required": True, **more}


FIELDS = [
    field("order_number"), field("customer"), field("country", "select", options=COUNTRIES),
    field("received", "datetime"), field("channel", "select", options=CHANNELS), field("product"),
    field("net", "numeric"), field("gross", "numeric"), field("priority", "rating", min=1, max=5),
    field("team", "select", options=TEAMS), field("notes"),
]  # fmt: skip
NAMES = [each["name"] for each in FIELDS]
NUMBER = "order_number"
# They stay the same for many tickets.
STEADY = {"country": COUNTRIES, "received": DAYS, "channel": CHANNELS, "priority": list("12345"), "team": TEAMS}
# They are often those of one of the last ten tickets.
RECENT = {"customer": ("Customer {}", 0.7), "product": ("Lamp {}", 0.65), "notes": ("Gate {}", 0.6)}
CHOSEN = ("country", "channel", "priority", "team")
# In the storage of the window: the form is another page for each ticket.
COUNT_KEYS = """
    addEventListener("keydown", ({ key }) => {
        const isControl = key.length > 1 && key !== "Shift";
        sessionStorage.controlKeys = Number(sessionStorage.controlKeys ?? 0) + (isControl ? 1 : 0);
    }, true);
"""
STORED = """() => [...document.querySelectorAll("tr[data-number]:not([data-blank])")].map((row) =>
    [...row.children].slice(1, -1).map((cell) => cell.dataset.edited ?? cell.dataset.text ?? cell.textContent))"""


CREATED = f"""
import json
from pipelines_portal.external_api.models import Task
print(json.dumps(list(Task.objects.filter(workflow={FORM_WORKFLOW}).order_by("pk").values_list("fields", flat=True))))
"""


def make_tickets(count: int) -> list[Ticket]:
    chance = random.Random(17)
    tickets = list[Ticket]()
    for number in range(count):
        ticket = {NUMBER: f"A-{104412 + number}"}
        for name, choices in STEADY.items():
            stays = tickets and chance.random() > 0.04
            ticket[name] = tickets[-1][name] if stays else chance.choice(choices)
        for name, (text, share) in RECENT.items():
            known = [each[name] for each in tickets[-10:]]
            ticket[name] = chance.choice(known) if known and chance.random() < share else text.format(900 + number)
        for name in ("net", "gross"):
            ticket[name] = f"{chance.randint(1_000, 99_999)}.{chance.randint(11, 99)}"
        tickets.append({name: ticket[name] for name in NAMES})
    return tickets


def share_of_repeated(tickets: list[Ticket]) -> float:
    repeated = sum(
        ticket[name] in [each[name] for each in tickets[max(place - 10, 0) : place]]
        for place, ticket in enumerate(tickets)
        for name in NAMES
    )
    return repeated / len(tickets) / len(NAMES)


class GridOperator:
    """Types tickets into the grid, and knows what it fills in by itself."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pinned: Ticket = {}
        self.is_counting = False

    def type(self, place: int, ticket: Ticket) -> None:
        to_type = [name for name in NAMES if not self._is_filled(name, ticket)]
        for name in to_type:
            self._go_to(name)
            self.page.keyboard.type(ticket[name])
            if name in STEADY:
                self._pin(name)
                self.pinned[name] = ticket[name]
            elif name == NUMBER and place == 1:
                self._pin(name)
                self.is_counting = True
        self.page.keyboard.press("Tab")

    def _is_filled(self, name: str, ticket: Ticket) -> bool:
        return self.is_counting if name == NUMBER else self.pinned.get(name) == ticket[name]

    def _go_to(self, name: str) -> None:
        """Press Tab if that leads to the field, or else arrows."""
        here, there = self._here(), NAMES.index(name)
        if here == there:
            return
        passed = NAMES[here + 1 : there]
        leads_there = name not in self.pinned and all(self._is_passed(each) for each in passed)
        for key in ["Tab"] if leads_there else ["ArrowRight"] * (there - here):
            self.page.keyboard.press(key)
        if self._here() != there:
            raise RuntimeError(f"The keys led to {NAMES[self._here()]} instead of {name}.")

    def _is_passed(self, name: str) -> bool:
        return name in self.pinned or (name == NUMBER and self.is_counting)

    def _here(self) -> int:
        place: int = self.page.evaluate("document.activeElement.closest('td').cellIndex - 1")
        return place

    def _pin(self, name: str) -> None:
        title = name.replace("_", " ").capitalize()
        self.page.evaluate("document.getElementById('grid-said').textContent = ''")
        self.page.keyboard.press("Alt+p")
        expect(self.page.locator("#grid-said")).to_contain_text(f"{title} pinned")
        expect(self.page.locator("tr.pinned")).to_be_visible()
        expect(self.page.locator("td:focus")).to_have_count(1)


class FormOperator:
    """Types tickets into the form, and knows what it fills in by itself."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pinned: Ticket = {}

    def type(self, ticket: Ticket) -> None:
        for name in NAMES:
            if self.pinned.get(name) == ticket[name]:
                continue
            self._go_to(name)
            self.page.keyboard.type(ticket[name][0] if name in CHOSEN else ticket[name])
            if name in STEADY:
                if name not in self.pinned:
                    self.page.keyboard.press("Alt+p")
                self.pinned[name] = ticket[name]
        with self.page.expect_navigation():
            self.page.keyboard.press("Control+Shift+Enter")
        if "?like=" not in self.page.url:
            raise RuntimeError(f"Not created: {self.page.locator('#main').inner_text()}")

    def _go_to(self, name: str) -> None:
        """Press Enter, which passes pinned fields, or else Tab."""
        here, there = self._here(), NAMES.index(name)
        if here == there:
            return
        leads_there = name not in self.pinned and all(each in self.pinned for each in NAMES[here + 1 : there])
        for key in ["Enter"] if leads_there else ["Tab" if there > here else "Shift+Tab"] * abs(there - here):
            self.page.keyboard.press(key)
        if self._here() != there:
            raise RuntimeError(f"The keys led to {NAMES[self._here()]} instead of {name}.")

    def _here(self) -> int:
        place: int = self.page.evaluate(
            "[...document.querySelectorAll('.field[id]')].indexOf(document.activeElement.closest('.field'))"
        )
        return place


def type_into_form(page: Page, tickets: list[Ticket]) -> int:
    """Return the number of control keys."""
    page.goto(f"/keys/1/workflows/{FORM_WORKFLOW}/tasks/new/?view=form")
    page.evaluate("delete sessionStorage.controlKeys")
    operator = FormOperator(page)
    for ticket in tickets:
        operator.type(ticket)
    return control_keys(page)


def type_into_grid(page: Page, tickets: list[Ticket]) -> int:
    """Return the number of control keys."""
    page.goto(f"/keys/1/workflows/{GRID_WORKFLOW}/sheets/new/")
    expect(page.locator("tr[data-blank] td:focus")).to_have_count(1)
    operator = GridOperator(page)
    for place, ticket in enumerate(tickets):
        operator.type(place, ticket)
    page.keyboard.press("Control+Enter")
    waiting = page.get_by_text("will be created in").or_(page.locator("tr[data-sent] .state a"))
    expect(waiting.first).to_be_visible(timeout=60_000)
    return control_keys(page)


def control_keys(page: Page) -> int:
    keys: int = page.evaluate("Number(sessionStorage.controlKeys)")
    return keys


def count_wrong_tasks(api: ExternalApi, tickets: list[Ticket]) -> int:
    """Compare the tasks with the tickets."""
    created = json.loads(api.manage("shell", "--verbosity", "0", "--command", CREATED))
    wrong = abs(len(created) - len(tickets)) * len(NAMES)
    for ticket, fields in zip(tickets, created, strict=False):
        for name, value in as_sent(ticket).items():
            if fields.get(name) != value:
                wrong += 1
                print(f"{name}: {value!r} was created as {fields.get(name)!r}")
    return wrong


def as_sent(ticket: Ticket) -> dict[str, Any]:
    received = datetime.fromisoformat(ticket["received"]).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    return ticket | {
        "received": received.strftime("%Y-%m-%dT%H:%M:%SZ"), "priority": int(ticket["priority"]),
        "net": float(ticket["net"]), "gross": float(ticket["gross"]),
    }  # fmt: skip


def count_wrong_rows(page: Page, tickets: list[Ticket]) -> int:
    """Load the page again and compare what is stored."""
    page.reload()
    stored = page.evaluate(STORED)
    wrong = abs(len(stored) - len(tickets)) * len(NAMES)
    for ticket, texts in zip(tickets, stored, strict=False):
        for name, text in zip(NAMES, texts, strict=True):
            if text != ticket[name]:
                wrong += 1
                print(f"{name}: {ticket[name]!r} is stored as {text!r}")
    return wrong


def sign_in(page: Page, person: Person) -> None:
    cookies = [{"name": each.name, "value": each.value or "", "url": person.url} for each in person.session.cookies]
    page.context.add_cookies(cookies)  # type: ignore[arg-type]


def measure(folder: Path) -> Iterator[bool]:
    tickets = make_tickets(TICKETS)
    print(f"{share_of_repeated(tickets):.0%} of the values are those of one of the last ten tickets")
    flows = [workflow(each, fields=FIELDS) for each in (GRID_WORKFLOW, FORM_WORKFLOW)]
    with (
        external_api(folder / "api", workflows=flows) as api,
        portal(folder / "portal", api.api_url) as program,
        sync_playwright() as playwright,
    ):
        program.load_demo(api.create_key(), GRID_WORKFLOW, FORM_WORKFLOW)
        program.start_worker()
        path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(base_url=program.url, timezone_id=ZONE)
        page.add_init_script(COUNT_KEYS)
        sign_in(page, program.sign_in())
        in_grid = type_into_grid(page, tickets)
        wrong = count_wrong_rows(page, tickets)
        in_form = type_into_form(page, tickets)
        wrong += count_wrong_tasks(api, tickets)
        browser.close()
    for place, keys, most in (("grid", in_grid, MOST_KEYS_IN_GRID), ("form", in_form, MOST_KEYS_IN_FORM)):
        print(f"{keys} control keys in the {place}, {keys / len(tickets):.1f} for a ticket")
        yield claim(f"control keys for {len(tickets)} tickets in the {place}", keys, most * len(tickets) / 100)
    yield claim("values that differ", wrong, 0)


if __name__ == "__main__":
    run_bench(measure)
