"""An office of two teams that use the same key."""

from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.entry.imports.jobs import work_now
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import teams_through
from tests.factories import browser_of, make_person, make_team, open_workflow, share_key

from .making import distinct, make_import


@dataclass
class Office:
    """`maria` owns the key. `ben` is a member of Intake, which `lena` leads; `anna` of Photos, which `chris` leads."""

    key: SavedKey
    people: dict[str, User]
    teams: dict[str, Team]
    browsers: dict[str, Client] = field(default_factory=dict)

    def browser(self, name: str) -> Client:
        if name not in self.browsers:
            self.browsers[name] = browser_of(self.people[name])
        return self.browsers[name]

    @property
    def import_tab(self) -> str:
        return reverse("imports:new", args=[self.key.pk, 42])

    def imported(self, name: str = "ben", rows: int = 4, **values: Any) -> Sheet:
        """Create a checked import of distinct rows that sends two rows with each request."""
        schema = client_for(self.key).schema(42)
        owner = self.people[name]
        sheet = make_import(self.key, schema, distinct(rows), **{"owner": owner, "rows_per_request": 2} | values)
        sheet.teams.set(teams_through(owner, self.key))
        work_now(sheet)
        return sheet

    def get(self, name: str, sheet: Sheet, page: str = "detail", *more: Any) -> Any:
        return self.browser(name).get(address(sheet, page, *more), follow=True)

    def post(self, name: str, sheet: Sheet, page: str, **data: Any) -> Any:
        return self.browser(name).post(address(sheet, page), data, follow=True)


def address(sheet: Sheet, page: str, *more: Any) -> str:
    return reverse(f"sheets:{page}", args=[sheet.pk, *more])


def make_office(key: SavedKey) -> Office:
    names = {"ben": "Ben Okafor", "lena": "Lena Fuchs", "anna": "Anna Kovacs", "chris": "Chris Moreau"}
    people = {short: make_person(f"{short}@acme.example", name=name) for short, name in names.items()}
    intake = make_team(people["ben"], lead=people["lena"])
    photos = make_team(people["anna"], lead=people["chris"], name="Photos")
    share_key(key, intake)
    share_key(key, photos)
    key.owner.name = "Maria Weber"
    key.owner.save()
    open_workflow(key, 42, name="Translations")
    return Office(key, people | {"maria": key.owner}, {"intake": intake, "photos": photos})
