"""The ledger for someone whose session ended while a page of it was open."""

import pytest
from django.test import Client

from pipelines_portal.keys.models import SavedKey
from tests.factories import make_submission

# The ledger's pages, and what they post.
PAGES = ["/submissions/", "/submissions/{id}/", "/submissions/{id}/errors.csv"]


@pytest.mark.parametrize("address", PAGES)
def test_a_fragment_that_refreshes_itself_is_told(
    client: Client, saved_key: SavedKey, static_root: None, address: str
) -> None:
    """Not the whole sign-in page in the fragment's place."""
    submission = make_submission(saved_key.owner, saved_key, status="sending")
    headers = {"HX-Request": "true", "HX-Target": "submission"}
    note = client.get(address.format(id=submission.pk), headers=headers)
    assert note.status_code == 401
    assert (note["HX-Retarget"], note["HX-Reswap"]) == ("#page-notice", "innerHTML show:none")
    assert "You’re signed out" in note.content.decode()
    assert "<html" not in note.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_head_is_answered_as_get_is(page: Client, saved_key: SavedKey, static_root: None, address: str) -> None:
    submission = make_submission(saved_key.owner, saved_key, status="sending")
    answer = page.head(address.format(id=submission.pk))
    assert (answer.status_code, b"".join(answer)) == (200, b"")
