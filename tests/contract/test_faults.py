"""Each named fault of the fake API raises the expected error, and may create tasks."""

import pytest

from pipelines_portal.api_client import (
    ConnectionFailed,
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
from tests.client_calls import create_rows
from tests.conftest import TRANSLATIONS
from tests.factories import GOOD
from tests.fake_api import FAULTS, FakeApi

ONCE = RetryPolicy(longest_wait=0, budget=0)
# The error, whether tasks may exist by what the client knows, and how many of two rows became tasks.
REPORTED: dict[str, tuple[type[PipelinesError], bool, int]] = {
    "refused": (ConnectionFailed, False, 0),
    "lost_request": (ConnectionFailed, True, 0),
    "lost_answer": (ConnectionFailed, True, 2),
    "slow": (ConnectionFailed, True, 2),
    "garbage": (UnexpectedResponse, True, 2),
    "gateway": (ServerError, True, 2),
    "server_error": (ServerError, True, 0),
    "unavailable": (ServiceUnavailable, False, 0),
    "rate_limited": (RateLimited, False, 0),
    "rejected_key": (Unauthorized, False, 0),
    "too_large": (PayloadTooLarge, False, 0),
    "key_in_use": (StillRunning, True, 0),
    "closed": (ValidationFailed, False, 0),
}


@pytest.mark.parametrize("fault", REPORTED)
def test_each_fault_raises_the_expected_error(api: FakeApi, org_key: str, fault: str) -> None:
    error, may_exist, created = REPORTED[fault]
    api.fail(fault, on="POST")
    with pytest.raises(error) as failure:
        create_rows(PipelinesClient(Transport(api.url), org_key, ONCE), TRANSLATIONS, [GOOD, GOOD])
    assert (failure.value.maybe_processed, len(api.tasks), len(api.calls("POST"))) == (may_exist, created, 1)


def test_a_slow_response_times_out_and_a_rate_limit_has_a_wait(api: FakeApi, org_key: str) -> None:
    client = PipelinesClient(Transport(api.url), org_key, ONCE)
    api.fail("slow")
    with pytest.raises(ConnectionFailed, match="didn’t respond in time"):
        client.schema(TRANSLATIONS)
    api.fail("rate_limited")
    with pytest.raises(RateLimited) as limited:
        client.schema(TRANSLATIONS)
    assert limited.value.retry_after == 60


def test_a_partial_success_rejects_every_second_row(api: FakeApi, org_key: str) -> None:
    api.fail("partial")
    created = create_rows(PipelinesClient(Transport(api.url), org_key, ONCE), TRANSLATIONS, [GOOD] * 3)
    assert (created.success_count, [error.index for error in created.errors]) == (2, [1])


def test_every_fault_has_a_test() -> None:
    assert set(FAULTS) == {*REPORTED, "partial", ""}
