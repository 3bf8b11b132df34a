"""An API that hangs costs a bounded number of threads, and is asked again by itself."""

import threading
import time
from collections.abc import Callable

import pytest

from pipelines_portal.api_client import (
    Bulkhead,
    CircuitBreaker,
    ConnectionFailed,
    NotSent,
    PipelinesClient,
    PipelinesError,
    RetryPolicy,
    Transport,
)
from tests.client_calls import create_rows
from tests.external_api.server import free_port
from tests.faulty_api import Answer, FaultyApi, answer, error, faulty_api, pause, silence
from tests.live import wait_until

KEY = "pk_live_" + "a" * 40
ONCE = RetryPolicy(longest_wait=0, budget=0)
GOOD = answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})


def held(release: threading.Event) -> Answer:
    """Says nothing until told to, then answers well."""

    def send(connection: object) -> None:
        release.wait(60)
        GOOD(connection)  # type: ignore[arg-type]

    return send


def client_of(api: FaultyApi, timeout: float = 30, **guards: object) -> PipelinesClient:
    return PipelinesClient(Transport(api.url, timeout=timeout, **guards), KEY, ONCE)  # type: ignore[arg-type]


def in_background(call: Callable[[], object], times: int) -> list[object]:
    """What the calls come to, as they end."""
    results: list[object] = []

    def work() -> None:
        try:
            results.append(call())
        except PipelinesError as failure:
            results.append(failure)

    for _ in range(times):
        threading.Thread(target=work, daemon=True).start()
    return results


def test_only_so_many_wait_and_the_next_is_turned_away() -> None:
    """Nothing is sent for the one turned away; those that wait get their answer, and their places are free again."""
    release = threading.Event()
    with faulty_api(held(release)) as api:
        client = client_of(api, bulkhead=Bulkhead(2, patience=0.1))
        results = in_background(lambda: client.workflow(42), 2)
        wait_until(lambda: len(api.requests) == 2, "both to be asked")
        with pytest.raises(NotSent) as refused:
            create_rows(client, 42, [{"a": "b"}])
        assert not refused.value.maybe_processed
        assert len(api.requests) == 2
        release.set()
        wait_until(lambda: len(results) == 2, "both to be answered")
        assert not [result for result in results if isinstance(result, PipelinesError)]
        assert client.workflow(42).name == "French"


def test_while_answers_come_everyone_gets_a_turn() -> None:
    """An API that is only busy turns nobody away."""
    with faulty_api(GOOD) as api:
        client = client_of(api, bulkhead=Bulkhead(1, patience=30))
        results = in_background(lambda: client.workflow(42), 20)
        wait_until(lambda: len(results) == 20, "all to be answered")
    assert not [result for result in results if isinstance(result, PipelinesError)]


