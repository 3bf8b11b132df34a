"""What each fault of the API means: to the client, to the ledger with and without Idempotency-Key, and on a page.

Each creation meets the fault once. `partial` and what ends well after all is no failure, but the ledger knows it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.api_client import (
    ApiError,
    ConnectionFailed,
    Forbidden,
    InvalidRequest,
    KeyNotReceived,
    NotFound,
    PayloadTooLarge,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    RetryPolicy,
    ServerError,
    ServiceUnavailable,
    StillRunning,
    Transport,
    Unauthorized,
    UnexpectedResponse,
    ValidationFailed,
)
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import repeat_next
from tests.client_calls import create_rows
from tests.conftest import TRANSLATIONS
from tests.factories import GOOD, Desk, open_workflow, send
from tests.fake_api import FAULTS, FakeApi
from tests.submissions.lost import send_through, settle

pytestmark = pytest.mark.usefixtures("no_pauses")
ONCE = RetryPolicy(longest_wait=0, budget=0)
POST = "^POST"
ANOTHER = GOOD | {"input_text": "Another"}
ENDINGS = {"unconfirmed": " Tasks may have been created.", "draft": " Nothing was created.", "rejected": ""}
ROWS = {"draft": "waiting", "created": "created", "rejected": "rejected", "unconfirmed": "unconfirmed"}


@dataclass(frozen=True)
class Meaning:
    """`without_key` and `with_key` are what becomes of a submission that meets the fault, `then` of one whose first
    answer was lost before: it goes on waiting ("sending") if the fault says nothing of the first request."""

    error: type[PipelinesError]
    may_exist: bool
    without_key: str
    with_key: str
    then: str
    reason: str
    page: tuple[int, str]


def doubtful(error: type[PipelinesError], reason: str, *page: Any) -> Meaning:
    return Meaning(error, True, "unconfirmed", "created", "sending", reason, page)


def repeated(error: type[PipelinesError], reason: str, *page: Any) -> Meaning:
    """Certainly nothing arrived: the client tries again."""
    return Meaning(error, False, "created", "created", "sending", reason, page)


def refused(error: type[PipelinesError], reason: str, *page: Any, then: str = "sending") -> Meaning:
    """Nothing was created, and a person may send the same rows again."""
    return Meaning(error, False, "draft", "draft", then, reason, page)


def rejected(error: type[PipelinesError], reason: str, then: str = "unconfirmed") -> Meaning:
    return Meaning(error, False, "rejected", "rejected", then, reason, (502, "Pipelines refused this"))


AWAY, BROKEN, UNHEARD = "Pipelines isn’t responding", "Pipelines had an error", "Pipelines sent an unexpected response"
BY_GATEWAY = "A gateway answered instead of Pipelines."
MEANINGS = {
    "refused": repeated(ConnectionFailed, "", 503, AWAY),
    "unavailable": repeated(ServiceUnavailable, "", 503, AWAY),
    "lost_request": doubtful(ConnectionFailed, "The connection broke before the answer was complete.", 503, AWAY),
    "lost_answer": doubtful(ConnectionFailed, "The connection broke before the answer was complete.", 503, AWAY),
    "slow": doubtful(ConnectionFailed, "Pipelines didn’t respond in time.", 503, AWAY),
    "garbage": doubtful(UnexpectedResponse, "The response is not JSON.", 502, UNHEARD),
    "nonsense": doubtful(
        UnexpectedResponse,
        "The response is not what the API documents: success_count is missing; error_count is missing; "
        "task_ids is missing.",
        502,
        UNHEARD,
    ),
    "miscounted": doubtful(
        UnexpectedResponse,
        "The response is not what the API documents: its counts do not add up to the tasks sent.",
        502,
        UNHEARD,
    ),
    "redirect": doubtful(UnexpectedResponse, "Pipelines answered with a redirect.", 502, UNHEARD),
    "gateway": doubtful(ServerError, BY_GATEWAY, 502, BROKEN),
    "gateway_timeout": doubtful(ServerError, BY_GATEWAY, 502, BROKEN),
    "gateway_error": doubtful(ServerError, "Bad gateway.", 502, BROKEN),
    "server_error": doubtful(ServerError, "Something went wrong on the server.", 502, BROKEN),
    "proxy_unavailable": doubtful(ServiceUnavailable, "No healthy upstream.", 503, AWAY),
    "closed_by_proxy": doubtful(ApiError, "Client closed request.", 502, "Client closed request"),
    "key_in_use": doubtful(
        StillRunning,
        "The first request with this Idempotency-Key is still running. Try again in a moment.",
        502,
        "Pipelines refused this",
    ),
    "rate_limited": refused(
        RateLimited, "Too many requests. Try again in 60 seconds.", 429, "Pipelines asks us to wait"
    ),
    "rejected_key": refused(Unauthorized, "The API key is not valid.", 403, "API key rejected"),
    "missing_key": refused(
        KeyNotReceived, "The API key didn’t reach Pipelines.", 503, "The API key didn’t reach Pipelines"
    ),
    "forbidden": refused(Forbidden, "Forbidden.", 403, "Pipelines doesn’t allow this", then="unconfirmed"),
    "not_found": refused(NotFound, "Workflow not found.", 404, "Not found in Pipelines", then="unconfirmed"),
    "not_routed": refused(
        UnexpectedResponse,
        "There is no API at this address (status 404). PIPELINES_API_URL may be wrong.",
        502,
        "PIPELINES_API_URL may be wrong",
    ),
    "teapot": refused(ApiError, "I am a teapot.", 502, "I am a teapot"),
    "bad_request": rejected(InvalidRequest, "Bad request."),
    "too_large": rejected(PayloadTooLarge, "The request body is larger than 33554432 bytes."),
    # An API that knows the key would repeat its first answer, so this one is about both requests.
    "closed": rejected(ValidationFailed, "Workflow must be ACTIVE or PAUSED to create tasks.", then="rejected"),
}


def test_every_fault_has_a_meaning() -> None:
    assert set(MEANINGS) == set(FAULTS) - {"", "partial"}


@pytest.mark.parametrize("fault", MEANINGS)
def test_to_the_client(api: FakeApi, org_key: str, fault: str) -> None:
    meaning = MEANINGS[fault]
    api.fail(fault, on="POST")
    with pytest.raises(meaning.error) as failure:
        create_rows(PipelinesClient(Transport(api.url), org_key, ONCE), TRANSLATIONS, [GOOD, GOOD])
    assert type(failure.value) is meaning.error
    assert (failure.value.maybe_processed, len(api.calls("POST"))) == (meaning.may_exist, 1)
    assert meaning.may_exist or not api.tasks


@pytest.mark.parametrize("is_idempotent", [False, True])
@pytest.mark.parametrize("fault", MEANINGS)
def test_to_the_ledger(desk: Desk, before_api: FakeApi, fault: str, is_idempotent: bool) -> None:
    """Never a second POST by itself once tasks may exist, except with the same key to an API that honours it."""
    meaning = MEANINGS[fault]
    before_api.is_idempotent = is_idempotent
    before_api.fail(fault, on=POST)
    submission = settle(send_through(desk, GOOD, ANOTHER))
    status = meaning.with_key if is_idempotent else meaning.without_key
    posts = len(before_api.calls("POST"))
    assert (submission.status, posts) == (status, 2 if status == "created" else 1)
    assert {row.status for row in submission.rows.all()} == {ROWS[status]}
    if status == "created":
        assert list(submission.rows.values_list("task_id", flat=True)) == sorted(before_api.tasks)
        assert len(before_api.tasks) == 2
    else:
        assert submission.reason == meaning.reason + ENDINGS[status]
        assert submission.newest_task_id_before == 0
    if status not in ("created", "draft"):
        assert send(submission, desk.client).status == status
        assert len(before_api.calls("POST")) == posts


@pytest.mark.parametrize("fault", MEANINGS)
def test_to_a_request_whose_answer_was_lost(desk: Desk, before_api: FakeApi, fault: str) -> None:
    meaning = MEANINGS[fault]
    before_api.is_idempotent = True
    before_api.fail("slow", on=POST)
    submission = send_through(desk, GOOD, ANOTHER)
    before_api.fail(fault, on=POST, times=3)
    Submission.objects.update(sending_until=timezone.now())
    assert repeat_next()
    submission.refresh_from_db()
    assert submission.status == meaning.then
    if meaning.then == "sending":
        assert submission.waits_for_answer and not repeat_next()
        assert {request.headers["idempotency-key"] for request in before_api.calls("POST")} == {
            submission.idempotency_key
        }
        assert submission.sending_until and submission.sending_until > timezone.now() + timedelta(seconds=1)
    else:
        assert submission.reason == meaning.reason + ENDINGS[meaning.then]


@pytest.mark.parametrize("fault", MEANINGS)
def test_on_a_page(page: Any, saved_key: SavedKey, before_api: FakeApi, fault: str) -> None:
    status, words = MEANINGS[fault].page
    before_api.fail(fault, on="tasks", times=5)
    shown = page.get(f"/keys/{open_workflow(saved_key).key_id}/workflows/42/tasks/")
    html = shown.content.decode()
    assert shown.status_code == status
    assert words in html and "<html" in html
    assert "We don’t know" not in html, "a read does nothing"


def test_a_rate_limit_has_a_wait(api: FakeApi, org_key: str) -> None:
    api.fail("rate_limited")
    with pytest.raises(RateLimited) as limited:
        PipelinesClient(Transport(api.url), org_key, ONCE).schema(TRANSLATIONS)
    assert limited.value.retry_after == 60


@pytest.mark.parametrize("is_idempotent", [False, True])
def test_a_partial_success_is_no_failure(desk: Desk, before_api: FakeApi, is_idempotent: bool) -> None:
    before_api.is_idempotent = is_idempotent
    before_api.fail("partial", on=POST)
    submission = send(desk.draft(GOOD, ANOTHER, GOOD), desk.client)
    assert (submission.status, submission.success_count, len(before_api.tasks)) == ("partly_created", 2, 2)
    assert [row.index for row in submission.rows.filter(status="rejected")] == [1]
