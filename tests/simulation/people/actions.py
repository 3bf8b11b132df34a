"""The base of all actions: the office, the browsers, and new values to type."""

from typing import Any
from uuid import UUID

from django.test import Client

from tests.simulation.invariants import Broken, Expectations
from tests.simulation.office import TEXT, Office
from tests.simulation.world import world

FRENCH, GERMAN = "French", "German"
# Rows of which a rule of the workflow wants a note.
IN_GERMAN = 0.4
WITHOUT_ACCESS = 0.2
# How many rows equal one of the latest.
EQUAL, LATEST_ROWS = 0.3, 12


def require_signed_in(answer: Any) -> Any:
    if answer.status_code == 401 or answer.get("Location", "").startswith("/sign-in/"):
        raise Broken("signed out, although nobody did so")
    return answer


class Actions:
    """What people can do. Each subclass has the actions of one part of the portal; `People` joins them."""

    def __init__(self, office: Office, expected: Expectations) -> None:
        self.office, self.expected = office, expected
        self.texts = 0
        # Whether rows have codes, of which each may be used once.
        self.has_codes, self.code = False, "code"
        # The last step in which somebody wanted rows of an import or of the grid.
        self.sends_in_step = -1
        # Whether a rule wants a note for each row in German.
        self.has_rule = False
        # Whether rows come a second time, as from a file that is imported again, and the texts of all rows.
        self.has_equal_rows, self.texts_of_rows = False, list[str]()

    def _browser(self) -> Client:
        """Return somebody's browser, rarely that of one who has no access to the key."""
        owner, colleague = self.office.browsers
        is_first, is_lost = world.chance.random() < 0.5, world.chance.random() < WITHOUT_ACCESS
        return owner if is_first or not (is_lost or self.office.shares_of_colleague()) else colleague

    def _new_text(self) -> str:
        self.texts += 1
        return f"text {self.texts}"

    def _text_of_row(self) -> str:
        """Return a new text, or one that another row has already, of which nobody wants a second task."""
        if self.has_equal_rows and self.texts_of_rows and world.chance.random() < EQUAL:
            text = world.chance.choice(self.texts_of_rows[-LATEST_ROWS:])
            self.expected.equal.add(text)
            return text
        self.texts_of_rows.append(self._new_text())
        return self.texts_of_rows[-1]

    def _new_code(self) -> str:
        """Return a code that was often used before, or that somebody uses at the same time."""
        if self.has_codes and world.chance.random() < 0.5:
            self.code = f"code {world.chance.randrange(self.texts + 3)}"
        return self.code if self.has_codes else ""

    def _language(self) -> str:
        return GERMAN if self.has_rule and world.chance.random() < IN_GERMAN else FRENCH

    def _new_token(self) -> str:
        return str(UUID(int=world.chance.getrandbits(128), version=4))

    def _want_no_longer(self, texts: set[str]) -> None:
        """After this, nothing more is sent until somebody wants it again. That may be in this step, later."""
        may_exist = {*self.office.task_counts(), *TEXT.findall(" ".join(world.on_the_wire))}
        if self.sends_in_step != world.step:
            self.expected.requested -= texts - may_exist - self.expected.equal

    def _post(self, browser: Client, url: str, data: Any = None, **options: Any) -> Any:
        """Post to a URL of the workflow, or to one that begins with a slash."""
        answer = browser.post(url if url.startswith("/") else self.office.url + url, data or {}, **options)
        world.note(f"    POST {url.rpartition(self.office.url)[2]} {answer.status_code} {answer.get('Location', '')}")
        return require_signed_in(answer)