def test_a_place_is_held_between_tries_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that waits before it tries again is as busy as one that waits for an answer."""
    between = threading.Event()
    resting, patience = threading.Event(), Bulkhead(1, patience=0.1)

    def rest(seconds: float) -> None:
        resting.set()
        between.wait(60)

    monkeypatch.setattr("pipelines_portal.api_client.client.time.sleep", rest)
    with faulty_api(error(503, "service_unavailable", "Down"), GOOD) as api:
        transport = Transport(api.url, bulkhead=patience)
        results = in_background(lambda: PipelinesClient(transport, KEY).workflow(42), 1)
        assert resting.wait(30)
        with pytest.raises(NotSent):
            PipelinesClient(transport, KEY, ONCE).workflow(42)
        between.set()
        while not results:
            pause(0.02)
    assert not isinstance(results[0], PipelinesError)


def test_a_failed_call_gives_its_place_back() -> None:
    with faulty_api(error(500, "internal_server_error", "Oops"), GOOD) as api:
        client = client_of(api, bulkhead=Bulkhead(1, patience=0))
        with pytest.raises(PipelinesError, match="Oops"):
            client.workflow(42)
        assert client.workflow(42).name == "French"


def test_silence_opens_the_breaker_and_an_answer_closes_it() -> None:
    """While it is open nothing is sent, and a failure comes at once; it tries again by itself."""
    with faulty_api(silence(1)) as api:
        client = client_of(api, 0.1, breaker=CircuitBreaker(failures=2, pause=0.5))
        for _ in range(2):
            with pytest.raises(ConnectionFailed):
                client.workflow(42)
        with pytest.raises(NotSent) as refused:
            create_rows(client, 42, [{"a": "b"}])
        assert not refused.value.maybe_processed
        assert refused.value.retry_after >= 1
        assert len(api.requests) == 2
        api.script[:] = [GOOD]
        wait_until(lambda: asked(client), "the breaker to let one through")
        assert client.workflow(42).name == "French"


def asked(client: PipelinesClient) -> bool:
    try:
        return bool(client.workflow(42))
    except NotSent:
        return False


def test_only_one_finds_out_whether_it_answers_again() -> None:
    release = threading.Event()
    with faulty_api(silence(1)) as api:
        transport = Transport(api.url, timeout=0.1, breaker=CircuitBreaker(failures=1, pause=1))
        client = PipelinesClient(transport, KEY, ONCE)
        with pytest.raises(ConnectionFailed):
            client.workflow(42)
        transport.timeout = 30
        api.script[:] = [held(release)]
        pause(1.05)
        results = in_background(lambda: client.workflow(42), 1)
        wait_until(lambda: len(api.requests) == 2, "the probe to be sent")
        for _ in range(5):
            with pytest.raises(NotSent):
                client.workflow(42)
        assert len(api.requests) == 2
        release.set()
        wait_until(lambda: bool(results), "the probe to be answered")
        assert client.workflow(42).name == "French"


def test_a_probe_that_fails_keeps_it_open() -> None:
    with faulty_api(silence(1)) as api:
        client = client_of(api, 0.1, breaker=CircuitBreaker(failures=1, pause=0.2))
        with pytest.raises(ConnectionFailed):
            client.workflow(42)
        pause(0.3)
        with pytest.raises(ConnectionFailed):
            client.workflow(42)
        with pytest.raises(NotSent):
            client.workflow(42)


def test_after_a_time_out_only_reading_waits_for_less() -> None:
    breaker = CircuitBreaker(failures=3, doubt=0.05)
    assert breaker.patience(10) == 10
    with faulty_api(silence(1)) as api:
        client = client_of(api, 0.1, breaker=breaker)
        with pytest.raises(ConnectionFailed):
            client.workflow(42)
        assert breaker.patience(10) == 0.05
        began = time.monotonic()
        with pytest.raises(ConnectionFailed):
            create_rows(client, 42, [{"a": "b"}])
        assert time.monotonic() - began >= 0.3
        with pytest.raises(ConnectionFailed):
            client.workflow(42)
    assert breaker.patience(10) == 10, "Whether an open one closes is found out with patience."


def test_errors_and_refused_connections_hold_nobody_up_and_open_nothing() -> None:
    """They come at once: every call may as well be made."""
    with faulty_api(error(500, "internal_server_error", "Oops")) as api:
        client = client_of(api, breaker=CircuitBreaker(failures=1, pause=60))
        for _ in range(3):
            with pytest.raises(PipelinesError, match="Oops"):
                client.workflow(42)
    gone = PipelinesClient(
        Transport(f"http://127.0.0.1:{free_port()}/api/v1", breaker=CircuitBreaker(failures=1, pause=60)), KEY, ONCE
    )
    for _ in range(3):
        with pytest.raises(ConnectionFailed, match="can’t be reached"):
            gone.workflow(42)


def test_calls_go_side_by_side() -> None:
    """Neither guard holds a lock while a call is made."""
    release = threading.Event()
    with faulty_api(held(release)) as api:
        client = client_of(api, bulkhead=Bulkhead(8))
        results = in_background(lambda: client.workflow(42), 6)
        wait_until(lambda: len(api.requests) == 6, "all six to be under way at once")
        release.set()
        wait_until(lambda: len(results) == 6, "all to be answered")
