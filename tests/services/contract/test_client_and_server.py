"""The API client against the real External API, over HTTP, and against the fake one that other tests use.

What holds for both shows that the fake one answers as the real one does.
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import requests

from pipelines_portal.api_client import (
    IN_A_PAGE,
    Conflict,
    InvalidRequest,
    NotFound,
    PipelinesClient,
    Transport,
    Unauthorized,
    ValidationFailed,
)
from pipelines_portal.submissions.outcomes import named_rows
from tests.client_calls import create_rows
from tests.conftest import ACME, DRAFT, ELSEWHERE, EVERY_TYPE, FILES, ORGANIZATIONS, PAUSED, TRANSLATIONS
from tests.fake_api import FakeApi, fake_api
from tests.live import ExternalApi, api_worker, wait_until

GOOD = {"input_text": "Hello", "target_language": "French"}


class RealApi:
    """The External API in a process of its own."""

    def __init__(self, api: ExternalApi) -> None:
        self.api, self.url = api, api.url

    def new_key(self) -> str:
        return self.api.new_key(ACME)

    def revoke(self, key: str) -> None:
        self.api.revoke(key, ACME)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Process uploads until the block ends."""
        with api_worker(self.api):
            yield

    def process(self, upload_id: UUID) -> None:
        """Do nothing: the real API's worker processes the upload."""


class Fake:
    """The fake API in the tests' own process."""

    def __init__(self, api: FakeApi) -> None:
        self.api, self.url = api, api.url

    def new_key(self) -> str:
        return self.api.new_key(ACME)

    def revoke(self, key: str) -> None:
        self.api.revoke(key)

    @contextmanager
    def working(self) -> Iterator[None]:
        yield

    def process(self, upload_id: UUID) -> None:
        self.api.process(upload_id)


@pytest.fixture(scope="module", params=["real", "fake"])
def server(request: pytest.FixtureRequest) -> Iterator[RealApi | Fake]:
    if request.param == "real":
        yield RealApi(request.getfixturevalue("api"))
        return
    with fake_api() as api:
        api.load(*ORGANIZATIONS)
        yield Fake(api)


@pytest.fixture(scope="module")
def client(server: RealApi | Fake) -> PipelinesClient:
    return PipelinesClient(Transport(server.url), server.new_key(), IN_A_PAGE)


def test_a_workflow_and_its_schema(client: PipelinesClient) -> None:
    """S4, S5, S111 to S113, S121, S148, S178."""
    assert client.workflow(TRANSLATIONS).name == "French translations"
    assert client.workflow(DRAFT).accepts_tasks is False
    schema = client.schema(TRANSLATIONS)
    assert [field.name for field in schema.fields] == ["input_text", "target_language", "notes"]
    assert schema.fields[1].choices == ["French", "German", "Spanish"]
    assert (schema.has_file_upload_fields, schema.has_only_file_upload_fields) == (False, False)
    assert client.schema(FILES).has_only_file_upload_fields


def test_tasks_are_created_listed_and_read(client: PipelinesClient) -> None:
    """S6, S7, S8, S97, S103, S107, S181."""
    created = create_rows(client, PAUSED, [GOOD] * 5)
    assert (created.success_count, created.error_count, len(created.task_ids)) == (5, 0, 5)
    first = client.list_tasks(PAUSED, limit=3)
    second = client.list_tasks(PAUSED, limit=3, cursor=first.next_cursor)
    listed = [task.id for task in (*first.tasks, *second.tasks)]
    assert listed[:5] == sorted(created.task_ids, reverse=True)
    assert client.task(PAUSED, created.task_ids[0]).node_summary.total == 5
    assert client.task(PAUSED, created.task_ids[0]) == second.tasks[1]


def test_a_partial_success_names_the_rows_that_failed(client: PipelinesClient) -> None:
    """S125 to S129, S133."""
    created = create_rows(client, TRANSLATIONS, [{"input_text": "no language"}, GOOD, {"Text to translate": "a title"}])
    assert (created.success_count, created.error_count) == (1, 2)
    assert {error.index for error in created.errors} == {0, 2}
    assert "Missing required columns: target_language" in [error.message for error in created.errors]


def test_an_all_failed_refusal_still_names_its_rows(client: PipelinesClient) -> None:
    """S134, S135: read out of the message that the server wrote."""
    with pytest.raises(ValidationFailed) as refused:
        create_rows(client, TRANSLATIONS, [{"input_text": "x"}, GOOD | {"Target language": "French"}])
    named = named_rows(refused.value)
    assert (0, "target_language", "Missing required columns: target_language") in named
    assert [name for index, name, _ in named if index == 1] == ["Target language"]


def test_each_refusal_has_its_own_class(server: RealApi | Fake, client: PipelinesClient) -> None:
    """S23 to S29, S77, S79, S120, S122, S176."""
    with pytest.raises(InvalidRequest):
        client.list_tasks(TRANSLATIONS, cursor="nonsense")
    with pytest.raises(NotFound):
        client.workflow(ELSEWHERE)
    with pytest.raises(ValidationFailed, match="Workflow must be ACTIVE or PAUSED to create tasks"):
        create_rows(client, DRAFT, [GOOD])
    with pytest.raises(ValidationFailed, match="file_upload"):
        create_rows(client, FILES, [{"scan": "a.pdf"}])
    (task_id,) = create_rows(client, TRANSLATIONS, [GOOD]).task_ids
    with pytest.raises(NotFound):
        client.task(EVERY_TYPE, task_id)
    doomed = server.new_key()
    mine = PipelinesClient(Transport(server.url), doomed)
    mine.workflow(TRANSLATIONS)
    server.revoke(doomed)
    with pytest.raises(Unauthorized):
        mine.workflow(TRANSLATIONS)


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in names:
            file.writestr(name, b"content")
    return packed.getvalue()


def test_an_upload_from_init_to_its_tasks(server: RealApi | Fake, client: PipelinesClient) -> None:
    """S9 to S11, S139 to S147, S157 to S160, S166, S167."""
    data = archive("a.pdf", "b.pdf")
    started = client.start_upload(FILES, file_size_bytes=len(data))
    assert started.expires_at > datetime.now(UTC) + timedelta(minutes=59)
    with pytest.raises(ValidationFailed, match="has not been uploaded yet"):
        client.confirm_upload(FILES, started.upload_id)
    put = requests.put(started.upload_url, data=data, headers={"Content-Type": "application/zip"}, timeout=10)
    assert put.status_code == 200
    with server.working():
        client.confirm_upload(FILES, started.upload_id)
        with pytest.raises(Conflict):
            client.confirm_upload(FILES, started.upload_id)
        server.process(started.upload_id)
        wait_until(lambda: client.upload_status(FILES, started.upload_id).is_over, "the upload to be processed")
    status = client.upload_status(FILES, started.upload_id)
    assert (status.status, status.success_count, status.error_count) == ("completed", 2, 0)
    assert client.task(FILES, status.task_ids[0]).id == status.task_ids[0]
