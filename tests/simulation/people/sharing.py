"""Sharing the key and stopping it, and looking at pages of other people."""

from django.test import Client

from tests.simulation.invariants import Broken
from tests.simulation.people.actions import Actions, require_signed_in
from tests.simulation.stored import TEXT
from tests.simulation.world import world

MOST_PAGES = 4
LISTS = ("/", "/submissions/", "/drafts/", "/attention/")


class SharingActions(Actions):
    def share_key(self) -> None:
        if not self.office.shares_of_colleague():
            self._post(
                self.office.owner_browser, f"{self.office.key_url}share/", {"people": self.office.colleague.email}
            )

    def stop_sharing(self) -> None:
        """End the share of the colleague, who may be at work."""
        self.expected.has_sharing_stopped = True
        for pk in self.office.shares_of_colleague():
            self._post(self.office.owner_browser, f"{self.office.key_url}take-back/{pk}/")

    def try_as_viewer(self) -> None:
        """Send a form as somebody who may only read. Nobody requested this text."""
        form = {"field-input_text": self._new_text(), "field-target_language": "French", "token": self._new_token()}
        self._post(self.office.viewer, "tasks/new/", form)

    def look_around(self) -> None:
        """Open lists, and pages of others by their URLs, as a stranger, a viewer or the colleague."""
        browser, owner = world.chance.choice(self.office.readers())
        own = self.office.texts_of_owner(owner)
        for url in LISTS:
            self._check_texts(browser, url, own)
        others = self.office.urls_of_others(owner)
        if owner == self.office.stranger_id or (
            owner == self.office.colleague.pk and not self.office.shares_of_colleague()
        ):
            others += [self.office.key_url, f"{self.office.url}tasks/", f"{self.office.url}tasks/new/"]
        for url in world.chance.sample(others, min(MOST_PAGES, len(others))):
            if self._check_texts(browser, url, own) == 200:
                raise Broken(f"seen by others: {url} is shown to person {owner}")

    def _check_texts(self, browser: Client, url: str, own: set[str]) -> int:
        answer = require_signed_in(browser.get(url))
        world.note(f"    {url} {answer.status_code}")
        if shown := set(TEXT.findall(b"".join(answer).decode())) - own:
            raise Broken(f"seen by others: {url} names {sorted(shown)[:3]}")
        return int(answer.status_code)
