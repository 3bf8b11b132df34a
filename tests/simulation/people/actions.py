"""The base of all actions: the office, the browsers, and new values to type."""

from typing import Any, NamedTuple
from uuid import UUID

from django.test import Client

from tests.simulation.invariants import Broken, Expectations
from tests.simulation.office import Office
from tests.simulation.stored import TEXT
from tests.simulation.world import world

FRENCH, GERMAN = "French", "German"
# The share of rows for which the rule wants a note.
IN_GERMAN = 0.4
# How often the colleague acts without access to the key.
WITHOUT_ACCESS = 0.2
# The share of rows that duplicate one of the latest, and how many are the latest.
DUPLICATES, LATEST_ROWS = 0.3, 12


class Row(NamedTuple):
    """The values of a row that a person types or imports. The code is empty on days without codes."""

    text: str
    language: str
    code: str


def require_signed_in(answer: Any) -> Any:
    if answer.status_code == 401 or answer.get("Location", "").startswith("/sign-in/"):
        raise Broken("signed out although nobody signed out")
    return answer


class Actions:
    """What people can do. Each subclass has the actions of one part of the portal; `People` joins them."""

    def __init__(self, office: Office, expected: Expectations) -> None:
        self.office, self.expected = office, expected
        self.texts = 0
        # Whether rows have codes, each of which may be used once.
        self.has_codes, self.code = False, "code"
        # The last step in which somebody sent rows or an archive: what is withdrawn in it may be requested again.
        self.last_sending_step = -1
        # Whether a rule wants a note for each row in German.
        self.has_note_rule = False
        # Whether rows come again, as when a file is imported twice, and all rows.
        self.has_duplicate_rows, self.rows = False, list[Row]()

    def _browser(self) -> Client:
        """Return the browser of the key's owner or of the colleague, who rarely has no access to the key."""
        owner, colleague = self.office.browsers
        is_first, is_lost = world.happens("is owner", 0.5), world.chance.random() < WITHOUT_ACCESS
        return owner if is_first or not (is_lost or self.office.shares_of_colleague()) else colleague

    def _new_text(self) -> str:
        self.texts += 1
        return f"text {self.texts}"

    def _new_row(self) -> Row:
        """Return new values, or those of another row, for which nobody wants a second task."""
        if self.has_duplicate_rows and self.rows and world.chance.random() < DUPLICATES:
            row = world.chance.choice(self.rows[-LATEST_ROWS:])
            self.expected.duplicates.add(row.text)
            self.expected.skipped.discard(row.text)
            return row
        self.rows.append(Row(self._new_text(), self._language(), self._new_code()))
        return self.rows[-1]

    def _new_code(self) -> str:
        """Return a code, often one that was used before or is used at the same time, or "" on days without codes."""
        if self.has_codes and world.chance.random() < 0.5:
            self.code = f"code {world.chance.randrange(self.texts + 3)}"
        return self.code if self.has_codes else ""

    def _language(self) -> str:
        return GERMAN if self.has_note_rule and world.happens("is german", IN_GERMAN) else FRENCH

    def _new_token(self) -> str:
        return str(UUID(int=world.chance.getrandbits(128), version=4))

    def _withdraw(self, texts: set[str]) -> None:
        """Expect that nothing more is sent, unless somebody sends it again in this step."""
        may_exist = {*self.office.task_counts(), *TEXT.findall(" ".join(world.on_the_wire))}
        if self.last_sending_step != world.step:
            self.expected.requested -= texts - may_exist - self.expected.duplicates

    def _post(self, browser: Client, url: str, data: Any = None, **options: Any) -> Any:
        """Post to a URL below the workflow's, or to a whole one, which begins with a slash."""
        answer = browser.post(url if url.startswith("/") else self.office.url + url, data or {}, **options)
        world.note(f"    POST {url.rpartition(self.office.url)[2]} {answer.status_code} {answer.get('Location', '')}")
        return require_signed_in(answer)
