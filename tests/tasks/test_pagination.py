"""The way back through a list that the API pages only forward."""

from typing import Any
from urllib.parse import parse_qs

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.tasks.pagination import Pagination
from tests.factories import open_workflow
from tests.fake_api import FakeApi, answer
from tests.samples import task
from tests.tasks.test_list import address, link

ONE_OF_MANY = answer(200, {"tasks": [task(7)], "next_cursor": "next", "has_more": True})


def test_a_pasted_way_back_is_cut_to_forty_pages(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    pasted = "?cursor=here" + "".join(f"&newer=page{number}" for number in range(500))
    scripted_api.script = [ONE_OF_MANY]
    query = link(page.get(address(workflow, pasted)).content.decode(), "newer") or ""
    found = parse_qs(query.removeprefix("?"))
    assert (found["cursor"], len(found["newer"])) == (["page499"], 39)


def test_the_way_back_leads_through_forty_pages_to_the_first() -> None:
    here = Pagination()
    for _ in range(50):
        here = here.to_older("next")
    assert len(here.newer) == 40
    for _ in range(40):
        here = here.to_newer()
    assert here.cursor == "next" and not here.to_newer().cursor


def test_the_way_back_stays_short_where_cursors_are_long() -> None:
    here = Pagination()
    for number in range(30):
        here = here.to_older(f"{number:0300}")
    assert len(here.newer) == 10
    assert here.to_newer().cursor == f"{28:0300}"
    assert len(here.query(status="attention")) < 4000
