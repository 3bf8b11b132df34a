"""Retries of failed calls. The sockets are real, and only the waits are shortened."""

import threading
import time
from typing import Any

import pytest

from pipelines_portal.api_client import (
    ConnectionFailed,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    RetryPolicy,
    ServerError,
    ServiceUnavailable,
    Transport,
    UnexpectedResponse,
    retries,
)
from tests.client_calls import create_rows
from tests.external_api.server import free_port
from tests.faulty_api import Answer, answer, error, faulty_api, half_answer, hang_up, silence, slow
from tests.samples import task

KEY = "pk_live_" + "a" * 40
GOOD_LIST = answer(200, {"tasks": [task(7)], "next_cursor": None, "has_more": False})
GOOD_CREATE = answer(200, {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [7]})
UNAVAILABLE = error(503, "service_unavailable", "Down for a moment")


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the waits of the thread of the test, in seconds. That thread does not wait, and all others do."""
    asked: list[float] = []
    really_sleep, own_thread = time.sleep, threading.current_thread()

    def sleep(seconds: float) -> None:
        if threading.current_thread() is own_thread:
            asked.append(seconds)
        else:
            really_sleep(seconds)

    monkeypatch.setattr(retries, "FIRST_DELAY", 0.5)
    monkeypatch.setattr(time, "sleep", sleep)
    return asked


def calls(script: list[Answer], action: str, timeout: float = 0.3) -> tuple[Any, int]:
    """Return the result of `action` and the number of its requests."""
    with faulty_api(*script) as api:
        caller = PipelinesClient(Transport(api.url, timeout=timeout), KEY)
        try:
            result: Any = caller.list_tasks(42) if action == "list" else create_rows(caller, 42, [{"a": "b"}])
        except PipelinesError as failure:
            result = failure
        return result, len(api.requests)


@pytest.mark.parametrize(
    "fault",
    [
        hang_up, half_answer, silence(1), UNAVAILABLE,
        answer(502, text="<h1>Bad</h1>"), error(504, "gateway_timeout", "Too long"),
    ],
)  # fmt: skip
def test_a_read_is_tried_three_times(fault: Answer, waits: list[float]) -> None:
    """S87: a read is safe to repeat, with growing pauses."""
    result, count = calls([fault, fault, GOOD_LIST], "list")
    assert result.tasks[0].id == 7
    assert count == 3
    assert 0.4 <= waits[0] <= 0.6
    assert 0.8 <= waits[1] <= 1.2


def test_a_read_gives_up_after_three_tries() -> None:
    result, count = calls([UNAVAILABLE], "list")
    assert isinstance(result, ServiceUnavailable)
    assert count == 3


@pytest.mark.parametrize("fault", [hang_up, half_answer, silence(2)])
def test_creating_is_never_repeated_once_it_was_sent_and_not_answered(fault: Answer) -> None:
    """There is no idempotency key, so tasks may exist."""
    result, count = calls([fault, GOOD_CREATE], "create")
    assert isinstance(result, ConnectionFailed)
    assert result.maybe_processed
    assert count == 1


@pytest.mark.parametrize("status", [500, 502, 504])
def test_creating_is_never_repeated_after_a_server_error(status: int) -> None:
    result, count = calls([error(status, "internal_server_error", "Oops"), GOOD_CREATE], "create")
    assert isinstance(result, ServerError)
    assert result.maybe_processed
    assert count == 1


@pytest.mark.parametrize("status", [408, 425, 499, 503])
def test_creating_is_not_repeated_after_the_503_of_a_proxy(status: int) -> None:
    """S86: only a 503 with the code of the API means that it did nothing."""
    result, count = calls([error(status, "gateway_gave_up", "Too long"), GOOD_CREATE], "create")
    assert isinstance(result, PipelinesError)
    assert result.maybe_processed
    assert count == 1


@pytest.mark.parametrize("status", [408, 425, 499, 503])
def test_plain_text_of_a_proxy_that_gave_up_is_uncertain(status: int) -> None:
    result, count = calls([answer(status, text="stream timeout"), GOOD_CREATE], "create")
    assert isinstance(result, PipelinesError)
    assert result.maybe_processed
    assert count == 1


@pytest.mark.parametrize("status", [400, 404, 409, 422, 429])
def test_a_refusal_created_nothing(status: int) -> None:
    result, _ = calls([error(status, "refused", "No", retry_after=60)], "create")
    assert isinstance(result, PipelinesError)
    assert not result.maybe_processed


def test_creating_is_repeated_after_503() -> None:
    """S86, S87: 503 is safe to retry."""
    result, count = calls([UNAVAILABLE, GOOD_CREATE], "create")
    assert result.task_ids == [7]
    assert count == 2


def test_creating_is_repeated_after_a_refused_connection(waits: list[float]) -> None:
    caller = PipelinesClient(Transport(f"http://127.0.0.1:{free_port()}/api/v1"), KEY)
    with pytest.raises(ConnectionFailed) as failure:
        create_rows(caller, 42, [{"a": "b"}])
    assert not failure.value.maybe_processed
    assert len(waits) == 2


def test_a_short_wait_is_made_within_a_page(waits: list[float]) -> None:
    """S66: the client waits as Retry-After says."""
    limited = error(429, "rate_limit_exceeded", "Slow down", retry_after=2)
    result, count = calls([limited, GOOD_LIST], "list")
    assert result.tasks[0].id == 7
    assert (count, waits) == (2, [2.0])


def test_a_long_wait_is_left_to_the_person() -> None:
    """S62, S63, S66."""
    result, count = calls([error(429, "rate_limit_exceeded", "Slow down", retry_after=30)], "list")
    assert isinstance(result, RateLimited)
    assert (result.retry_after, count) == (30, 1)


def test_the_wait_of_a_gateway_429_is_in_its_header() -> None:
    result, _ = calls([answer(429, text="<h1>Too many</h1>", Retry_After="17")], "list")
    assert isinstance(result, RateLimited)
    assert result.retry_after == 17


def test_counts_that_do_not_add_up_leave_the_outcome_unconfirmed() -> None:
    """S126: both counts are checked every time."""
    lying = answer(200, {"success_count": 0, "error_count": 0, "errors": [], "task_ids": []})
    result, count = calls([lying], "create")
    assert isinstance(result, UnexpectedResponse)
    assert result.maybe_processed
    assert count == 1


def test_no_try_is_made_after_the_time_for_all_tries_is_spent() -> None:
    """A person waits for the page, so a slow failure is not repeated three times."""
    fault = slow(0.3, UNAVAILABLE)
    with faulty_api(fault) as api:
        caller = PipelinesClient(Transport(api.url, timeout=5), KEY, RetryPolicy(longest_wait=2, budget=0.2))
        with pytest.raises(ServiceUnavailable):
            caller.list_tasks(42)
        assert len(api.requests) == 1


@pytest.mark.parametrize("fault", [hang_up, half_answer, silence(1), error(500, "internal_server_error", "Oops")])
def test_a_failed_read_has_no_effect(fault: Answer) -> None:
    result, _ = calls([fault], "list", timeout=0.1)
    assert isinstance(result, PipelinesError)
    assert not result.maybe_processed
