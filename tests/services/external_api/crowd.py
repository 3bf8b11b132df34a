"""Many clients at the same time, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import requests

from tests.external_api.server import Server

THREADS = 16
T = TypeVar("T")


def crowd(server: Server, work: Callable[[Server, int], T], threads: int = THREADS) -> list[T]:
    """Call `work(client, number)` in several threads at the same time, and return the results."""
    barrier = Barrier(threads)

    def one(number: int) -> T:
        with requests.Session() as session:
            client = Server(server.url, server.process, server.log, session)
            barrier.wait(timeout=30)
            return work(client, number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))
