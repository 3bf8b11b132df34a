"""What is told when all is done: whoever reads no further, as `head` does, changes nothing of that."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def told_or_not() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left of it would be tried once more at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
