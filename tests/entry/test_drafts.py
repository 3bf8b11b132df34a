"""The list of drafts: what a person typed or imported, and has not sent."""

from typing import Any
from uuid import uuid4

from pipelines_portal.entry.drafts import list_drafts
from pipelines_portal.entry.models import Sheet, TypedDraft
from pipelines_portal.keys.models import SavedKey
from tests.factories import make_stranger, open_workflow, save_key
from tests.pages import text_of


def test_the_persons_forms_and_imports_are_listed_the_newest_first(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key, name="Translations")
    place = {"key": saved_key, "workflow_id": workflow.workflow_id}
    TypedDraft.objects.create(owner=saved_key.owner, token=uuid4(), **place)
    TypedDraft.objects.create(owner=make_stranger(), token=uuid4(), **place)
    values = {"workflow_name": "Translations", "size_bytes": 1, "row_count": 3, "owner": saved_key.owner}
    Sheet.objects.create(file_name="rows.csv", status="matching", **place, **values)
    Sheet.objects.create(file_name="on-its-way.csv", status="sending", **place, **values)
    words = text_of(page.get("/drafts/"))
    assert words.index("rows.csv") < words.index("1 task")
    assert "3 rows" in words and "on-its-way.csv" not in words
    assert len(list_drafts(saved_key.owner)) == 2


def test_a_draft_of_a_key_that_is_no_longer_shared_has_no_link(page: Any, saved_key: SavedKey) -> None:
    others = save_key(make_stranger(), "pk_live_" + "c" * 40)
    TypedDraft.objects.create(owner=saved_key.owner, key=others, workflow_id=7, token=uuid4())
    [draft] = list_drafts(saved_key.owner)
    assert draft.address == ""
    assert "Its API key is no longer shared with you" in text_of(page.get("/drafts/"))
