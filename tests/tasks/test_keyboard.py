"""How many Tabs it takes to reach the first task of a list."""

from html.parser import HTMLParser
from typing import Any

from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from tests.factories import make_index, make_task, open_workflow
from tests.fake_api import FakeApi
from tests.tasks.test_list import address

# What opens later, and what is not displayed: the bar of a selection, and the link of a list that is not live.
CLOSED_TAGS, CLOSED_CLASSES = {"details", "dialog", "template", "noscript"}, {"selbar", "when-not"}
VOID_TAGS = {"input", "img", "br", "hr", "link", "meta", "col"}


class TabStops(HTMLParser):
    """The names of what Tab stops at, in the order of the document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.stops: list[str] = []
        self.closed: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        is_hidden = values.get("type") == "hidden" or values.get("tabindex") == "-1"
        is_stop = tag in ("button", "input", "select", "textarea") or (tag == "a" and "href" in values)
        if (is_stop and not is_hidden and not self.closed) or (tag == "summary" and self.closed == ["details"]):
            self.stops.append(values.get("class") or values.get("id") or tag)
        is_closed = tag in CLOSED_TAGS or "popover" in values or values.get("class") in CLOSED_CLASSES
        if (is_closed or self.closed) and tag not in VOID_TAGS:
            self.closed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.closed:
            assert self.closed.pop() == tag


def test_the_first_task_is_eleven_tabs_from_the_start_of_the_page(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    api.set_status(api.create(3, workflow.workflow_id)[:1], "failed")
    make_index(workflow, [make_task(1, "failed", timezone.now())])
    for number in range(900, 920):
        open_workflow(saved_key, number, name=f"Workflow {number}")
    stops = TabStops(page.get(address(workflow)).content.decode()).stops
    assert "chip" in stops and stops.index("rowlink") + 1 <= 11, stops
