"""Calls that run at once."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def in_threads(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at once, each with a connection of its own, and return their results."""
    results: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            results[number] = calls[number]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
