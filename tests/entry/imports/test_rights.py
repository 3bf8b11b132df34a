"""Rights end at once: each request asks again whether the owner may send."""

from collections.abc import Callable

import pytest

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from tests.fake_api import FakeApi, Plan
from tests.pages import text_of

from .conftest import work
from .office import Office

Ends = Callable[[Office, User], object]
ENDS: dict[str, Ends] = {
    "share taken back": lambda office, person: office.key.shares.all().delete(),
    "taken out of the team": lambda office, person: person.memberships.all().delete(),
    "deactivated": lambda office, person: User.objects.filter(pk=person.pk).update(is_active=False),
    "made viewer": lambda office, person: User.objects.filter(pk=person.pk).update(role="viewer"),
}


@pytest.mark.parametrize("how", ENDS)
def test_nothing_is_sent_after_the_owner_loses_the_right(office: Office, api: FakeApi, how: str) -> None:
    """The right ends after the first of two requests."""
    sheet = office.imported()
    api.plans = [Plan(after=lambda: ENDS[how](office, office.people["ben"]), on="POST")]
    office.post("ben", sheet, "send", rows=4)
    work()
    sheet.refresh_from_db()
    assert len(api.tasks) == 2 and sheet.status == Sheet.Status.PAUSED
    assert sheet.problem.startswith("Ben Okafor no longer has access to this key. Transfer the import")
    assert how != "deactivated" or "Transfer" in text_of(office.get("maria", sheet))


def test_nothing_is_sent_after_the_key_is_removed(office: Office, api: FakeApi) -> None:
    sheet = office.imported()
    api.plans = [Plan(after=lambda: SavedKey.objects.all().delete(), on="POST")]
    office.post("ben", sheet, "send", rows=4)
    work()
    assert len(api.tasks) == 2
