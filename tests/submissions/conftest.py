"""A person with a key, before a real External API; for faults the key is pointed at tests/faulty_api.py."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient
from pipelines_portal.saved_keys.access import client_for
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.conftest import TRANSLATIONS, save_key
from tests.faulty_api import Answer, FaultyApi, answer, faulty_api
from tests.live import ExternalApi

GOOD = {"input_text": "Hello", "target_language": "French"}
BAD = {"input_text": "Hello", "target_language": "Klingon"}
EMPTY_LIST = answer(200, {"tasks": [], "next_cursor": None, "has_more": False})


@dataclass
class Desk:
    """A person at work: their browser, key and workflow."""

    person: User
    browser: Client
    key: SavedKey
    workflow: OpenedWorkflow

    @property
    def client(self) -> PipelinesClient:
        return client_for(self.key)

    def draft(self, *rows: dict[str, Any], workflow: OpenedWorkflow | None = None, kind: str = "form") -> Submission:
        return save_draft(self.person, self.key, workflow or self.workflow, rows or [GOOD], uuid4(), kind)


@pytest.fixture
def desk(db: None, before_api: ExternalApi, org_key: str) -> Desk:
    return open_desk("maria@acme.example", org_key)


@pytest.fixture
def other_desk(db: None, before_api: ExternalApi, second_key: str) -> Desk:
    """Someone else with a key of their own, who may not see what the first one sent."""
    return open_desk("paul@acme.example", second_key)


def open_desk(email: str, org_key: str) -> Desk:
    person = User.objects.create_user(email)
    key = save_key(person, org_key, "Acme Labeling")
    workflow = OpenedWorkflow.objects.create(key=key, workflow_id=TRANSLATIONS, name="Translations", status="ACTIVE")
    browser = Client()
    browser.force_login(person)
    return Desk(person, browser, key, workflow)


@pytest.fixture
def faults(desk: Desk, settings: Any) -> Callable[..., AbstractContextManager[FaultyApi]]:
    """`with faults(answer) as api:` answers so to every POST; before it the task list is empty."""

    @contextmanager
    def start(*script: Answer) -> Iterator[FaultyApi]:
        with faulty_api(EMPTY_LIST, *script) as api:
            settings.PIPELINES_API_URL = api.url
            yield api

    return start


def posts(api: FaultyApi) -> int:
    return sum(request.startswith("POST") for request in api.requests)
