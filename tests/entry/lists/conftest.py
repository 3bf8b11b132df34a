"""A key's reference lists in the set-up of a workflow, as a browser changes them."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import ListFile, OpenedWorkflow, ReferenceList
from tests.entry.grid.conftest import TypedGrid
from tests.factories import open_workflow
from tests.fake_api import FakeApi

CUSTOMERS = """Kundennr;Firma;Land;UmsatzVJ
4711;Nordlicht GmbH;DE;120400
4712;Nordwind Logistik AG;DE;8800
4730;Norma Textil SAS;FR;310
5103;Şahin Gıda Sanayi ve Ticaret Anonim Şirketi İstanbul;TR;7
6120;Bau Nord KG, Flensburg;DE;12
"""


@dataclass
class Lists:
    browser: Any
    workflow: OpenedWorkflow

    def address(self, name: str, *more: Any) -> str:
        return reverse(f"lists:{name}", args=[self.workflow.key_id, self.workflow.workflow_id, *more])

    def choose(self, data: str | bytes, name: str = "customers.csv", replaced: ReferenceList | None = None) -> Any:
        """Choose a file for a new list, or to replace one."""
        address = self.address("replace", replaced.pk) if replaced else self.address("upload")
        content = data.encode() if isinstance(data, str) else data
        return self.browser.post(address, {"file": SimpleUploadedFile(name, content)})

    def decide(self, **values: Any) -> Any:
        """Say what the columns of the chosen file are, and store the list."""
        file = ListFile.objects.get()
        version = {"version": file.reference_list.version} if file.reference_list else {"name": "Customers"}
        columns = {"code": "0", "label": "1", "do": "save"}
        return self.browser.post(self.address("columns", file.pk), version | columns | values)

    def add(self, data: str | bytes = CUSTOMERS, **values: Any) -> ReferenceList:
        self.choose(data)
        stored = self.decide(**values)
        assert stored.status_code == 302, stored.content.decode()
        return ReferenceList.objects.latest("pk")

    def replace(self, stored: ReferenceList, data: str, **values: Any) -> Any:
        self.choose(data, replaced=stored)
        return self.decide(**values)

    def add_rule(self, stored: ReferenceList, field: str = "notes", **fills: str) -> None:
        """Add the rule that a field is one of the list. `fills`: columns by their places, with the fields they fill."""
        columns = {name.replace("_", "-"): field for name, field in fills.items()}
        values = {"field": field, "kind": "one of", "list": stored.pk, "when": "", "message": "", "do": "save"}
        address = reverse("rules:add", args=[self.workflow.key_id, self.workflow.workflow_id])
        answer = self.browser.post(address, values | columns)
        assert answer.status_code == 302, answer.content.decode()


@pytest.fixture
def lists(page: Any, saved_key: SavedKey, api: FakeApi) -> Lists:
    return Lists(page, open_workflow(saved_key, name="Translations"))


@pytest.fixture
def grid(lists: Lists) -> TypedGrid:
    return TypedGrid(lists.browser, lists.workflow, lists.workflow.key.owner)
